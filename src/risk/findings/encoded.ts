// A sentence in base64 or hexadecimal is read by a model as easily as by a machine, and by no person.
const base64 = /[A-Za-z0-9+/_-]{26,}/g;
const hex = /(?:[0-9a-fA-F]{2}[ :]?){20,}/g;
const percent = /[\w.~%-]{24,}/g;
const escapes = /(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|&#x?[0-9a-fA-F]{1,6};){6,}/g;
const longestCode = 8000;
const mostCodes = 20;

/** A part of a text that stands for another text. */
export interface Encoded {
  readonly offset: number;
  readonly text: string;
  readonly decoded: string;
}

/** The encoded parts of a text that are words once decoded. */
export function encodedParts(text: string): readonly Encoded[] {
  const found: Encoded[] = [];
  const look = (pattern: RegExp, decode: (code: string) => string | undefined): void => {
    for (const { 0: code, index } of text.matchAll(pattern)) {
      if (found.length >= mostCodes) return;
      const decoded = decode(code.slice(0, longestCode));
      if (decoded !== undefined && isProse(decoded))
        found.push({ offset: index, text: code, decoded });
    }
  };
  if (text.length < 36) return found;
  look(base64, (code) => asText(code, 'base64'));
  look(hex, (code) => asText(code.replace(/[ :]/g, ''), 'hex'));
  if (text.includes('%')) look(percent, unescapePercent);
  if (/[\\&]/.test(text)) look(escapes, unescapeCharacters);
  return found;
}

function isProse(text: string): boolean {
  return (
    /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\s]{12,}$/u.test(text) &&
    /\p{L}{2,}\s+\p{L}+|[\p{Script=Han}\p{Script=Kana}\p{Script=Hangul}]{4}/u.test(text)
  );
}

function asText(code: string, encoding: 'base64' | 'hex'): string | undefined {
  const bytes =
    encoding === 'hex'
      ? (code.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
      : [...atob(base64Text(code))].map((byte) => byte.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}

// Either alphabet; a last character alone stands for nothing.
function base64Text(code: string): string {
  const whole = code.length % 4 === 1 ? code.slice(0, -1) : code;
  return whole.replaceAll('-', '+').replaceAll('_', '/');
}

function unescapePercent(code: string): string | undefined {
  try {
    return decodeURIComponent(code);
  } catch {
    return undefined;
  }
}

function unescapeCharacters(code: string): string {
  const all = /\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|&#x([0-9a-fA-F]{1,6});|&#(\d{1,6});/g;
  return code.replace(all, (_, u, x, entity, decimal) => {
    const point = decimal ? Number(decimal) : Number.parseInt(u ?? x ?? entity, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
}
