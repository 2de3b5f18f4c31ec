import type { Judgement } from './enforcer';
import { isObject, type JsonRpcRequest, type JsonRpcResponse } from './jsonRpc';

/** What is sent of a request: with the arguments of the person, if they changed them. */
export function asJudged(
  request: JsonRpcRequest,
  judgement: Judgement | undefined,
): JsonRpcRequest {
  if (!judgement?.forward || !judgement.edited) return request;
  return { ...request, params: { ...request.params, arguments: judgement.call.arguments } };
}

/**
 * A server's answer, with a word of the gateway before it where a person has changed the arguments:
 * then it is not to the call that the agent made.
 */
export function withEditNotice(
  message: JsonRpcResponse,
  judgement: Judgement | undefined,
): JsonRpcResponse {
  const { result } = message;
  if (!judgement?.forward || !judgement.edited || !isObject(result)) return message;
  const { decisionId, call } = judgement;
  const text = `Toolgate: the person changed the arguments of this call before they allowed it. It was made with: ${JSON.stringify(call.arguments)}`;
  const content = Array.isArray(result.content) ? result.content : [];
  const meta = isObject(result._meta) ? result._meta : {};
  const decision = { code: 'approved', decisionId, edited: true };
  return {
    ...message,
    result: {
      ...result,
      content: [{ type: 'text', text }, ...content],
      _meta: { ...meta, 'toolgate/decision': decision },
    },
  };
}
