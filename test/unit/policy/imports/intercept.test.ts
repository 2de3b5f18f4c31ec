import { describe, expect, it } from 'vitest';
import { importIntercept } from '../../../../src/policy/imports/intercept';
import { fixture, judge, policyOf } from './support';

/** One tool `t` with these rules, in YAML's flow style. */
function withRules(...rules: readonly string[]): ReturnType<typeof importIntercept> {
  return importIntercept(`version: "1"\ntools:\n  t:\n    rules: [${rules.join(', ')}]\n`);
}

function ruleOf(...rules: readonly string[]): object | undefined {
  const { document, problems } = withRules(...rules);
  expect(problems).toEqual([]);
  return document?.tools?.t;
}

describe('a policy of Intercept', () => {
  const imported = importIntercept(fixture('shop.intercept.yaml'));
  const policy = policyOf(imported);
  const ok = { customer: 'c' };

  it.each([
    ['a tool without rules passes', 'list_orders', ok, 'allow'],
    ['so does one that is only named', 'read_order', ok, 'allow'],
    ['and one that is not, by its default', 'unlisted', ok, 'allow'],
    ['the wildcard rule holds for the named', 'list_orders', { customer: 'test' }, 'deny'],
    ['and for the others', 'unlisted', { customer: 'test' }, 'deny'],
    ['and where its argument is absent', 'unlisted', {}, 'deny'],
    ['all conditions hold', 'pay_out', { ...ok, amount: 10, currency: 'chf' }, 'allow'],
    ['one does not', 'pay_out', { ...ok, amount: 25_001, currency: 'chf' }, 'deny'],
    ['nor this one', 'pay_out', { ...ok, amount: 10, currency: 'usd' }, 'deny'],
    ['denied without conditions', 'close_shop', ok, 'deny'],
    ['denied under conditions that hold', 'close_till', { ...ok, shift: 'night' }, 'deny'],
    ['and not under others', 'close_till', { ...ok, shift: 'day' }, 'allow'],
    [
      'asks under conditions that hold',
      'give_discount',
      { ...ok, percent: 21 },
      'require_approval',
    ],
    ['and not under others', 'give_discount', { ...ok, percent: 20 }, 'allow'],
    ['hidden by name', 'drop_tables', ok, 'deny'],
    ['hidden by what is now a pattern', 'sync_internal', ok, 'deny'],
  ] as const)('%s: %s', (_, tool, args, verdict) => {
    expect(judge(policy, tool, args).verdict).toBe(verdict);
  });

  it('keeps the words for the agent', () => {
    expect(judge(policy, 'pay_out', { ...ok, amount: 30_000, currency: 'chf' }).reason).toBe(
      'Payouts end at 250.00.',
    );
    expect(judge(policy, 'unlisted', {}).reason).toBe('Denied by rule "not the test customer"');
  });

  it('has counters as limits over all sessions, with their cost', () => {
    expect(imported.document?.tools?.pay_out?.limits).toEqual([
      { counter: 'pay_out.sum', window: 'day', max: 100_000, scope: 'user', cost: 'args.amount' },
    ]);
    expect(imported.document?.tools?.send_mail?.limits).toEqual([
      { window: 'hour', max: 20, scope: 'user' },
      { counter: 'send_mail.weight', window: 'minute', max: 9, scope: 'user' },
    ]);
    expect(imported.document?.all_tools).toEqual({
      limits: [{ window: 'minute', max: 60, scope: 'user' }],
    });
  });

  it('has the time for an answer in seconds', () => {
    expect(imported.document?.tools?.give_discount?.approval).toEqual({ timeout: 300 });
  });

  it('lists what it could not say', () => {
    expect(imported.left.map(({ path }) => path)).toEqual([
      'x-amounts',
      'hide[1]',
      'tools.send_mail.rules[0].on_deny',
    ]);
  });

  it('under default deny gives unlisted tools nothing, whatever the wildcard says', () => {
    const { document } = importIntercept(
      'version: 1\ndefault: deny\ntools: { a: { rules: [] }, "*": { rules: [{ name: n, action: deny }] } }',
    );
    expect(document?.tools).toEqual({ a: { action: 'deny', reason: 'Denied by rule "n"' } });
    expect(document?.default).toBe('deny');
  });
});

