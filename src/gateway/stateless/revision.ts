import { isObject, type JsonRpcMessage } from '../jsonRpc';
import { shownClientName } from '../messageFacts';

/**
 * The first revision without handshake and sessions: each request says itself which revision it
 * speaks and who sends it. https://modelcontextprotocol.io/specification/2026-07-28
 */
export const statelessRevision = '2026-07-28';

export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;

export const statelessErrors = {
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

export function metaOf(message: JsonRpcMessage): Readonly<Record<string, unknown>> {
  const meta = 'method' in message ? message.params?._meta : undefined;
  return isObject(meta) ? meta : {};
}

/** The revision that a message says it speaks; `undefined` if it says nothing of it. */
export function claimedRevision(message: JsonRpcMessage): unknown {
  return metaOf(message)[metaKeys.protocolVersion];
}

/** The name by which a client goes, fit to be shown. It is the client's own word. */
export function clientOf(message: JsonRpcMessage): string {
  const info = metaOf(message)[metaKeys.clientInfo];
  return shownClientName(isObject(info) ? info.name : undefined);
}

/** What a request of the gateway's own says of itself. */
export function ownMeta(version: string): Record<string, unknown> {
  return {
    [metaKeys.protocolVersion]: statelessRevision,
    [metaKeys.clientInfo]: { name: 'toolgate', version },
    [metaKeys.clientCapabilities]: {},
  };
}

/** Whether an error can only come from a server that knows requests without a handshake. */
export function isStatelessError(code: number): boolean {
  return Object.values<number>(statelessErrors).includes(code);
}
