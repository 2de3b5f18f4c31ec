import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LimitUse } from '../../../../src/policy/decide';
import { importIntercept } from '../../../../src/policy/imports/intercept';
import type { Policy } from '../../../../src/policy/policy';
import { judge, policyOf } from './support';

// Intercept's semantics written down a second time, from its reference and not from the importer:
// rules in order, all of them must pass, counters reserved all or none. What an import promises is
// measured against this.

interface Condition {
  path: string;
  op: string;
  value?: unknown;
}
interface Rule {
  name: string;
  action?: 'deny';
  on_deny?: string;
  rate_limit?: string;
  conditions?: Condition[];
  state?: { counter: string; window: string; increment?: number; increment_from?: string };
}
interface File {
  version: '1';
  default?: 'allow' | 'deny';
  hide?: string[];
  tools: Record<string, { rules: Rule[] }>;
}
type Args = Record<string, unknown>;

class Reference {
  private readonly counters = new Map<string, number>();

  constructor(private readonly file: File) {}

  allows(tool: string, args: Args): boolean {
    const { hide = [], tools } = this.file;
    if (hide.includes(tool) || hide.includes('*')) return false;
    if (this.file.default === 'deny' && !Object.hasOwn(tools, tool)) return false;
    const rules = [
      ...(tools[tool]?.rules ?? []).map((rule) => ({ rule, scope: tool })),
      ...(tools['*']?.rules ?? []).map((rule) => ({ rule, scope: '_global' })),
    ].map(({ rule, scope }) => ({ rule: this.written(rule, scope), scope }));
    for (const { rule } of rules) {
      if (rule.action === 'deny') return false;
      if (!(rule.conditions ?? []).every((condition) => this.holds(condition, args))) return false;
    }
    return this.reserve(rules, args);
  }

  /** The short form of a rate, written out. */
  private written(rule: Rule, scope: string): Rule {
    if (rule.rate_limit === undefined) return rule;
    const [count, window] = rule.rate_limit.split('/');
    const counter = `_rate_${window}`;
    return {
      ...rule,
      conditions: [{ path: `state.${scope}.${counter}`, op: 'lte', value: Number(count) }],
      state: { counter, window: window! },
    };
  }

  private reserve(rules: { rule: Rule; scope: string }[], args: Args): boolean {
    const taken: [string, number][] = [];
    for (const { rule, scope } of rules) {
      if (!rule.state) continue;
      const { counter, increment, increment_from: from } = rule.state;
      const bound = rule.conditions?.find(
        ({ path, op }) => path === `state.${scope}.${counter}` && (op === 'lt' || op === 'lte'),
      );
      let amount = increment || 1;
      if (from !== undefined) {
        const value = this.lookUp(from, args).value;
        if (typeof value !== 'number') return false;
        amount = Math.trunc(value);
      }
      if (!bound) continue;
      const limit = Math.trunc(bound.value as number) - (bound.op === 'lt' ? 1 : 0);
      const key = `${scope}.${counter}`;
      const pending = taken.filter(([name]) => name === key).reduce((sum, [, n]) => sum + n, 0);
      if ((this.counters.get(key) ?? 0) + pending + amount > limit) return false;
      taken.push([key, amount]);
    }
    for (const [key, amount] of taken) {
      this.counters.set(key, (this.counters.get(key) ?? 0) + amount);
    }
    return true;
  }

  private lookUp(path: string, args: Args): { there: boolean; value?: unknown } {
    if (path.startsWith('state.')) {
      return { there: true, value: this.counters.get(path.slice('state.'.length)) ?? 0 };
    }
    let value: unknown = args;
    for (const part of path.slice('args.'.length).split('.')) {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return { there: false };
      if (!Object.hasOwn(value, part)) return { there: false };
      value = (value as Args)[part];
    }
    return { there: true, value };
  }

  private holds({ path, op, value: expected }: Condition, args: Args): boolean {
    const { there, value } = this.lookUp(path, args);
    if (op === 'exists') return (there && value !== null) === expected;
    if (!there) return false;
    const isNumber = typeof value === 'number' && typeof expected === 'number';
    switch (op) {
      case 'eq':
        return same(value, expected);
      case 'neq':
        return !same(value, expected);
      case 'in':
        return (expected as unknown[]).some((item) => same(value, item));
      case 'not_in':
        return !(expected as unknown[]).some((item) => same(value, item));
      case 'lt':
        return isNumber && value < expected;
      case 'lte':
        return isNumber && value <= expected;
      case 'gt':
        return isNumber && value > expected;
      case 'gte':
        return isNumber && value >= expected;
      case 'regex':
        return typeof value === 'string' && new RegExp(expected as string).test(value);
      case 'contains':
        if (typeof value === 'string') {
          return typeof expected === 'string' && value.includes(expected);
        }
        return Array.isArray(value) && value.some((item) => same(item, expected));
    }
    throw new Error(op);
  }
}