describe('a condition', () => {
  it.each([
    ['{ path: args.a.b, op: eq, value: 1 }', { path: 'args.a.b', op: 'eq', value: 1 }],
    ['{ path: "args.a[0]", op: eq, value: x }', { path: 'args["a[0]"]', op: 'eq', value: 'x' }],
    ['{ path: "args.a b.c", op: eq, value: x }', { path: 'args["a b"].c', op: 'eq', value: 'x' }],
    ['{ path: args.x, op: eq }', { path: 'args.x', op: 'eq', value: null }],
    ['{ path: args.x, op: not_in, value: [1] }', { path: 'args.x', op: 'not_in', value: [1] }],
    ['{ path: args.x, op: regex, value: "^a" }', { path: 'args.x', op: 'regex', value: '^a' }],
    ['{ path: args.x, op: contains, value: y }', { path: 'args.x', op: 'contains', value: 'y' }],
    ['{ path: args.x, op: exists, value: true }', { path: 'args.x', op: 'neq', value: null }],
  ])('%s', (source, condition) => {
    expect(ruleOf(`{ name: n, on_deny: no, conditions: [${source}] }`)).toEqual({
      require: [{ conditions: [condition], on_deny: 'no' }],
    });
  });

  it.each([
    ['an unknown operator', '{ path: args.x, op: like, value: a }'],
    ['a counter that another rule counts', '{ path: state.other.n, op: lt, value: 3 }'],
    ['a counter compared otherwise than by a bound', '{ path: state.t.n, op: gt, value: 3 }'],
    ['a pattern that RE2 does not take', '{ path: args.x, op: regex, value: "(?=a)" }'],
    ['a number for a text', '{ path: args.x, op: regex, value: 5 }'],
    ['a text for a number', '{ path: args.x, op: lt, value: many }'],
    ['a number that would be rounded', '{ path: args.x, op: eq, value: 9007199254740993 }'],
    ['an endless number', '{ path: args.x, op: lte, value: .inf }'],
    ['a number that may be octal', '{ path: args.x, op: lte, value: 0777 }'],
    ['an unknown root', '{ path: arg.x, op: eq, value: 1 }'],
    [
      'a value with a key that no policy can have',
      '{ path: args.x, op: eq, value: {__proto__: 1} }',
    ],
  ])('that cannot be said refuses the tool and is listed: %s', (_, source) => {
    const result = withRules(
      `{ name: n, conditions: [${source}, { path: args.y, op: eq, value: 1 }] }`,
    );
    expect(result.left).toHaveLength(1);
    expect(result.left[0]?.path).toBe('tools.t.rules[0].conditions[0]');
    expect(judge(policyOf(result), 't', { x: 'a', y: 1 }).verdict).toBe('deny');
  });

  it('that cannot be said leaves a refusal all the wider', () => {
    const result = withRules(
      '{ name: n, action: deny, conditions: [{ path: args.x, op: like, value: a }, { path: args.y, op: eq, value: 1 }] }',
    );
    expect(result.left).toHaveLength(1);
    expect(judge(policyOf(result), 't', { y: 1 }).verdict).toBe('deny');
  });

  it.each([
    [{}, 'deny'],
    [{ x: null }, 'deny'],
    [{ x: 0 }, 'allow'],
    [{ x: 'null' }, 'allow'],
    [{ x: [] }, 'allow'],
  ])('of existence means that there is something other than null: %o', (args, verdict) => {
    const exists = withRules(
      '{ name: n, conditions: [{ path: args.x, op: exists, value: true }] }',
    );
    const absent = withRules(
      '{ name: n, conditions: [{ path: args.x, op: exists, value: false }] }',
    );
    expect(judge(policyOf(exists), 't', args).verdict).toBe(verdict);
    expect(judge(policyOf(absent), 't', args).verdict).toBe(verdict === 'deny' ? 'allow' : 'deny');
  });

  it.each([
    ['in', { x: 1 }, 'deny'],
    ['not_in', { x: 1 }, 'allow'],
    ['not_in', {}, 'deny'],
  ])('with an empty list: %s of %o', (op, args, verdict) => {
    const result = withRules(`{ name: n, conditions: [{ path: args.x, op: ${op}, value: [] }] }`);
    expect(result.left).toEqual([]);
    expect(judge(policyOf(result), 't', args).verdict).toBe(verdict);
  });
});

