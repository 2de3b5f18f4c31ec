import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { responseText } from '../../../../src/gateway/stateless/responseText';

const under = (raw: string, id: string | number): string => responseText(JSON.parse(raw), raw, id);

describe('the text of an answer under another id', () => {
  it.each([
    ['{"id":1,"n":12345678901234567890}', '{"id":"x","n":12345678901234567890}'],
    ['{"n":[-0,{"id":1}],"id" : "a\\"b" }', '{"n":[-0,{"id":1}],"id" : "x" }'],
    ['{"\\u0069d":1,"n":1e400}', '{"\\u0069d":"x","n":1e400}'],
    ['{"id":1,"n":1e5,"id":2}', '{"id":"x","n":1e5,"id":"x"}'],
    ['{"n":"\\"id\\":1","m":1e5,"id":null}', '{"n":"\\"id\\":1","m":1e5,"id":"x"}'],
    ['{"a":"id","id":1,"m":1e5}', '{"a":"id","id":"x","m":1e5}'],
    ['{\r\n"id":1\n,"m":1e5}', '{ "id":"x" ,"m":1e5}'],
  ])('%s becomes %s', (raw, text) => {
    expect(under(raw, 'x')).toBe(text);
  });

  it('says what it said, whatever that was', () => {
    const result = fc.jsonValue({ maxDepth: 3 });
    const id = fc.oneof(fc.integer(), fc.string());
    fc.assert(
      fc.property(result, id, id, fc.boolean(), (value, from, to, isDelicate) => {
        const rest = { result: value, jsonrpc: '2.0', ...(isDelicate ? { n: 1e30 } : {}) };
        const raw = JSON.stringify({ ...rest, id: from }, null, isDelicate ? 1 : 0);
        const text = under(raw, to);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ ...rest, id: to })));
        expect(text).not.toMatch(/[\r\n]/);
      }),
    );
  });
});
