import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAmbiguity, isExact, messageOf, parseMessage } from '../../../src/gateway/jsonRpc';

const parse = (text: string | Buffer): ReturnType<typeof parseMessage> =>
  parseMessage(typeof text === 'string' ? Buffer.from(text) : text);

describe('a message', () => {
  it.each([
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"m"}'],
    ['a request with an empty id', '{"jsonrpc":"2.0","id":"","method":"m"}'],
    ['a request with a negative id', '{"jsonrpc":"2.0","id":-1,"method":"m"}'],
    ['a notification', '{"jsonrpc":"2.0","method":"m","params":{}}'],
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{}}'],
    ['a result that is null', '{"jsonrpc":"2.0","id":1,"result":null}'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}'],
    [
      'the same key in two objects',
      '{"jsonrpc":"2.0","method":"m","params":{"a":{"x":1},"b":{"x":1}}}',
    ],
    [
      'the keys of a call that goes on',
      '{"jsonrpc":"2.0","method":"m","params":{"inputResponses":{},"requestState":"s"}}',
    ],
    ['a key that is also a value', '{"jsonrpc":"2.0","method":"m","params":{"a":"b","b":"a"}}'],
    [
      'keys after arrays and objects',
      '{"jsonrpc":"2.0","params":{"a":[{},{}],"b":{"c":[]}},"method":"m"}',
    ],
    [
      'numbers and braces in strings',
      '{"jsonrpc":"2.0","method":"m","params":{"a":"1e999 {\\"a\\":1,\\"a\\":2}"}}',
    ],
    [
      'a backslash before the end of a string',
      '{"jsonrpc":"2.0","method":"m","params":{"a":"\\\\","b":"\\\\\\""}}',
    ],
  ])('%s is accepted', (_, text) => {
    const parsed = parse(text);
    expect(parsed).toEqual({ ok: true, message: JSON.parse(text) });
  });

  it.each([
    ['{', -32700, 'The message is not valid JSON.'],
    ['\ufeff{}', -32700, 'The message is not valid JSON.'],
    [Buffer.from([0xff, 0xfe]), -32700, 'The message is not valid UTF-8.'],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), -32700, 'The message is not valid UTF-8.'],
    ['[]', -32600, 'Batches are not part of this protocol.'],
    ['null', -32600, 'A message must be an object.'],
    ['{}', -32600, '"jsonrpc" must be "2.0".'],
    ['{"jsonrpc":2.0}', -32600, '"jsonrpc" must be "2.0".'],
    ['{"jsonrpc":"2.0"}', -32600, 'A message needs a "method" or an "id".'],
    [
      '{"jsonrpc":"2.0","id":null,"method":"m"}',
      -32600,
      '"id" must be a string or a whole number.',
    ],
    [
      '{"jsonrpc":"2.0","id":true,"method":"m"}',
      -32600,
      '"id" must be a string or a whole number.',
    ],
    ['{"jsonrpc":"2.0","id":1.5,"method":"m"}', -32600, '"id" must be a string or a whole number.'],
    ['{"jsonrpc":"2.0","id":1,"method":1}', -32600, '"method" must be a string.'],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","result":1}',
      -32600,
      'A message is a request or a response, not both.',
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":[]}', -32602, '"params" must be an object.'],
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":null}', -32602, '"params" must be an object.'],
    ['{"jsonrpc":"2.0","id":1}', -32600, 'A response has either a "result" or an "error".'],
    [
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}',
      -32600,
      'A response has either a "result" or an "error".',
    ],
    ['{"jsonrpc":"2.0","id":1,"error":"e"}', -32600, '"error" must be an object.'],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","id":1}',
      -32600,
      'A key is written twice, or twice in different case.',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","x":1,"X":1}',
      -32600,
      'A key is written twice, or twice in different case.',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","\\u0069d":1}',
      -32600,
      'A key is written twice, or twice in different case.',
    ],
    [
      '{"jsonrpc":"2.0","Id":1,"method":"m"}',
      -32600,
      'A key of the protocol is written in another case.',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"_META":1}}',
      -32600,
      'A key of the protocol is written in another case.',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"inputresponses":1}}',
      -32600,
      'A key of the protocol is written in another case.',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"n":1e999}}',
      -32600,
      'The message holds a number that cannot be carried exactly. Send it as a string.',
    ],
    [
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"n":${'['.repeat(300)}${']'.repeat(300)}}}`,
      -32600,
      'The message is nested too deeply.',
    ],
  ])('%s is refused with its reason', (text, code, message) => {
    expect(parse(text)).toMatchObject({ ok: false, error: { code, message } });
  });

  it('that is accepted means the same when it is written again', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 6 })),
        (params) => {
          const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'm', params });
          const parsed = parse(text);
          if (parsed.ok)
            expect(JSON.stringify(parsed.message)).toBe(JSON.stringify(JSON.parse(text)));
          // A generated key may be a case variant of another; nothing else is refused.
          else expect(parsed.error.message).toMatch(/case/);
        },
      ),
    );
  });

  it('never makes the reader throw, whatever the bytes are', () => {
    const start = fc.constantFrom('{"jsonrpc":"2.0","id":1,', '[', '{', '"', '');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 40 }), (before, bytes) => {
        const parsed = parse(Buffer.concat([Buffer.from(before), bytes]));
        expect(typeof parsed.ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  it('of a server is checked for its shape alone, and may hold any number', () => {
    expect(messageOf({ jsonrpc: '2.0', id: 1, result: { n: 2 ** 60 } }).ok).toBe(true);
    expect(messageOf({ jsonrpc: '2.0', id: null, error: { code: 1, message: '' } }).ok).toBe(false);
  });
});

describe('an ambiguity', () => {
  it('is found exactly where a key stands twice in one object', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd\\u0061', 'da');
    const leaf = fc.constantFrom('1', '"a"', 'null', '[]');
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(key, tie('tree')), { maxLength: 4 })
          .map((pairs) => `{${pairs.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(tree, (text) => {
        // Without duplicates, the object that is read has as many keys as the text has colons.
        const count = (value: unknown): number =>
          typeof value !== 'object' || value === null
            ? 0
            : Object.values(value).reduce(
                (sum: number, inner) => sum + count(inner),
                Array.isArray(value) ? 0 : Object.keys(value).length,
              );
        const written = text.split(':').length - 1;
        expect(findAmbiguity(text) !== undefined).toBe(count(JSON.parse(text)) !== written);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a number', () => {
  /** The exact value of a decimal literal as a fraction of powers of ten. */
  function exactly(literal: string): { digits: bigint; exponent: number } {
    const [, sign, whole, fraction = '', exponent = '0'] =
      /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)!;
    let digits = BigInt(`${sign}${whole}${fraction}`);
    let power = Number(exponent) - fraction.length;
    while (digits !== 0n && digits % 10n === 0n) {
      digits /= 10n;
      power++;
    }
    return digits === 0n ? { digits, exponent: 0 } : { digits, exponent: power };
  }

  it('is exact when the double nearest to it is written with the same value', () => {
    const literal = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,24}$/)),
        fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,24}$/)),
        fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(literal, (text) => {
        const read = Number(text);
        const same =
          Number.isFinite(read) &&
          JSON.stringify(exactly(text), bigintAsText) ===
            JSON.stringify(exactly(String(read)), bigintAsText);
        expect(isExact(text)).toBe(same);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['0', true],
    ['-0', true],
    ['0.10', true],
    ['1e3', true],
    ['1.0e+2', true],
    ['9007199254740991', true],
    ['9007199254740992', true],
    ['9007199254740993', false],
    ['9007199254740993.0', false],
    ['0.1000000000000000055511151231257827', false],
    ['123456789012345678', false],
    ['123456789012345680', true],
    ['1e308', true],
    ['1e309', false],
    ['5e-324', true],
    ['1e-324', false],
    [`1${'0'.repeat(300)}`, true],
    [`1${'0'.repeat(500)}`, false],
    [`0.${'0'.repeat(10_000)}`, false],
  ])('%s is exact: %s', (text, exact) => {
    expect(isExact(text)).toBe(exact);
  });
});

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