describe('a counter', () => {
  const counted = (bound: string, state: string): string =>
    `{ name: n, conditions: [{ path: state.t.c, ${bound} }], state: { counter: c, window: day${state} } }`;

  it.each([
    ['op: lte, value: 10', '', 10],
    ['op: lt, value: 10', '', 9],
    ['op: lte, value: 10.9', '', 10],
    ['op: lt, value: 10.9', '', 9],
    ['op: lte, value: 10', ', increment: 3', 3],
    ['op: lte, value: 10', ', increment: 0', 10],
  ])('%s%s lets %i calls through', (bound, state, max) => {
    expect(ruleOf(counted(bound, state))).toEqual({
      limits: [{ counter: 't.c', window: 'day', max, scope: 'user' }],
    });
  });

  it.each([
    ['op: lte, value: 0', ''],
    ['op: lt, value: 1', ''],
    ['op: lte, value: 2', ', increment: 3'],
  ])('that no call fits refuses: %s%s', (bound, state) => {
    const result = withRules(counted(bound, state));
    expect(result.left).toEqual([]);
    expect(judge(policyOf(result), 't').verdict).toBe('deny');
  });

  it.each([
    ['counts downwards', counted('op: lte, value: 5', ', increment: -1')],
    ['allows only a sum of nothing', counted('op: lte, value: 0', ', increment_from: args.x')],
    ['has no number for a bound', counted('op: lte, value: many', '')],
  ])('that %s refuses and is listed', (_, rule) => {
    const result = withRules(rule);
    expect(result.left.length).toBeGreaterThan(0);
    expect(judge(policyOf(result), 't', { x: 0 }).verdict).toBe('deny');
  });

  it.each([
    ['1000000/day', 'rate_limit: 1000000/day'],
    [
      'two bounds',
      'conditions: [{ path: state.t.c, op: lte, value: 5 }, { path: state.t.c, op: lt, value: 5 }], state: { counter: c, window: day }',
    ],
  ])('that counts otherwise than before is listed: %s', (_, rule) => {
    expect(withRules(`{ name: n, ${rule} }`).left).toHaveLength(1);
  });

  it('without a bound still needs its number', () => {
    const result = withRules(
      '{ name: n, conditions: [{ path: args.a, op: exists, value: true }], state: { counter: c, window: day, increment_from: args.x } }',
    );
    expect(result.left).toHaveLength(1);
    const policy = policyOf(result);
    expect(judge(policy, 't', { a: 1 }).verdict).toBe('deny');
    expect(judge(policy, 't', { a: 1, x: 'much' }).verdict).toBe('deny');
    expect(judge(policy, 't', { a: 1, x: -3 }).verdict).toBe('allow');
  });

  it('of one name in two tools is two counters', () => {
    const { document } = importIntercept(`version: "1"
tools:
  a: { rules: [{ name: n, conditions: [{ path: state.a.c, op: lte, value: 1 }], state: { counter: c, window: day } }] }
  b: { rules: [{ name: n, conditions: [{ path: state.b.c, op: lte, value: 1 }], state: { counter: c, window: day } }] }
`);
    expect(document?.tools?.a?.limits?.[0]?.counter).toBe('a.c');
    expect(document?.tools?.b?.limits?.[0]?.counter).toBe('b.c');
  });
});

describe('what is not carried over', () => {
  it.each([
    ['an unknown key of the file', 'version: "1"\nnotify: a\ntools: {}', 'notify'],
    ['of a tool', 'version: "1"\ntools: { t: { note: a } }', 'tools.t.note'],
    [
      'of a rule',
      'version: "1"\ntools: { t: { rules: [{ name: n, rate_limit: 1/day, tags: [] }] } }',
      'tools.t.rules[0].tags',
    ],
    [
      'an unknown action',
      'version: "1"\ntools: { t: { rules: [{ name: n, action: log }] } }',
      'tools.t.rules[0].action',
    ],
    [
      'a rule that decides nothing',
      'version: "1"\ntools: { t: { rules: [{ name: n }] } }',
      'tools.t.rules[0]',
    ],
    ['a name like a pattern', 'version: "1"\ntools: { "read_*": { rules: [] } }', 'tools.read_*'],
    [
      'a name with an invisible character',
      'version: "1"\ntools: { "a\\u200Bb": { rules: [] } }',
      'tools.a\u200Bb',
    ],
    [
      'a name that no policy can have',
      'version: "1"\ntools: { __proto__: { rules: [{ name: n, action: deny }] } }',
      'tools.__proto__',
    ],
    [
      'a rate that is none',
      'version: "1"\ntools: { t: { rules: [{ name: n, rate_limit: 5/week }] } }',
      'tools.t.rules[0].rate_limit',
    ],
    [
      'what a refusal counts',
      'version: "1"\ntools: { t: { rules: [{ name: n, action: deny, state: { counter: c, window: day } }] } }',
      'tools.t.rules[0].state',
    ],
    [
      'long words',
      `version: "1"\ntools: { t: { rules: [{ name: n, action: deny, on_deny: ${'a'.repeat(2500)} }] } }`,
      'tools.t.rules[0].on_deny',
    ],
  ])('is listed: %s', (_, text, path) => {
    const { left, problems } = importIntercept(text);
    expect(problems).toEqual([]);
    expect(left.map((item) => item.path)).toEqual([path]);
  });

  it('hides a tool that no rule can name', () => {
    const policy = policyOf(
      importIntercept('version: "1"\ntools: { __proto__: { rules: [{ name: n, action: deny }] } }'),
    );
    expect(judge(policy, '__proto__').verdict).toBe('deny');
    expect(judge(policy, 'other').verdict).toBe('allow');
  });
});

