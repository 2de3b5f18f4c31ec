import { describe, expect, it } from 'vitest';
import {
  type Condition,
  type ConditionFacts,
  compileCondition,
  condition,
} from '../../../src/policy/condition';

function judge(source: Condition, args: Record<string, unknown>): boolean | undefined {
  expect(condition.safeParse(source).error).toBeUndefined();
  const facts: ConditionFacts = {
    args,
    server: 'github',
    tool: 'create_issue',
    client: 'Visual Studio Code',
    sessionCalls: 7,
    paths: {
      platform: 'posix',
      caseInsensitive: false,
      workspaceFolder: '/w',
      homedir: '/home/me',
    },
  };
  return compileCondition(source)(facts);
}

const unclear = undefined;

describe('a comparison', () => {
  it.each([
    ['eq', 'a', 'a', true],
    ['eq', 'a', 'A', false],
    ['eq', 5, 5, true],
    ['eq', 5, '5', unclear],
    ['eq', true, 'true', unclear],
    ['eq', 0, -0, true],
    ['eq', { a: [1] }, { a: [1] }, true],
    ['eq', { a: [1] }, { a: [2] }, false],
    ['eq', { a: 1 }, { a: 1, b: 2 }, false],
    ['eq', [1, 2], [2, 1], false],
    ['eq', null, null, true],
    ['eq', 'x', null, false],
    ['eq', 2 ** 53, 2 ** 53, unclear],
    ['neq', 'a', 'b', true],
    ['neq', 'a', 'a', false],
    ['neq', 5, '5', unclear],
    ['lt', 5, 4, true],
    ['lt', 5, 5, false],
    ['lte', 5, 5, true],
    ['gt', 5, 5.000001, true],
    ['gte', 5, 5, true],
    ['gt', 5, '6', unclear],
    ['gt', 5, Number.POSITIVE_INFINITY, unclear],
    ['gt', 5, 2 ** 53 + 2, unclear],
    ['gt', 5, Number.NaN, unclear],
    ['gt', 5, [6], unclear],
    ['gt', 5, true, unclear],
    ['in', ['a', 'b'], 'b', true],
    ['in', ['a', 'b'], 'c', false],
    ['in', [1, 2], '1', unclear],
    ['not_in', ['a', 'b'], 'c', true],
    ['not_in', ['a', 'b'], 'a', false],
    ['regex', '^SELECT', 'SELECT 1', true],
    ['regex', '^SELECT', 'x SELECT', false],
    ['regex', 'a', 5, unclear],
    ['matches', 'SELECT', 'SELECT; DROP', false],
    ['matches', 'a.c', 'abc', true],
    ['matches', 'a.c', 'a\nc', false],
    ['matches', 'abc', 'abc\n', false],
    ['contains', 'b', 'abc', true],
    ['contains', 'x', 'abc', false],
    ['contains', 2, [1, 2], true],
    ['contains', 3, [1, 2], false],
    ['contains', '2', [1, 2], unclear],
    ['contains', 'a', 5, unclear],
    ['glob', '/app/*.ts', '/app/a.ts', true],
    ['glob', '/app/*.ts', '/app/b/a.ts', false],
    ['glob', '/app/**', '/app/b/a.ts', true],
    ['glob', '/app/**', '/app', true],
    ['glob', '/app/**', '/apple', false],
    ['glob', '**/a.ts', 'a.ts', true],
    ['glob', ['*.md', '*.txt'], 'a.txt', true],
    ['glob', 'a.b', 'axb', false],
    ['glob', 'a?b', 'a/b', false],
    ['glob', 'a*b', 'a\nb', true],
    ['length_lte', 3, 'abc', true],
    ['length_lte', 3, 'abcd', false],
    ['length_lte', 1, [1, 2], false],
    ['length_lte', 3, 5, unclear],
  ] as const)('%s %o of %o is %s', (op, value, argument, expected) => {
    expect(judge({ path: 'args.x', op, value }, { x: argument })).toBe(expected);
  });

  it('fails of what is not there', () => {
    for (const op of ['eq', 'neq', 'in', 'not_in', 'lt', 'regex', 'contains'] as const) {
      const value = op === 'lt' ? 1 : op === 'in' || op === 'not_in' ? ['a'] : 'a';
      expect(judge({ path: 'args.x', op, value }, {})).toBe(false);
      expect(judge({ path: 'args.x.y', op, value }, { x: null })).toBe(false);
    }
  });

  it('takes linear time for patterns that would take others for ever', () => {
    const started = performance.now();
    expect(
      judge({ path: 'args.x', op: 'regex', value: '(a+)+$' }, { x: `${'a'.repeat(50_000)}b` }),
    ).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('exists', () => {
  it.each([
    [{ x: 1 }, undefined, true],
    [{ x: null }, undefined, false],
    [{ x: null }, false, true],
    [{}, undefined, false],
    [{}, false, true],
    [{ x: 1 }, false, false],
    [{ X: 1 }, undefined, unclear],
  ])('of x in %o with %s is %s', (args, value, expected) => {
    const source = { path: 'args.x', op: 'exists', ...(value === undefined ? {} : { value }) };
    expect(judge(source, args)).toBe(expected);
  });

  it.each([
    [[{ id: 1 }, { id: 2 }], true],
    [[{}, {}], false],
    [[{ id: null }, {}], false],
    [[{ id: 1 }, {}], unclear],
    [[{ id: 1 }, { id: null }], unclear],
    [[], unclear],
  ])('of the id of every element of %j is %s', (items, expected) => {
    expect(judge({ path: 'args.items[*].id', op: 'exists' }, { items })).toBe(expected);
    const none = expected === unclear ? unclear : !expected;
    expect(judge({ path: 'args.items[*].id', op: 'exists', value: false }, { items })).toBe(none);
  });
});

describe('a path', () => {
  const args = { a: { b: [{ id: 1 }, { id: 2 }] }, 'x.y': 3, list: [], text: '{"id": 1}' };
  it.each([
    ['args.a.b[0].id', 1, true],
    ['args.a.b[1].id', 1, false],
    ['args.a.b[9].id', 1, false],
    ['args["x.y"]', 3, true],
    ['args.a.b[*].id', 1, false],
    // Whether "every element" of none is so is not for the gateway to say.
    ['args.list[*]', 1, unclear],
    // A text where an object was expected may be read as one by the server.
    ['args.text.id', 1, unclear],
    ['args.a[0]', 1, unclear],
    ['args.a.b.id', 1, unclear],
    ['server', 'github', true],
    ['tool', 'create_issue', true],
    ['client.name', 'Visual Studio Code', true],
    ['session.calls', 7, true],
    ['args.constructor', 1, false],
    ['args.__proto__.x', 1, false],
  ])('%s eq %o is %s', (path, value, expected) => {
    expect(judge({ path, op: 'eq', value }, args)).toBe(expected);
  });

  it('asks the condition of every element', () => {
    const ids = { path: 'args.a.b[*].id', op: 'in', value: [1, 2] };
    expect(judge(ids, args)).toBe(true);
    expect(judge(ids, { a: { b: [{ id: 1 }, {}] } })).toBe(false);
  });

  it('is unclear where a key is written in another case too', () => {
    expect(judge({ path: 'args.path', op: 'eq', value: 's' }, { path: 's', Path: 'evil' })).toBe(
      unclear,
    );
    expect(judge({ path: 'args.path', op: 'eq', value: 's' }, { PATH: 's' })).toBe(unclear);
    // Readers that fold case take the long s, and the sign for Kelvin, for letters.
    expect(judge({ path: 'args.sql', op: 'eq', value: 's' }, { sql: 's', ſql: 'x' })).toBe(unclear);
    expect(judge({ path: 'args.key', op: 'eq', value: 's' }, { key: 's', '\u212aey': 'x' })).toBe(
      unclear,
    );
  });

  it.each([
    ['arg.x', 'A path begins with args, server, tool, client.name, session.calls.'],
    ['argsx', 'A path begins with args, server, tool, client.name, session.calls.'],
    ['server.x', '"server" has no parts.'],
    ['args.', '"." cannot be read. Write .key, ["key"], [0] or [*].'],
    ['args[a]', '"[a]" cannot be read. Write .key, ["key"], [0] or [*].'],
    ['args["\\q"]', '"\\q" is not a JSON string.'],
  ])('%s is an error that says what to write', (path, message) => {
    const issues = condition.safeParse({ path, op: 'eq', value: 1 }).error?.issues;
    expect(JSON.stringify(issues)).toContain(JSON.stringify(message).slice(1, -1));
  });
});

describe('conditions together', () => {
  const yes = { path: 'args.x', op: 'eq', value: 1 };
  const no = { path: 'args.x', op: 'eq', value: 2 };
  const cannotSay = { path: 'args.y', op: 'gt', value: 1 };
  it.each([
    [{ any: [no, yes] }, true],
    [{ any: [no, no] }, false],
    [{ any: [no, cannotSay] }, unclear],
    [{ any: [yes, cannotSay] }, true],
    [{ all: [yes, yes] }, true],
    [{ all: [yes, no] }, false],
    [{ all: [no, cannotSay] }, false],
    [{ all: [yes, cannotSay] }, unclear],
    [{ not: yes }, false],
    [{ not: no }, true],
    [{ not: cannotSay }, unclear],
    [{ not: { any: [no, { all: [yes, no] }] } }, true],
  ])('%o is %s', (source, expected) => {
    expect(judge(source, { x: 1, y: 'text' })).toBe(expected);
  });
});

it.each([
  [{ path: 'args.x', op: 'gt', value: '5' }, 'The value must be a number.'],
  [{ path: 'args.x', op: 'in', value: 'a' }, 'The value must be a list'],
  [{ path: 'args.x', op: 'in', value: [] }, 'An empty list fits nothing.'],
  [{ path: 'args.x', op: 'regex', value: '(' }, 'RE2'],
  [{ path: 'args.x', op: 'regex', value: '(?=a)' }, 'RE2'],
  [{ path: 'args.x', op: 'matches', value: 5 }, 'must be a regular expression'],
  [{ path: 'args.x', op: 'eq' }, 'needs a \\"value\\"'],
  [{ path: 'args.x', op: 'sql', value: ['selct'] }, 'kinds of statements'],
  [{ path: 'args.x', op: 'command', value: ['git', '**', 'x'] }, 'can only be the last word'],
  [{ path: 'args.x', op: 'like', value: 'a' }, 'must be one of eq'],
  [{ any: [] }, 'An empty list decides nothing.'],
  [{ path: 'args.x', op: 'eq', value: 1, extra: 1 }, 'extra'],
])('%o is an error: %s', (source, message) => {
  expect(JSON.stringify(condition.safeParse(source).error?.issues ?? 'valid')).toContain(message);
});

// The agent decides how much there is to judge, and the editor waits.
describe('what would take too long to judge', () => {
  it.each([
    ['sql', ['select'], (n: number) => `select '${'x'.repeat(n)}'`, 65_000, 70_000],
    ['command', ['git', '**'], (n: number) => `git ${'x'.repeat(n)}`, 65_000, 70_000],
    ['regex', '^x+$', (n: number) => 'x'.repeat(n), 262_000, 263_000],
    ['matches', 'x+', (n: number) => 'x'.repeat(n), 262_000, 263_000],
    ['glob', '**', (n: number) => 'x'.repeat(n), 262_000, 263_000],
    ['host', 'b.org', (n: number) => `https://b.org/${'x'.repeat(n)}`, 262_000, 263_000],
  ] as const)('is unclear: a text for %s', (op, value, text, short, long) => {
    const source = { path: 'args.x', op, value };
    expect(judge(source, { x: text(short) })).toBe(true);
    expect(judge(source, { x: text(long) })).toBe(unclear);
  });

  it('is unclear: a list of very many elements, or of much text', () => {
    const source = { path: 'args.x[*]', op: 'contains', value: 'a' };
    expect(judge(source, { x: Array(1000).fill('a') })).toBe(true);
    expect(judge(source, { x: Array(1001).fill('a') })).toBe(unclear);
    expect(judge(source, { x: Array(200_000).fill('a') })).toBe(unclear);
    expect(judge(source, { x: Array(10).fill('a'.repeat(6500)) })).toBe(true);
    expect(judge(source, { x: Array(10).fill('a'.repeat(6600)) })).toBe(unclear);
  });

  it('is unclear: an object of very many keys', () => {
    const withKeys = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
    const source = { path: 'args.x.k1', op: 'eq', value: 1 };
    expect(judge(source, { x: withKeys(10_000) })).toBe(true);
    expect(judge(source, { x: withKeys(10_001) })).toBe(unclear);
  });
});
