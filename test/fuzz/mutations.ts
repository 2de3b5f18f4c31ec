import fc, { type Arbitrary } from 'fast-check';

type Mutation = (text: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const nasty = fc.constantFrom(
  '\0',
  '\ufeff',
  '\n',
  '\r\n',
  '\u2028',
  '{',
  '}',
  '"',
  '\\',
  ',',
  '[[[[',
  '/**/',
  '1e400',
  '9007199254740993',
  '\\u0000',
  '"name":"delete_repo",',
  '"Name":"delete_repo",',
  '"method":"tools/call",',
  '"METHOD":"tools/list",',
  '"params":{},',
  '"jsonrpc":"1.0",',
  '"id":7,',
  '"__proto__":{},',
);
const nastyBytes = fc.constantFrom([0xc3, 0x28], [0xff], [0xed, 0xa0, 0x80], [0x80], [0xfe, 0xff]);

const at = (text: Buffer, where: number): number => Math.floor(where * (text.length + 1));
const insert = (text: Buffer, where: number, bytes: Buffer): Buffer =>
  Buffer.concat([text.subarray(0, at(text, where)), bytes, text.subarray(at(text, where))]);

/** Puts something directly behind the opening of an object, where a further member fits. */
const intoObject =
  (where: number, member: string): Mutation =>
  (text) => {
    const start = text.indexOf('{', at(text, where));
    const index = start < 0 ? text.indexOf('{') : start;
    return Buffer.concat([
      text.subarray(0, index + 1),
      Buffer.from(member),
      text.subarray(index + 1),
    ]);
  };

const replace =
  (pattern: RegExp, by: string | ((match: string) => string)): Mutation =>
  (text) =>
    Buffer.from(text.toString('utf8').replace(pattern, by as never));

const keys = fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'name', 'arguments', 'result');
const escaped = (key: string): string =>
  `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`;

const mutation: Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, nasty).map(
    ([where, what]): Mutation =>
      (t) =>
        insert(t, where, Buffer.from(what)),
  ),
  fc.tuple(place, nastyBytes).map(
    ([where, b]): Mutation =>
      (t) =>
        insert(t, where, Buffer.from(b)),
  ),
  fc.tuple(place, nasty).map(([where, what]) => intoObject(where, what)),
  place.map(
    (where): Mutation =>
      (t) =>
        t.subarray(0, at(t, where)),
  ),
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
    ([where, byte]): Mutation =>
      (text) => {
        const copy = Buffer.from(text);
        if (copy.length > 0) copy[Math.min(at(text, where), copy.length - 1)] = byte;
        return copy;
      },
  ),
  keys.map((key) => replace(new RegExp(`"${key}"`), `"${key.toUpperCase()}"`)),
  keys.map((key) => replace(new RegExp(`"${key}"`), `"${escaped(key)}"`)),
  keys.map((key) => replace(new RegExp(`"${key}":`), (match) => `${match}1,${match}`)),
  keys.map((key) => replace(new RegExp(`"${key}":[^,}]*,?`), '')),
  fc.constant(replace(/"2\.0"/, '2.0')),
  fc.constant(replace(/^.*$/s, (all) => `[${all}]`)),
  fc.constant(replace(/^.*$/s, (all) => `${all}${all}`)),
  fc.constant(replace(/^.*$/s, (all) => ` \r\n${all}\t\n`)),
  fc.constant(replace(/:/g, ' : ')),
);

/** The bytes of a message, about half of them changed in up to three places. */
export function written(messages: Arbitrary<object>): Arbitrary<Buffer> {
  const changes = fc.oneof(
    fc.constant<Mutation[]>([]),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
  );
  return fc
    .tuple(messages, changes)
    .map(([message, mutations]) =>
      mutations.reduce<Buffer>(
        (text, mutate) => mutate(text),
        Buffer.from(JSON.stringify(message)),
      ),
    );
}
