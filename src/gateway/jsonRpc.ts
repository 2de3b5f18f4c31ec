import { isUtf8 } from 'node:buffer';

/** JSON-RPC 2.0 messages as MCP uses them: https://modelcontextprotocol.io/specification/2025-11-25/basic */
export type RequestId = string | number;

export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Params;
}

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface JsonRpcResponse {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result?: unknown;
  readonly error?: JsonRpcError;
}

export type JsonRpcMessage = JsonRpcRequest | JsonRpcNotification | JsonRpcResponse;
export type Params = Readonly<Record<string, unknown>>;

export const errorCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** The gateway could not get an answer from the server behind it. */
  upstreamFailed: -32010,
  /** The policy refuses what is not a tool call. */
  refused: -32011,
} as const;

export type Parsed =
  | { readonly ok: true; readonly message: JsonRpcMessage }
  | { readonly ok: false; readonly id: RequestId | null; readonly error: JsonRpcError };

// Honest arguments are a few levels deep; recursive readers behind the gateway give up far later.
const deepestNesting = 256;

// The keys by which a message is judged: of its envelope, and of the params of a tool call.
const judgedKeys: readonly ReadonlyMap<string, string>[] = [
  ['jsonrpc', 'id', 'method', 'params', 'result', 'error'],
  [
    ...['name', 'arguments', '_meta', 'task', 'uri', 'taskId'],
    ...['inputResponses', 'requestState', 'notifications'],
  ],
].map((names) => new Map(names.map((name) => [foldCase(name), name])));

/**
 * Reads one message. What two readers could take for different things is refused: keys written
 * twice, envelope keys in another case than the protocol's (CVE-2026-27896), numbers that JavaScript
 * cannot carry exactly, a byte-order mark, invalid UTF-8, batches. Never throws.
 */
export function parseMessage(bytes: Buffer): Parsed {
  if (!isUtf8(bytes)) return refusal(errorCodes.parseError, 'The message is not valid UTF-8.');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refusal(errorCodes.parseError, 'The message is not valid JSON.');
  }
  const shape = messageOf(value);
  if (!shape.ok) return shape;
  const ambiguity = findAmbiguity(text);
  if (ambiguity) return refusal(errorCodes.invalidRequest, ambiguity, idOf(value));
  return shape;
}

/** Checks that a parsed value is one well-formed message. */
export function messageOf(value: unknown): Parsed {
  if (Array.isArray(value)) {
    return refusal(errorCodes.invalidRequest, 'Batches are not part of this protocol.');
  }
  if (!isObject(value)) return refusal(errorCodes.invalidRequest, 'A message must be an object.');
  const id = idOf(value);
  const invalid = (message: string): Parsed => refusal(errorCodes.invalidRequest, message, id);
  if (value.jsonrpc !== '2.0') return invalid('"jsonrpc" must be "2.0".');
  if ('id' in value && id === null) return invalid('"id" must be a string or a whole number.');
  if ('method' in value) {
    if (typeof value.method !== 'string') return invalid('"method" must be a string.');
    if ('result' in value || 'error' in value) {
      return invalid('A message is a request or a response, not both.');
    }
    if ('params' in value && !isObject(value.params)) {
      return refusal(errorCodes.invalidParams, '"params" must be an object.', id);
    }
    return { ok: true, message: value as unknown as JsonRpcMessage };
  }
  if (id === null) return invalid('A message needs a "method" or an "id".');
  if ('result' in value === 'error' in value) {
    return invalid('A response has either a "result" or an "error".');
  }
  if ('error' in value && !isObject(value.error)) return invalid('"error" must be an object.');
  return { ok: true, message: value as unknown as JsonRpcResponse };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isRequest(message: JsonRpcMessage): message is JsonRpcRequest {
  return 'method' in message && 'id' in message;
}

export function isNotification(message: JsonRpcMessage): message is JsonRpcNotification {
  return 'method' in message && !('id' in message);
}

export function errorResponse(
  id: RequestId,
  code: number,
  message: string,
  data?: unknown,
): JsonRpcResponse {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

export function resultResponse(id: RequestId, result: unknown): JsonRpcResponse {
  return { jsonrpc: '2.0', id, result };
}

function idOf(value: unknown): RequestId | null {
  const id = isObject(value) ? value.id : undefined;
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as RequestId) : null;
}

function refusal(code: number, message: string, id: RequestId | null = null): Parsed {
  return { ok: false, id, error: { code, message } };
}

export const inexactNumber =
  'The message holds a number that cannot be carried exactly. Send it as a string.';

/**
 * What makes a valid JSON text mean different things to different readers, in words. Works on the
 * text because a parsed object no longer shows it.
 */
export function findAmbiguity(text: string): string | undefined {
  // One set of keys for each open object, `undefined` for an open array.
  const open: (Set<string> | undefined)[] = [];
  let expectKey = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === quote) {
      const end = endOfString(text, index);
      if (expectKey) {
        const keys = open[open.length - 1]!;
        const written = keyOf(text.slice(index, end + 1));
        const key = open.length <= judgedKeys.length ? foldCase(written) : written;
        if (keys.has(key)) return 'A key is written twice, or twice in different case.';
        if ((judgedKeys[open.length - 1]?.get(key) ?? written) !== written) {
          return 'A key of the protocol is written in another case.';
        }
        keys.add(key);
        expectKey = false;
      }
      index = end;
    } else if (character === openBrace || character === openBracket) {
      if (open.length >= deepestNesting) return 'The message is nested too deeply.';
      expectKey = character === openBrace;
      open.push(expectKey ? new Set() : undefined);
    } else if (character === closeBrace || character === closeBracket) {
      open.pop();
      expectKey = false;
    } else if (character === comma) {
      expectKey = open[open.length - 1] !== undefined;
    } else if (character === minus || isDigit(character)) {
      const end = endOfNumber(text, index);
      if (!isExact(text.slice(index, end))) {
        return inexactNumber;
      }
      index = end - 1;
    }
  }
  return undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;
const minus = 0x2d;

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

// Behind an odd number of backslashes. The text is valid JSON, so they cannot reach the start.
function isEscaped(text: string, index: number): boolean {
  let first = index;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (index - first) % 2 === 1;
}

function keyOf(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

// The envelope and its params are read by fixed names, some readers ignore case there; deeper keys
// are data, where `PATH` and `Path` may both be meant. Upper case first takes the long s to "s".
function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function isInNumber(character: number): boolean {
  return isDigit(character) || '.eE+-'.includes(String.fromCharCode(character));
}

function isDigit(character: number): boolean {
  return character >= 0x30 && character <= 0x39;
}

function endOfNumber(text: string, start: number): number {
  let index = start + 1;
  while (isInNumber(text.charCodeAt(index))) index++;
  return index;
}

// What JavaScript writes of a double has at most 25 characters, and at most 326 without exponent.
const longestNumber = 400;

/** Whether a JSON number, read as a double and written again, is still the same decimal number. */
export function isExact(literal: string): boolean {
  // A double carries any 15 significant digits.
  if (literal.length <= 15 && !/[eE]/.test(literal)) return true;
  if (literal.length > longestNumber) return false;
  return decimalOf(literal) === decimalOf(String(Number(literal)));
}

// A canonical "digits e exponent" without leading or trailing zeros, or the text itself for Infinity.
function decimalOf(literal: string): string {
  const match = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal);
  if (!match) return literal;
  const fraction = match[2] ?? '';
  const digits = (match[1]! + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const exponent = Number(match[3] ?? 0) - fraction.length + digits.length - significant.length;
  return `${literal.startsWith('-') ? '-' : ''}${significant}e${exponent}`;
}
