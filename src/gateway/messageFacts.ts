import { visibleLine } from '../common/visibleText';
import type { CallOutcome } from './enforcer';
import { isObject, type JsonRpcRequest, type JsonRpcResponse } from './jsonRpc';

/** What a server's answer to a call says of it. */
export function outcomeOf(message: JsonRpcResponse): CallOutcome {
  if (message.error) return 'error';
  if (!isObject(message.result)) return 'ok';
  if (message.result.resultType === 'input_required') return 'input_required';
  return message.result.isError === true ? 'tool_error' : 'ok';
}

/** The token under which the client wants to hear of progress, if it does. */
export function progressTokenOf(request: JsonRpcRequest): string | number | undefined {
  const meta = request.params?._meta;
  const token = isObject(meta) ? meta.progressToken : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

/** The name that a client gives itself in `initialize`, fit to be shown. */
export function clientName(request: JsonRpcRequest): string {
  const info = request.params?.clientInfo;
  return shownClientName(isObject(info) ? info.name : undefined);
}

export function shownClientName(name: unknown): string {
  return typeof name === 'string' ? visibleLine(name).slice(0, 100) : 'unknown client';
}