describe('a file that is no policy of Intercept', () => {
  it.each([
    ['', 0, 'empty'],
    ['- a', 0, 'is a map'],
    ['version: "2"\ntools: {}', 9, 'version: "1"'],
    ['tools: {}', 0, 'version: "1"'],
    ['version: "1"\ndefault: maybe', 22, '"default"'],
    ['version: "1"\nhide: a', 19, '"hide"'],
    ['version: "1"\ntools: [a]', 20, '"tools"'],
    ['version: "1"\ntools: { t: 5 }', 25, 'rules: []'],
    ['version: "1"\ntools: { t: { rules: [5] } }', 35, 'A rule'],
    ['version: "1"\nversion: "1"', 13, 'twice'],
    ['version: "1"\ntools: { t: {}, t: {} }', 29, 'twice'],
    ['version: "1"\ntools: *none', 20, 'anchor'],
    ['version: "1"\ntools: !!python/object {}', 20, ''],
    ['version: "1"\n\ttools: {}', 13, ''],
    ['version: "1"\n---\nversion: "1"', 13, 'multiple'],
    ['version: "1"\n? [a]\n: b', 15, 'key'],
    ['version: "1"\n<<: 5', 17, '<<'],
  ])('%j is refused at %i', (text, offset, words) => {
    const { document, problems } = importIntercept(text);
    expect(document).toBeUndefined();
    expect(problems[0]?.offset).toBe(offset);
    expect(problems[0]?.message.toLowerCase()).toContain(words.toLowerCase());
  });

  it('reports all mistakes at once', () => {
    expect(importIntercept('version: "3"\ndefault: no\nhide: 1').problems).toHaveLength(3);
  });
});

describe('anchors', () => {
  it('stand for what they name, and "<<" brings what is not written', () => {
    const { document, problems } = importIntercept(`version: "1"
base: &base { name: n, action: deny, on_deny: base }
tools:
  a: { rules: [*base] }
  b: { rules: [{ <<: *base, on_deny: own }] }
  c: { rules: [{ <<: [{ name: m, action: deny }, *base] }] }
`);
    expect(problems).toEqual([]);
    expect(document?.tools).toEqual({
      a: { action: 'deny', reason: 'base' },
      b: { action: 'deny', reason: 'own' },
      c: { action: 'deny', reason: 'base' },
    });
  });

  it.each([
    [
      'that multiply',
      `a: &a [1,1,1,1,1,1,1,1,1,1]\n${'bcdefghij'
        .split('')
        .map((key, at) => {
          const before = 'abcdefghij'[at];
          return `${key}: &${key} [${Array(10).fill(`*${before}`).join(',')}]`;
        })
        .join('\n')}`,
    ],
    ['that hold themselves', 'version: "1"\ntools: &t { a: *t }'],
    [
      'of merges that multiply',
      `a: &a { k0: 1 }\n${Array.from(
        { length: 30 },
        (_, at) =>
          `a${at}: &a${at} { <<: [${Array(9)
            .fill(at === 0 ? '*a' : `*a${at - 1}`)
            .join(', ')}] }`,
      ).join('\n')}`,
    ],
  ])('%s are refused in good time', (_, text) => {
    const before = performance.now();
    expect(importIntercept(text).problems).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('a hostile file', () => {
  it.each([
    ['brackets', '['.repeat(1_000_000)],
    ['braces', '{a: '.repeat(100_000)],
    ['dashes', '- '.repeat(200_000)],
    ['keys', Array.from({ length: 60_000 }, (_, at) => `key${at}: x`).join('\n')],
    ['anchors', Array.from({ length: 40_000 }, (_, at) => `- &a${at} x`).join('\n')],
    ['aliases', `- &a x\n${'- *a\n'.repeat(100_000)}`],
    ['questions', '? '.repeat(100_000)],
    ['quotes', '"'.repeat(500_001)],
    ['zero bytes', '\0'.repeat(100_000)],
    ['indentation', Array.from({ length: 1000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['too much text', `version: "1" #${'x'.repeat(3_000_000)}`],
    ['directives', '%YAML 9.9\n---\nversion: "1"'],
  ])('of %s is refused in good time', (_, text) => {
    const before = performance.now();
    const { document } = importIntercept(text);
    expect(document).toBeUndefined();
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});
