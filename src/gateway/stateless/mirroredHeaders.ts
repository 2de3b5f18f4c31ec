import type { IncomingMessage } from 'node:http';
import {
  errorCodes,
  isRequest,
  type JsonRpcError,
  type JsonRpcMessage,
  type JsonRpcRequest,
} from '../jsonRpc';
import { decodeHeaderValue, encodeHeaderValue } from './headerValue';
import { paramHeaders } from './paramHeaders';
import { claimedRevision, statelessErrors, statelessRevision } from './revision';

/** The headers of an HTTP request, each with all the values that it was sent with. */
export type ReceivedHeaders = NodeJS.Dict<readonly string[]>;

/** Where the `Mcp-Name` of a method comes from. */
const nameSources: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

export type Arrival =
  /** It belongs to a session, or begins one. */
  | { readonly kind: 'session' }
  /** It stands for itself. */
  | { readonly kind: 'stateless'; readonly request: JsonRpcRequest }
  | { readonly kind: 'refused'; readonly error: JsonRpcError };

/**
 * Tells messages of the two eras apart by their body, and refuses those whose headers say
 * something else: what stands before the gateway may have gone by the headers.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation
 */
export function arrivalOf(
  message: JsonRpcMessage,
  received: Pick<IncomingMessage, 'headers' | 'headersDistinct'>,
): Arrival {
  if (!('method' in message)) return { kind: 'session' };
  const claimed = claimedRevision(message);
  // What most messages of sessions leave it at: the distinct headers are made when asked for.
  if (claimed === undefined && !isMarked(received.headers)) return { kind: 'session' };
  const headers = received.headersDistinct;
  const mismatch = mismatchOf(message, headers);
  if (mismatch !== undefined) return refused(statelessErrors.headerMismatch, mismatch);
  const declared = single(headers['mcp-protocol-version']);
  if (claimed === undefined) {
    if (!isStatelessDate(declared)) return { kind: 'session' };
    if (isRequest(message) && message.method === 'initialize') {
      return refused(statelessErrors.headerMismatch, 'initialize is not part of this revision.');
    }
    return refused(errorCodes.invalidParams, 'params._meta does not name the protocol version.');
  }
  if (typeof claimed !== 'string') {
    return refused(errorCodes.invalidParams, 'The protocol version in params._meta is no text.');
  }
  if (declared !== claimed) {
    const error = 'MCP-Protocol-Version does not match the body, or is missing.';
    return refused(statelessErrors.headerMismatch, error);
  }
  if (claimed !== statelessRevision) {
    return {
      kind: 'refused',
      error: {
        code: statelessErrors.unsupportedVersion,
        message: 'Unsupported protocol version',
        data: { supported: [statelessRevision], requested: claimed },
      },
    };
  }
  if (!isRequest(message)) {
    const error = 'This revision has no notifications of the client over HTTP.';
    return refused(errorCodes.invalidRequest, error);
  }
  const missing = missingHeader(message, headers);
  if (missing !== undefined) {
    return refused(statelessErrors.headerMismatch, `${missing} is missing.`);
  }
  return { kind: 'stateless', request: message };
}

/** The headers that say what a request says; made from the request that was decided about. */
export function mirroredHeaders(
  request: JsonRpcRequest,
  inputSchemaOf: (tool: string) => unknown,
): Record<string, string> {
  const name = nameOf(request);
  return {
    'mcp-protocol-version': statelessRevision,
    'mcp-method': encodeHeaderValue(request.method),
    ...(name === undefined ? {} : { 'mcp-name': encodeHeaderValue(name) }),
    ...(request.method === 'tools/call' && name !== undefined
      ? paramHeaders(inputSchemaOf(name), request.params?.arguments)
      : {}),
  };
}

// Clients of sessions do not send these headers, so one that disagrees is no honest mistake there.
function mismatchOf(message: { method: string; params?: unknown }, headers: ReceivedHeaders) {
  const method = headers['mcp-method'];
  if (method && single(method) !== message.method) return 'Mcp-Method does not match the body.';
  const name = headers['mcp-name'];
  if (!name) return undefined;
  const value = single(name);
  const own = nameOf(message);
  const says = value === undefined ? undefined : decodeHeaderValue(value);
  return says === undefined || (own !== undefined && says !== own)
    ? 'Mcp-Name does not match the body.'
    : undefined;
}

function missingHeader(request: JsonRpcRequest, headers: ReceivedHeaders): string | undefined {
  if (!headers['mcp-method']) return 'Mcp-Method';
  return nameOf(request) !== undefined && !headers['mcp-name'] ? 'Mcp-Name' : undefined;
}

function nameOf(message: { method: string; params?: unknown }): string | undefined {
  const source = Object.hasOwn(nameSources, message.method)
    ? nameSources[message.method]
    : undefined;
  const value =
    source === undefined ? undefined : (message.params as Record<string, unknown>)?.[source];
  return typeof value === 'string' ? value : undefined;
}

function isMarked(headers: IncomingMessage['headers']): boolean {
  const declared = headers['mcp-protocol-version'];
  return 'mcp-method' in headers || 'mcp-name' in headers || isStatelessDate(String(declared));
}

// Dates compare as text.
function isStatelessDate(version: string | undefined): boolean {
  if (version === undefined || !/^\d{4}-\d\d-\d\d$/.test(version)) return false;
  return version >= statelessRevision;
}

/** A header that is sent twice has no one value. */
function single(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function refused(code: number, text: string): Arrival {
  return { kind: 'refused', error: { code, message: `Toolgate: ${text}` } };
}
