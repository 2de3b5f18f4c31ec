import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineParts, LongText } from '../../../src/gateway/longMessage';

const mib = 1024 * 1024;

/** Reads a line that comes in chunks of a size. */
function read(text: string | Buffer, chunk = 65_536): LongText {
  const bytes = Buffer.from(text);
  const line = new LineParts();
  for (let at = 0; at < bytes.length; at += chunk) line.add(bytes.subarray(at, at + chunk));
  const taken = line.take();
  if (!(taken instanceof LongText)) throw new Error('It is not long.');
  expect(Buffer.concat(taken.parts).equals(bytes)).toBe(true);
  expect(taken.length).toBe(bytes.length);
  return taken;
}

const answer = (text: string, rest: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }], ...rest } });

describe('the outline of a long message', () => {
  it('has everything but the ends of long strings', () => {
    const message = JSON.parse(
      answer('€ '.repeat(mib), { isError: true, n: 1.5e3, a: [null, {}] }),
    );
    message.result.content.push({ type: 'text', text: 'short "\\ \u2028' });
    message.result.content[0].text = `x${message.result.content[0].text}`;
    const outline = JSON.parse(read(JSON.stringify(message)).outline!);
    const [long] = outline.result.content;
    expect(message.result.content[0].text.startsWith(long.text)).toBe(true);
    expect(long.text.length).toBeGreaterThan(1000);
    long.text = message.result.content[0].text;
    expect(outline).toEqual(message);
  });

  it('is the same however the bytes are cut into chunks', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '€', '😀', ' ', '0') });
    const strings = fc.array(part, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(strings, fc.integer({ min: 1000, max: 70_000 }), (parts, chunk) => {
        const values = parts.map((value) => `a${value}`.repeat(1 + (5000 * parts.length) / 3));
        const text = JSON.stringify({ values, end: 'e'.repeat(mib) });
        expect(read(text, chunk).outline).toBe(read(text, mib * 64).outline);
        const outline = JSON.parse(read(text, chunk).outline!);
        for (const [index, value] of values.entries()) {
          expect(value.startsWith(outline.values[index])).toBe(true);
          if (Buffer.byteLength(JSON.stringify(value)) < 4000)
            expect(outline.values[index]).toBe(value);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each<[string, string]>([
    [
      'a string whose first words stand behind thousands of marks',
      answer(`${' '.repeat(mib)}Toolgate: x`),
    ],
    ['the same, written as escapes', answer(`${'\n\t'.repeat(mib)}Toolgate: x`)],
    ['a key that is long', answer('x'.repeat(mib), { [`${' '.repeat(5000)}toolgate/x`]: 1 })],
    ['a carriage return', answer('x'.repeat(mib)).replace(',', ',\r')],
    ['a string that does not end', answer('x'.repeat(mib)).slice(0, -10)],
    ['a million small values', answer('x', { values: Array.from({ length: mib }, () => 'abcd') })],
  ])('is not given where cutting could hide something, or saves nothing: %s', (_what, text) => {
    expect(read(text).outline).toBeUndefined();
    expect(String(read(text))).toBe(text);
  });

  it('is not needed for a message that is read in a moment', () => {
    const line = new LineParts();
    line.add(Buffer.from(answer('x'.repeat(1000))));
    expect(line.take()).toBe(answer('x'.repeat(1000)));
  });
});
