import type { ExchangeKind } from '../../policy/vocabulary';
import { isObject, type JsonRpcRequest, type RequestId } from '../jsonRpc';
import { metaKeys } from './revision';

const kindsOfFilters: ReadonlyMap<string, ExchangeKind> = new Map([
  ['resourcesListChanged', 'resources'],
  ['resourceSubscriptions', 'resources'],
  ['promptsListChanged', 'prompts'],
]);

/** The policy's kinds of things that a client wants to hear of. */
export function kindsListenedTo(request: JsonRpcRequest): ReadonlySet<ExchangeKind> {
  const wanted = Object.entries(filterOf(request)).filter(
    ([, value]) => value !== false && !(Array.isArray(value) && value.length === 0),
  );
  return new Set(wanted.flatMap(([key]) => kindsOfFilters.get(key) ?? []));
}

/** The request without what is denied. The server acknowledges what is left, and so tells the client. */
export function withoutDenied(
  request: JsonRpcRequest,
  isDenied: (kind: ExchangeKind) => boolean,
): JsonRpcRequest {
  const denied = [...kindsListenedTo(request)].filter(isDenied);
  if (denied.length === 0) return request;
  const kept = Object.entries(filterOf(request)).filter(([key]) => {
    const kind = kindsOfFilters.get(key);
    return kind === undefined || !denied.includes(kind);
  });
  return { ...request, params: { ...request.params, notifications: Object.fromEntries(kept) } };
}

export function listensToTools(request: JsonRpcRequest): boolean {
  return request.method === 'subscriptions/listen' && filterOf(request).toolsListChanged === true;
}

export function listensToPrompts(request: JsonRpcRequest): boolean {
  return request.method === 'subscriptions/listen' && filterOf(request).promptsListChanged === true;
}

/** What tells a client that listens to list the tools again. */
export function toolsChanged(subscription: RequestId): string {
  return notice('notifications/tools/list_changed', subscription);
}

export function promptsChanged(subscription: RequestId): string {
  return notice('notifications/prompts/list_changed', subscription);
}

function notice(method: string, subscription: RequestId): string {
  const params = { _meta: { [metaKeys.subscriptionId]: subscription } };
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

function filterOf(request: JsonRpcRequest): Readonly<Record<string, unknown>> {
  const filter = request.params?.notifications;
  return isObject(filter) ? filter : {};
}
