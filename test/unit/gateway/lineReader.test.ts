import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../src/gateway/lineReader';

function read(chunks: readonly Buffer[], longest = 1000): { lines: string[]; kept: boolean } {
  const lines: string[] = [];
  const reader = new LineReader({ most: longest, mostReadWhole: longest }, (line) =>
    lines.push(String(line)),
  );
  return {
    kept: chunks.map((chunk) => reader.push(chunk)).every((limit) => limit === undefined),
    lines,
  };
}

describe('a reader of lines', () => {
  it('gives the same lines however the bytes are cut into chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'ü', '€', '😀', '') });
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 7 })), (content, sizes) => {
        const bytes = Buffer.from(content);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const expected = content.split('\n').slice(0, -1);
        expect(read(chunks)).toEqual({ lines: expected, kept: true });
        expect(read([bytes])).toEqual({ lines: expected, kept: true });
      }),
    );
  });

  it('says when a line has grown too long, drops it, and reads on after it', () => {
    const lines: string[] = [];
    const reader = new LineReader({ most: 20, mostReadWhole: 10 }, (line) =>
      lines.push(String(line)),
    );
    expect(reader.push(Buffer.from('short\n0123456789'))).toBeUndefined();
    expect(reader.push(Buffer.from('0'))).toBe(10);
    expect(reader.push(Buffer.from('\nnext\n'))).toBeUndefined();
    expect(lines).toEqual(['short', '', 'next']);
  });

  it('reads a long line in time linear in its length', () => {
    const lines: string[] = [];
    const reader = new LineReader({ most: 1e9, mostReadWhole: 1e9 }, (line) =>
      lines.push(String(line)),
    );
    const started = performance.now();
    for (let chunk = 0; chunk < 20_000; chunk++) reader.push(Buffer.from('0123456789'));
    reader.push(Buffer.from('\n'));
    expect(lines[0]).toHaveLength(200_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
