import { isObject } from '../jsonRpc';
import { decodeHeaderValue, encodeHeaderValue } from './headerValue';

/** An argument that a tool wants to see in a header of its own, besides the body. */
interface ParamHeader {
  readonly name: string;
  readonly path: readonly string[];
}

const token = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const deepestSchema = 32;

/**
 * The `Mcp-Param-` headers of a tool call, made from its arguments and the tool's own schema.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters
 */
export function paramHeaders(inputSchema: unknown, args: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, path } of headersOf(inputSchema)) {
    const text = textAt(args, path);
    if (text !== undefined) headers[name] = encodeHeaderValue(text);
  }
  return headers;
}

/** The name of a header that does not say what the arguments say, or is missing. */
export function paramHeaderMismatch(
  inputSchema: unknown,
  args: unknown,
  received: NodeJS.Dict<readonly string[]>,
): string | undefined {
  return headersOf(inputSchema).find(({ name, path }) => {
    const text = textAt(args, path);
    if (text === undefined) return false;
    const values = received[name.toLowerCase()] ?? [];
    const value = values.length === 1 ? decodeHeaderValue(values[0]!) : undefined;
    return (
      value !== text && !(isDecimal(value) && isDecimal(text) && Number(value) === Number(text))
    );
  })?.name;
}

/** A schema with two headers of one name is no valid one: nothing is said of its arguments then. */
function headersOf(inputSchema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  const visit = (schema: unknown, path: readonly string[]): void => {
    if (!isObject(schema) || path.length > deepestSchema) return;
    const name = schema['x-mcp-header'];
    if (path.length > 0 && typeof name === 'string' && token.test(name)) {
      found.push({ name: `Mcp-Param-${name}`, path });
    }
    if (!isObject(schema.properties)) return;
    for (const [key, property] of Object.entries(schema.properties))
      visit(property, [...path, key]);
  };
  visit(inputSchema, []);
  const names = new Set(found.map(({ name }) => name.toLowerCase()));
  return names.size === found.length ? found : [];
}

function textAt(args: unknown, path: readonly string[]): string | undefined {
  let value = args;
  for (const key of path) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  const isPrimitive =
    typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number';
  return isPrimitive ? String(value) : undefined;
}

function isDecimal(text: string | undefined): boolean {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text);
}
