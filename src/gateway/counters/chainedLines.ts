import { createHash } from 'node:crypto';

/**
 * Text of which every line begins with a digest of itself and of the line before, so that what is
 * missing or altered anywhere is noticed. It guards against accidents, not against the person.
 */
export interface Chained {
  readonly text: string;
  /** The digest of the last line: what the next one goes on from. */
  readonly check: string;
}

const checkLength = 16;

/** How much is read or written at a time, so that the editor never waits long. */
export const partLength = 256 * 1024;

export function chain(check: string, values: Iterable<unknown>): Chained {
  let text = '';
  let last = check;
  for (const value of values) {
    const json = JSON.stringify(value);
    last = digest(last, json);
    text += `${last} ${json}\n`;
  }
  return { text, check: last };
}

export interface Unchained {
  readonly values: unknown[];
  readonly check: string;
  /** Length of what was read, in UTF-16 units, which are bytes too, since only ASCII is written. */
  readonly length: number;
}

/** Reads complete lines that follow `check`, up to the first that is cut short or not in order. */
export async function unchain(check: string, text: string): Promise<Unchained> {
  const values: unknown[] = [];
  let last = check;
  let length = 0;
  let pauseAt = partLength;
  for (;;) {
    const end = text.indexOf('\n', length);
    if (end < 0) break;
    const found = text.slice(length, length + checkLength);
    const json = text.slice(length + checkLength + 1, end);
    if (text[length + checkLength] !== ' ' || digest(last, json) !== found) break;
    values.push(JSON.parse(json));
    last = found;
    length = end + 1;
    if (length < pauseAt) continue;
    pauseAt = length + partLength;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { values, check: last, length };
}

function digest(previous: string, json: string): string {
  return createHash('sha256').update(`${previous} ${json}`).digest('hex').slice(0, checkLength);
}