/** Go compares numbers as numbers and all else by how it is printed. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b;
  return printed(a) === printed(b);
}

function printed(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value as Args).map(([key, item]) => `${key}:${printed(item)}`);
    return `map[${members.sort().join(' ')}]`;
  }
  return String(value);
}

/** Reserves what a decision asks for, as the gateway does: all or none, one event a counter. */
class Limits {
  private readonly used = new Map<string, number>();

  passes(policy: Policy, tool: string, args: Args): boolean {
    const decision = judge(policy, tool, args);
    if (decision.verdict !== 'allow') return false;
    const charges = new Map<string, number>();
    const keyOf = ({ counter, owner, costPath }: LimitUse): string =>
      `${counter ?? owner}|${costPath ?? ''}`;
    for (const use of decision.limits) charges.set(keyOf(use), Number(use.cost));
    const fits = decision.limits.every((use) => {
      return (this.used.get(keyOf(use)) ?? 0) + charges.get(keyOf(use))! <= use.max;
    });
    if (!fits) return false;
    for (const [key, cost] of charges) this.used.set(key, (this.used.get(key) ?? 0) + cost);
    return true;
  }
}

const tools = ['read', 'write', 'pay'];
const keys = ['a', 'b', 'n'];
const texts = ['x', 'xy', 'main'];
const numbers = [0, 1, 2, 5, 2.5];

/** Values of `a` and `b` are texts, of `n` numbers, so that each comparison has an answer. */
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    path: fc.constantFrom('args.a', 'args.b', 'args.o.a'),
    op: fc.constantFrom('eq', 'neq', 'contains'),
    value: fc.constantFrom(...texts),
  }),
  fc.record({
    path: fc.constantFrom('args.a', 'args.o.a'),
    op: fc.constantFrom('in', 'not_in'),
    value: fc.subarray(texts),
  }),
  fc.record({
    path: fc.constantFrom('args.a', 'args.b'),
    op: fc.constant('regex'),
    value: fc.constantFrom('^x', 'a.n', 'y$'),
  }),
  fc.record({
    path: fc.constant('args.n'),
    op: fc.constantFrom('lt', 'lte', 'gt', 'gte', 'eq', 'neq'),
    value: fc.constantFrom(...numbers),
  }),
  fc.record({
    path: fc.constantFrom('args.a', 'args.n', 'args.o', 'args.missing'),
    op: fc.constant('exists'),
    value: fc.boolean(),
  }),
  fc.record({
    path: fc.constant('args.list'),
    op: fc.constant('contains'),
    value: fc.constantFrom(...texts),
  }),
);

function rulesOf(scope: string, mostConditions = 2): fc.Arbitrary<Rule[]> {
  const evaluated: fc.Arbitrary<Rule> = fc.record(
    {
      name: fc.constant('conditions'),
      conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
      on_deny: fc.constant('No.'),
    },
    { requiredKeys: ['name', 'conditions'] },
  );
  const denied: fc.Arbitrary<Rule> = fc.constant({ name: 'never', action: 'deny' });
  const rated: fc.Arbitrary<Rule> = fc.record({
    name: fc.constant('rate'),
    rate_limit: fc.constantFrom('1/minute', '3/minute', '4/hour'),
  });
  const counted: fc.Arbitrary<Rule> = fc
    .record({
      op: fc.constantFrom('lt', 'lte'),
      bound: fc.constantFrom(1, 2, 3, 5, 7.5),
      state: fc.record(
        { increment: fc.constantFrom(0, 1, 2), increment_from: fc.constant('args.n') },
        { requiredKeys: [] },
      ),
      also: fc.array(condition, { maxLength: mostConditions === 0 ? 0 : 1 }),
    })
    .map(({ op, bound, state, also }) => ({
      name: 'counter',
      conditions: [{ path: `state.${scope}.c`, op, value: bound }, ...also],
      state: { counter: 'c', window: 'day', ...state },
    }));
  return fc
    .tuple(
      fc.array(evaluated, { maxLength: mostConditions }),
      fc.option(rated, { nil: undefined, freq: 3 }),
      fc.option(counted, { nil: undefined, freq: 3 }),
      fc.option(denied, { nil: undefined, freq: 8 }),
    )
    .map(([conditions, ...others]) => [...conditions, ...others.flatMap((rule) => rule ?? [])]);
}

