import { isObject, type JsonRpcResponse } from './jsonRpc';

/**
 * A server's answer with a word of the gateway before it: a person has changed the arguments, so the
 * answer is not to the call that the agent made.
 */
export function withEditNotice(
  message: JsonRpcResponse,
  decisionId: string,
  made: Readonly<Record<string, unknown>>,
): JsonRpcResponse {
  const { result } = message;
  if (!isObject(result)) return message;
  const text = `Toolgate: the person changed the arguments of this call before they allowed it. It was made with: ${JSON.stringify(made)}`;
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
