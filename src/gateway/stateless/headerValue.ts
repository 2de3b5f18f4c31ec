const opening = '=?base64?';
const closing = '?=';
const canonicalBase64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/;
const plainValue = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * A text as the value of an HTTP header, which holds visible ASCII only.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
 */
export function encodeHeaderValue(text: string): string {
  const isPlain = plainValue.test(text) && !(text.startsWith(opening) && text.endsWith(closing));
  return isPlain ? text : `${opening}${Buffer.from(text, 'utf8').toString('base64')}${closing}`;
}

/** The text that a header's value stands for; `undefined` if it is not encoded as it has to be. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith(opening) || !value.endsWith(closing)) return value;
  const base64 = value.slice(opening.length, -closing.length);
  if (!canonicalBase64.test(base64)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(base64, 'base64'),
    );
  } catch {
    return undefined;
  }
}
