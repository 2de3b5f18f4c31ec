import type { Example } from '../../../../src/policy/comparison/loosening';
import { decide } from '../../../../src/policy/decide';
import type { PolicyDocument } from '../../../../src/policy/document';
import { scopes } from '../../../../src/policy/limit';
import { fromPointer } from '../../../../src/policy/pointer';
import { Policy, type ToolFacts } from '../../../../src/policy/policy';
import { treatsAsMuch } from '../../../../src/policy/results';
import { categories, exchanges, levels } from '../../../../src/policy/vocabulary';

/** Random numbers that a seed repeats. */
export class Dice {
  constructor(private state: number) {}

  /** From 0 up to, and without, 1. */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  chance(probability: number): boolean {
    return this.roll() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: documents are taken apart and put together at random.
export type Json = any;

const toolPatterns = ['a', 'b', 'ab', 'bb', 'A', '*', 'a*', '*b', '?', 'a?', '?b', '*a*', 'A*'];
const serverPatterns = ['a', 'ab', 'b', 'a*', '*', '?b', '*b'];
const tools = ['a', 'b', 'ab', 'bb', 'A', 'B', 'Ab', 'aB', 'c', 'ac', 'cb', 'ａ', 'a*'];
const servers = ['a', 'ab', 'b', 'cb', 'ac', 'fresh'];
const someArgs: readonly Record<string, unknown>[] = [
  {},
  { n: 1 },
  { n: 5, s: 'x' },
  { n: 9, s: 'y' },
  { n: '5' },
  { n: 5.5, s: 'xy', list: [1, 9] },
  { s: 'x', list: [] },
  { s: 3, n: -1 },
  { N: 1, list: [1, 2] },
  { n: 2 ** 53, s: null },
  { s: 'https://api.example.com/x', n: 3 },
  { s: 'https://b.org', n: 8, list: [null, 5] },
  { n: null, s: 'yx', list: [null] },
  { n: true, s: '5', list: ['x'] },
];

export function randomDocument(dice: Dice): Json {
  const blocks = dice.some(2, () => [dice.pick(serverPatterns), randomServer(dice)]);
  return {
    version: '1',
    default: dice.pick(['allow', 'deny', 'require_approval']),
    ...randomBlock(dice),
    ...(blocks.length > 0 ? { servers: Object.fromEntries(blocks) } : {}),
  };
}

function randomServer(dice: Dice): Json {
  const access = ['allow', 'deny', 'require_approval'];
  return {
    ...(dice.chance(0.3) ? { default: dice.pick(access) } : {}),
    ...randomBlock(dice),
    ...(dice.chance(0.2)
      ? { classify: { [dice.pick(['a', 'b', 'ab', 'c'])]: dice.pick(categories) } }
      : {}),
    ...(dice.chance(0.2) ? { [dice.pick(exchanges)]: dice.pick(access) } : {}),
  };
}

function randomBlock(dice: Dice): Json {
  const block: Json = {};
  if (dice.chance(0.3)) {
    block.hide = [...new Set(dice.some(2, () => dice.pick(toolPatterns)))];
  }
  if (dice.chance(0.2)) block.all_tools = { limits: [randomLimit(dice)] };
  if (dice.chance(0.8)) {
    block.tools = Object.fromEntries(
      dice.some(3, () => [dice.pick(toolPatterns), randomRule(dice)]),
    );
  }
  if (dice.chance(0.3)) {
    block.risk = Object.fromEntries(
      dice.some(2, () => [dice.pick([...categories, ...levels]), randomRule(dice)]),
    );
  }
  return block;
}

export function randomRule(dice: Dice): Json {
  const rule: Json = {};
  if (dice.chance(0.6)) rule.action = dice.pick(['allow', 'deny', 'require_approval', 'hide']);
  if (dice.chance(0.15)) rule.rate_limit = { max: dice.pick([1, 5]), window: 60 };
  if (dice.chance(0.15)) rule.limits = [randomLimit(dice)];
  if (dice.chance(0.2)) {
    rule.require = [
      dice.chance(0.5)
        ? randomCondition(dice)
        : { conditions: dice.some(2, () => randomCondition(dice)) },
    ];
  }
  for (const key of ['deny_if', 'approve_if']) {
    if (dice.chance(0.15)) {
      rule[key] = [{ conditions: dice.some(2, () => randomCondition(dice)) }];
    }
  }
  if (dice.chance(0.03)) rule.args = randomSchema(dice);
  if (dice.chance(0.15)) rule.approval = { remember: dice.pick(['never', 'session']) };
  if (dice.chance(0.15)) {
    rule.results = dice.pick([{ redact: ['secrets'] }, { max_bytes: dice.pick([9, 99]) }, {}]);
  }
  if (dice.chance(0.1)) rule.mode = 'observe';
  return rule;
}

/** A rule with conditions of every shape, and little else. */
export function randomClauses(dice: Dice): Json {
  const conditions = (): Json[] => dice.some(3, () => randomCondition(dice));
  const clauses = (): Json[] => dice.some(2, () => ({ conditions: conditions() }));
  return {
    ...(dice.chance(0.2) ? { action: 'require_approval' } : {}),
    ...(dice.chance(0.6) ? { require: [...conditions(), ...clauses()] } : {}),
    ...(dice.chance(0.5) ? { deny_if: clauses() } : {}),
    ...(dice.chance(0.4) ? { approve_if: clauses() } : {}),
  };
}

export function randomLimit(dice: Dice): Json {
  return {
    window: dice.pick([60, 'hour']),
    max: dice.pick([1, 5, 10]),
    ...(dice.chance(0.4) ? { counter: dice.pick(['c', 'd']) } : {}),
    ...(dice.chance(0.3) ? { scope: dice.pick(scopes) } : {}),
    ...(dice.chance(0.3) ? { cost: dice.pick(['args.n', 'args.list[*]']) } : {}),
  };
}

export function randomCondition(dice: Dice, depth = 0): Json {
  if (depth < 2 && dice.chance(0.25)) {
    const parts = [
      randomCondition(dice, depth + 1),
      ...dice.some(1, () => randomCondition(dice, depth + 1)),
    ];
    return dice.pick([{ any: parts }, { all: parts }, { not: parts[0] }]);
  }
  const path = dice.pick(['args.n', 'args.n', 'args["n"]', 'args.s', 'args.list[*]', 'tool']);
  const number = (): number => dice.pick([1, 5, 8, 5.5]);
  const value = (): Json => dice.pick([1, 5, '5', 'x', 'y', null]);
  switch (dice.below(10)) {
    case 0:
      return { path, op: 'eq', value: value() };
    case 1:
      return { path, op: 'neq', value: value() };
    case 2:
      return { path, op: dice.pick(['in', 'not_in']), value: [value(), ...dice.some(2, value)] };
    case 3:
      return { path, op: 'exists', ...(dice.chance(0.5) ? { value: dice.chance(0.5) } : {}) };
    case 4:
      return { path, op: 'length_lte', value: dice.pick([0, 1, 2]) };
    case 5:
      return {
        path: 'args.s',
        op: dice.pick(['regex', 'matches']),
        value: dice.pick(['x', 'x.*', '^y']),
      };
    case 6:
      return {
        path: 'args.s',
        op: 'host',
        value: dice.pick([['api.example.com'], ['*.example.com'], ['api.example.com', 'b.org']]),
      };
    default:
      return { path, op: dice.pick(['lt', 'lte', 'gt', 'gte']), value: number() };
  }
}

export function randomSchema(dice: Dice): Json {
  return {
    ...(dice.chance(0.5) ? { required: [dice.pick(['n', 's'])] } : {}),
    properties: {
      n: dice.pick([
        { type: 'number' },
        { type: 'integer' },
        { type: 'number', maximum: dice.pick([1, 5, 9]) },
        { enum: [1, 5] },
      ]),
      ...(dice.chance(0.5)
        ? { s: dice.pick([{ type: 'string' }, { const: 'x' }, { type: 'string', maxLength: 1 }]) }
        : {}),
    },
    ...(dice.chance(0.3) ? { additionalProperties: false } : {}),
  };
}

const facts = categories.flatMap((category) => levels.map((level) => ({ category, level })));
const rank = { allow: 0, require_approval: 1, deny: 2 } as const;
const surroundings = {
  client: 'c',
  sessionCalls: 0,
  paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/w', homedir: '/h' },
} as const;

/** A call, by trying them all, that the second document judges more loosely; or what else it opens. */
export function findLooser(before: Json, after: Json): string | undefined {
  const [one, other] = [before, after].map(
    (document) => new Policy(document as PolicyDocument, 'workspace'),
  ) as [Policy, Policy];
  const text = JSON.stringify([before, after]);
  const looksAtTool = text.includes('"path":"tool"');
  const risks = text.includes('"risk"') ? facts : facts.slice(0, 1);
  for (const server of servers) {
    for (const kind of exchanges) {
      const [a, b] = [one, other].map((policy) => policy.accessTo(kind, server).access);
      if (rank[b!] < rank[a!]) return `${kind} of ${server}`;
    }
    const seen = new Set<string>();
    for (const tool of tools) {
      for (const risk of risks) {
        const rules = [one, other].map((policy) => policy.ruleFor(server, tool, risk));
        const key = rules.map(({ pointer }) => pointer).join(' ') + (looksAtTool ? tool : '');
        if (seen.has(key)) continue;
        seen.add(key);
        for (const args of someArgs) {
          const call = { server, tool, args };
          if (isLooser(one, other, call, risk)) return JSON.stringify({ ...call, ...risk });
        }
      }
    }
  }
  return undefined;
}

/** Whether a call, or an exchange where there is no tool, is judged more loosely by the second. */
export function isShownBy(before: Json, after: Json, example: Example): boolean {
  const [one, other] = [before, after].map(
    (document) => new Policy(document as PolicyDocument, 'workspace'),
  ) as [Policy, Policy];
  const { server, tool, args = {}, risk = facts[0]! } = example;
  if (tool !== undefined) return isLooser(one, other, { server, tool, args }, risk);
  return exchanges.some(
    (kind) => rank[other.accessTo(kind, server).access] < rank[one.accessTo(kind, server).access],
  );
}

function isLooser(
  before: Policy,
  after: Policy,
  call: { server: string; tool: string; args: Readonly<Record<string, unknown>> },
  risk: ToolFacts,
): boolean {
  const old = decide([before], call, { ...surroundings, ...risk });
  const now = decide([after], call, { ...surroundings, ...risk });
  if (rank[now.verdict] < rank[old.verdict]) return true;
  if (now.verdict === 'deny' || old.verdict === 'deny') return false;
  if (old.verdict === 'require_approval' && now.verdict === 'require_approval') {
    if (now.approval.remember && !old.approval.remember) return true;
  }
  if (!treatsAsMuch(now.results, old.results)) return true;
  const kept = now.limits.filter(({ observe }) => !observe);
  return old.limits.some(
    (use) =>
      !use.observe &&
      !kept.some(
        (other) =>
          other.counter === use.counter &&
          (use.counter !== undefined || other.owner === use.owner) &&
          costPath(after, other.pointer) === costPath(before, use.pointer) &&
          other.scope === use.scope &&
          other.windowSeconds >= use.windowSeconds &&
          other.max <= use.max,
      ),
  );
}

function costPath({ document }: Policy, pointer: string): string | undefined {
  return at(document, pointer)?.cost;
}

function at(document: Json, pointer: string): Json {
  return fromPointer(pointer).reduce((value: Json, key) => value?.[key], document);
}