const file: fc.Arbitrary<File> = fc
  .record({
    default: fc.constantFrom<'allow' | 'deny' | undefined>('allow', 'deny', undefined),
    hide: fc.subarray(['write', 'other'], { maxLength: 1 }),
    tools: fc.record(
      Object.fromEntries(
        [...tools, '*'].map((name) => [
          name,
          fc.record({ rules: rulesOf(name === '*' ? '_global' : name) }),
        ]),
      ),
      { requiredKeys: [] },
    ),
  })
  .map((parts) => ({ version: '1', ...parts }) as File);

const call = fc.record({
  tool: fc.constantFrom(...tools, 'other'),
  args: fc.record(
    {
      a: fc.constantFrom(...texts),
      b: fc.constantFrom(...texts),
      // Whole numbers: Intercept drops the fraction of an amount, a sum here does not.
      n: fc.constantFrom(0, 1, 2, 5),
      o: fc.record({ a: fc.constantFrom(...texts) }, { requiredKeys: [] }),
      list: fc.subarray(texts),
    },
    { requiredKeys: [] },
  ),
});

/** Anything at all for arguments: texts for numbers, lists for texts, nothing. */
const wildCall = fc.record({
  tool: fc.constantFrom(...tools, 'other'),
  args: fc.dictionary(
    fc.constantFrom(...keys, 'o', 'list', 'A'),
    fc.oneof(
      fc.constantFrom<unknown>(null, true, '5', '', 5, -1, 2.5, 2 ** 53, [], ['x'], {}, { a: 'x' }),
      fc.jsonValue(),
    ),
  ),
});

it('gives the verdicts of Intercept, call after call, where the arguments are what they are compared with', () => {
  fc.assert(
    fc.property(file, fc.array(call, { minLength: 1, maxLength: 12 }), (source, calls) => {
      const imported = importIntercept(JSON.stringify(source));
      // A sum that must stay at nothing is the one thing here that cannot be said.
      fc.pre(imported.left.every(({ message }) => !message.includes('refused')));
      const policy = policyOf(imported);
      const reference = new Reference(source);
      const limits = new Limits();
      for (const { tool, args } of calls) {
        expect([tool, args, limits.passes(policy, tool, args)]).toEqual([
          tool,
          args,
          reference.allows(tool, args),
        ]);
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);

it('counts as Intercept does', () => {
  const counting: fc.Arbitrary<File> = fc
    .tuple(rulesOf('pay', 0), fc.oneof(fc.constant<Rule[]>([]), rulesOf('_global', 0)))
    .map(([pay, all]) => ({ version: '1', tools: { pay: { rules: pay }, '*': { rules: all } } }));
  const calls = fc.array(
    fc.record({ tool: fc.constantFrom('pay', 'pay', 'read'), n: fc.constantFrom(0, 1, 2) }),
    { minLength: 4, maxLength: 10 },
  );
  fc.assert(
    fc.property(counting, calls, (source, sequence) => {
      const imported = importIntercept(JSON.stringify(source));
      fc.pre(imported.left.every(({ message }) => !message.includes('refused')));
      const policy = policyOf(imported);
      const reference = new Reference(source);
      const limits = new Limits();
      for (const { tool, n } of sequence) {
        expect([tool, limits.passes(policy, tool, { n })]).toEqual([
          tool,
          reference.allows(tool, { n }),
        ]);
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);

it('never allows what Intercept does not, whatever the arguments', () => {
  fc.assert(
    fc.property(file, wildCall, (source, { tool, args }) => {
      const policy = policyOf(importIntercept(JSON.stringify(source)));
      if (new Limits().passes(policy, tool, args)) {
        expect(new Reference(source).allows(tool, args)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
}, 60_000);

it('never throws, whatever the text', () => {
  const valid = JSON.stringify({
    version: '1',
    hide: ['a'],
    tools: {
      t: { rules: [{ name: 'n', conditions: [{ path: 'args.a', op: 'in', value: ['x'] }] }] },
    },
  });
  const broken = fc
    .tuple(fc.nat(valid.length), fc.nat(8), fc.string({ maxLength: 8, unit: 'grapheme' }))
    .map(([at, length, text]) => valid.slice(0, at) + text + valid.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(broken, fc.string({ unit: 'binary' })), (text) => {
      const { document, problems } = importIntercept(text);
      expect(document === undefined).toBe(problems.length > 0);
    }),
    { numRuns: 1000 },
  );
}, 60_000);
