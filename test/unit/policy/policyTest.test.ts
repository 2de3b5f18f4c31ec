import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import type { PathFacts } from '../../../src/policy/operators/under';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy } from '../../../src/policy/policy';
import { editorSchemas } from '../../../src/policy/policySchema';
import {
  parsePolicyTest,
  policyTestCase,
  type RecordedCall,
  runPolicyTest,
} from '../../../src/policy/policyTest';
import { classify } from '../../../src/risk/classify';

const paths = {
  platform: 'posix',
  caseInsensitive: false,
  workspaceFolder: '/work',
  homedir: '/home/me',
  realpath: () => undefined,
} as PathFacts;

const policy = new Policy(
  parsePolicy(`{
    "version": "1", "default": "require_approval", "hide": ["secret_*"],
    "tools": {
      "read": {},
      "pay": { "require": [{ "path": "args.amount", "op": "lte", "value": 100 }] },
      "sketch": { "args": { "type": "object", "required": ["x"] } },
      "watched": { "action": "deny", "mode": "observe" },
      "by_client": { "require": [{ "path": "client.name", "op": "eq", "value": "known" }] },
      "early": { "require": [{ "path": "session.calls", "op": "lt", "value": 2 }] }
    },
    "risk": { "Destructive": { "action": "deny" }, "Read": {} }
  }`).document!,
  'workspace',
);

function run(...cases: readonly object[]): ReturnType<typeof runPolicyTest> {
  const named = cases.map((item) => ({ name: 'n', server: 's', tool: 'read', ...item }));
  const { test, problems } = parsePolicyTest(JSON.stringify({ cases: named }));
  expect(problems).toEqual([]);
  return runPolicyTest(
    test!,
    policy,
    (server, tool) => classify({ name: tool }, { server }),
    paths,
  );
}

it('a case says what was read before', () => {
  const flows = parsePolicy('{ "version": "1", "default": "allow", "flows": true }').document!;
  const { test } = parsePolicyTest(
    JSON.stringify({
      cases: [
        {
          name: 'a',
          server: 's',
          tool: 'send',
          touched: ['private', 'untrusted'],
          expect: { verdict: 'require_approval', rule: '/flows' },
        },
        { name: 'b', server: 's', tool: 'send', touched: ['private'], expect: 'allow' },
        { name: 'c', server: 's', tool: 'send', expect: 'allow' },
      ],
    }),
  );
  const marks = { private: false, untrusted: false, outbound: true };
  const results = runPolicyTest(
    test!,
    new Policy(flows, 'workspace'),
    () => ({ category: 'Write', level: 'medium', marks }),
    paths,
  );
  expect(results.map(({ passed }) => passed)).toEqual([true, true, true]);
});

describe('a case', () => {
  it.each([
    [{ expect: 'allow' }],
    [{ expect: { verdict: 'allow', code: 'allowed', rule: '/tools/read' } }],
    [{ tool: 'pay', args: { amount: 100 }, expect: 'allow' }],
    [
      {
        tool: 'pay',
        args: { amount: 101 },
        expect: { verdict: 'deny', code: 'denied', rule: '/tools/pay/require/0' },
      },
    ],
    [{ tool: 'pay', expect: 'deny' }],
    [{ tool: 'sketch', expect: { verdict: 'deny', code: 'invalid_arguments' } }],
    [{ tool: 'secret_key', expect: { verdict: 'deny', code: 'hidden', rule: '/hide/0' } }],
    [{ tool: 'watched', expect: { verdict: 'allow', observed: 'deny' } }],
    [{ expect: { verdict: 'allow', observed: 'allow' } }],
    [{ tool: 'by_client', client: 'known', expect: 'allow' }],
    [{ tool: 'by_client', expect: 'deny' }],
    [{ tool: 'early', sessionCalls: 1, expect: 'allow' }],
    [{ tool: 'early', sessionCalls: 2, expect: 'deny' }],
    [{ tool: 'frobnicate', expect: 'require_approval' }],
    [{ tool: 'delete_all', expect: { verdict: 'deny', rule: '/risk/Destructive' } }],
    [{ tool: 'delete_all', risk: { category: 'Read', level: 'low' }, expect: 'allow' }],
    [{ tool: 'a\u200bb', expect: 'deny' }],
  ])('passes where the policy says what it expects: %j', (item) => {
    expect(run(item)).toEqual([expect.objectContaining({ name: 'n', passed: true })]);
  });

  it.each([
    [{ expect: 'deny' }, 'deny', 'allow, code allowed', '/tools/read'],
    [
      { expect: { verdict: 'allow', rule: '/tools/x' } },
      'allow, rule /tools/x',
      'allow, code allowed',
      '/tools/read',
    ],
    [
      { tool: 'secret_a', expect: { verdict: 'deny', code: 'denied' } },
      'deny, code denied',
      'deny, code hidden',
      '/hide/0',
    ],
    [
      { expect: { verdict: 'allow', observed: 'deny' } },
      'allow, observed deny',
      'allow, code allowed, observed allow',
      '/tools/read',
    ],
  ])('fails where it does not, and says the difference: %j', (item, expected, actual, rule) => {
    expect(run(item)).toEqual([{ name: 'n', offset: 10, passed: false, expected, actual, rule }]);
  });
});

describe('a policy test', () => {
  it('tests the policy beside it, if it names none', () => {
    expect(parsePolicyTest('{ "cases": [] }').test).toEqual({ policy: 'policy.json', cases: [] });
    expect(parsePolicyTest('{ "policy": "../p.json", "cases": [] }').test?.policy).toBe(
      '../p.json',
    );
  });

  it('may hold comments, trailing commas, a byte-order mark and keys of its author', () => {
    const text =
      '\uFEFF{ // why\n"$schema": "s", "x-note": 1, "cases": [{ "name": "n", "server": "s", "tool": "t", "x-by": "me", "args": { "x-y": 1 }, "expect": "allow", }], }';
    const { test, problems } = parsePolicyTest(text);
    expect(problems).toEqual([]);
    expect(test?.cases).toEqual([
      {
        name: 'n',
        server: 's',
        tool: 't',
        args: { 'x-y': 1 },
        expect: 'allow',
        offset: text.indexOf('{ "name"'),
      },
    ]);
  });

  it.each([
    ['', [0], 'empty'],
    ['[]', [0], 'object'],
    ['{}', [0], '"cases" is missing'],
    ['{ "cases": {} }', [11], 'list'],
    ['{ "cases": [5] }', [12], 'A case'],
    ['{ "cases": [], "cases": [] }', [15], 'twice'],
    ['{ "cases": [], "also": 1 }', [15], '"also"'],
    ['{ "cases": [{}] }', [12, 12, 12, 12], 'missing'],
    [
      '{ "cases": [{ "name": "", "server": 1, "tool": "t", "expect": "maybe" }] }',
      [22, 36, 62],
      'name',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": { "verdict": "deny", "cod": "x" } }] }',
      [86],
      '"cod"',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": { "verdict": "deny", "code": "rate_limited" } }] }',
      [94],
      'code',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": { "verdict": "deny", "rule": "tools" } }] }',
      [94],
      'Pointer',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": {} }] }',
      [65],
      '"verdict" is missing',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "risk": { "category": "Bad", "level": "low" }, "expect": "deny" }] }',
      [77],
      'category',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "sessionCalls": -1, "expect": "deny" }] }',
      [71],
      'negative',
    ],
    [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "args": { "__proto__": 1 }, "expect": "deny" }] }',
      [65],
      '__proto__',
    ],
    ['{ "cases": [{ "name": ] }', [22, 25, 25], 'JSON'],
  ])('%s: every mistake has its place', (text, offsets, words) => {
    const { test, problems } = parsePolicyTest(text);
    expect(test).toBeUndefined();
    expect(problems.map(({ offset }) => offset)).toEqual(offsets);
    expect(problems[0]?.message).toContain(words);
  });

  it('has a JSON Schema that agrees', () => {
    const validate = new Ajv({ strict: false }).compile(
      editorSchemas()['policy-test.schema.json']!,
    );
    for (const text of [
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": "allow", "x-a": 1 }] }',
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": { "verdict": "deny" } }] }',
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t" }] }',
      '{ "cases": [], "more": 1 }',
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "expect": "no" }] }',
    ]) {
      expect(validate(parse(text))).toBe(parsePolicyTest(text).test !== undefined);
    }
  });

  it('never throws, whatever the text', () => {
    const valid =
      '{ "cases": [{ "name": "n", "server": "s", "tool": "t", "args": {}, "expect": "allow" }] }';
    const broken = fc
      .tuple(fc.nat(valid.length), fc.nat(6), fc.string({ maxLength: 6 }))
      .map(([at, length, text]) => valid.slice(0, at) + text + valid.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(broken, fc.string()), (text) => {
        const { test, problems } = parsePolicyTest(text);
        expect(test === undefined).toBe(problems.length > 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a case made from the record', () => {
  const entry: RecordedCall = {
    server: 's',
    tool: 'read',
    code: 'allowed',
    rule: '/tools/read',
    layer: 'workspace',
    client: 'agent',
  };

  it('expects what the policy said', () => {
    expect(policyTestCase({ ...entry, arguments: { a: 1 } })).toEqual({
      name: 'read on s: allow',
      server: 's',
      tool: 'read',
      args: { a: 1 },
      client: 'agent',
      expect: { verdict: 'allow', code: 'allowed', rule: '/tools/read' },
    });
  });

  it.each([
    ['approved', 'require_approval'],
    ['approved_by_grant', 'require_approval'],
    ['approval_denied', 'require_approval'],
    ['approval_timeout', 'require_approval'],
    ['approval_unavailable', 'require_approval'],
    ['approval_cancelled', 'require_approval'],
    ['denied', 'denied'],
    ['hidden', 'hidden'],
    ['invalid_arguments', 'invalid_arguments'],
  ])('of code %s expects %s', (code, expected) => {
    expect(policyTestCase({ ...entry, code })?.expect).toMatchObject({ code: expected });
  });

  it.each([
    ['a limit', { code: 'rate_limited' }],
    ['no policy', { code: 'no_policy' }],
    ['no record', { code: 'no_record' }],
    ['the gateway itself', { code: 'denied', layer: 'gateway', rule: '' }],
    ['a rule about sampling', { code: 'denied', rule: '/servers/s/sampling' }],
  ])('is not there where %s decided', (_, change) => {
    expect(policyTestCase({ ...entry, ...change })).toBeUndefined();
  });

  it('knows what was held back, limits apart', () => {
    const observed = [
      { verdict: 'deny', code: 'rate_limited' },
      { verdict: 'require_approval', code: 'require_approval' },
    ];
    expect(policyTestCase({ ...entry, observed })?.expect).toMatchObject({
      observed: 'require_approval',
    });
  });

  it.each([undefined, null, 'text', [1]])('has no arguments where none were kept: %j', (value) => {
    expect(policyTestCase({ ...entry, arguments: value })).not.toHaveProperty('args');
  });

  it('passes against the policy that it came from', () => {
    const made = policyTestCase(entry)!;
    expect(run(made)).toEqual([expect.objectContaining({ passed: true })]);
  });
});
