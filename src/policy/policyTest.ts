import { z } from 'zod';
import { type CallFacts, type Decision, decide } from './decide';
import { readJson } from './imports/readJson';
import type { SourceNode, SourceProblem } from './imports/sourceTree';
import type { PathFacts } from './operators/under';
import type { Path, Pointer } from './pointer';
import type { Policy, ToolFacts } from './policy';
import { categories, levels } from './vocabulary';

const verdicts = ['allow', 'deny', 'require_approval'] as const;
type Verdict = (typeof verdicts)[number];
const verdict = z.enum(verdicts, {
  error: 'The verdict is "allow", "deny" or "require_approval".',
});
// What is counted and who is asked come after the policy has spoken, so no case can expect them.
const codes = ['allowed', 'require_approval', 'denied', 'hidden', 'invalid_arguments'] as const;

const aName = (what: string) => z.string(`Write ${what}.`).min(1, `Write ${what}.`);

const expectation = z
  .strictObject({
    verdict: verdict.describe('What the policy says of the call.'),
    code: z
      .enum(codes, { error: `The code is one of ${codes.join(', ')}.` })
      .describe('Why it says so.')
      .optional(),
    rule: z
      .string('"rule" is a JSON Pointer, such as "/tools/delete_file".')
      .regex(/^(\/.*)?$/, '"rule" is a JSON Pointer, such as "/tools/delete_file".')
      .describe('The rule that decides, as a JSON Pointer into the policy.')
      .optional(),
    observed: verdict
      .describe('The verdict that a rule with "mode": "observe" holds back.')
      .optional(),
  })
  .describe('What the policy has to say.');

const testCase = z.strictObject(
  {
    name: aName('a name for the case').describe('What the case shows.'),
    server: aName('the label of a server').describe('The label of the server.'),
    tool: aName('the name of a tool').describe('The tool that is called.'),
    args: z
      .record(z.string(), z.unknown(), '"args" must be an object.')
      .describe('The arguments of the call.')
      .optional(),
    client: z
      .string('"client" must be a name.')
      .describe('The name that the client gives itself.')
      .optional(),
    sessionCalls: z
      .int('"sessionCalls" must be a whole number.')
      .min(0, '"sessionCalls" is not negative.')
      .describe('How many calls the session has made before.')
      .optional(),
    touched: z
      .array(
        z.enum(['private', 'untrusted'], { error: '"touched" knows "private" and "untrusted".' }),
        '"touched" must be a list.',
      )
      .describe('What the agent has read before.')
      .optional(),
    risk: z
      .strictObject(
        {
          category: z.enum(categories, { error: `A category is one of ${categories.join(', ')}.` }),
          level: z.enum(levels, { error: `A level is one of ${levels.join(', ')}.` }),
        },
        '"risk" must be { "category": …, "level": … }.',
      )
      .describe('The risk of the tool; without it, the one that its name suggests.')
      .optional(),
    expect: z
      .union([verdict, expectation], 'Write a verdict, or { "verdict": …, "code": …, "rule": … }.')
      .describe('The verdict, or more of what the policy has to say.'),
  },
  'A case must be an object with "name", "server", "tool" and "expect".',
);

/** The shape of `*.policy-test.json`. */
export const policyTestDocument = z.strictObject(
  {
    $schema: z.string().optional(),
    policy: aName('the path of a policy')
      .describe('The policy that is tested, beside this file: "policy.json" if not given.')
      .optional(),
    cases: z.array(testCase, '"cases" must be a list of cases.').describe('The calls to judge.'),
  },
  'A policy test must be an object with "cases".',
);

export type PolicyTestCase = z.infer<typeof testCase>;

/** The cases of a `*.policy-test.json`, each with its place in the text. */
export interface PolicyTest {
  /** As written, relative to the file. */
  readonly policy: string;
  readonly cases: readonly (PolicyTestCase & { readonly offset: number })[];
}

export type ParsedPolicyTest =
  | { readonly test: PolicyTest; readonly problems: readonly [] }
  | { readonly test: undefined; readonly problems: readonly SourceProblem[] };

/** Reads a policy test (JSONC) and reports every mistake in it at once. Never throws. */
export function parsePolicyTest(text: string): ParsedPolicyTest {
  const { root, problems: unreadable } = readJson(text);
  if (!root) return { test: undefined, problems: unreadable };
  const problems: SourceProblem[] = [];
  const value = toValue(root, [], problems);
  const result = policyTestDocument.safeParse(value);
  if (!result.success) {
    problems.push(...result.error.issues.flatMap((issue) => problemsOf(issue, root, [])));
  }
  if (!result.success || problems.length > 0) {
    return { test: undefined, problems: problems.sort((a, b) => a.offset - b.offset) };
  }
  const { policy = 'policy.json', cases } = result.data;
  const placed = cases.map((item, index) => ({
    ...item,
    offset: nodeAt(root, ['cases', index])?.offset ?? 0,
  }));
  return { test: { policy, cases: placed }, problems: [] };
}

export interface CaseResult {
  readonly name: string;
  /** Where the case stands in the text. */
  readonly offset: number;
  readonly passed: boolean;
  readonly expected: string;
  readonly actual: string;
  /** The rule that decided. */
  readonly rule: Pointer;
}

/** Judges each case by the policy alone: nothing is counted, nobody is asked. */
export function runPolicyTest(
  test: PolicyTest,
  policy: Policy,
  classifyRisk: (server: string, tool: string) => ToolFacts,
  paths: PathFacts,
): readonly CaseResult[] {
  return test.cases.map((item) => {
    const { server, tool, args = {}, risk } = item;
    const read = classifyRisk(server, tool);
    const { category, level } = risk ?? read;
    const touched = {
      private: item.touched?.includes('private') === true,
      untrusted: item.touched?.includes('untrusted') === true,
    };
    const facts: CallFacts = {
      category,
      level,
      client: item.client ?? 'policy-test',
      sessionCalls: item.sessionCalls ?? 0,
      paths,
      ...(read.marks && { marks: read.marks }),
      touched: { session: touched, grant: touched },
    };
    const decision = decide([policy], { server, tool, args }, facts);
    const wanted = typeof item.expect === 'string' ? { verdict: item.expect } : item.expect;
    const actual: Facets = {
      verdict: decision.verdict,
      code: codeOf(decision),
      rule: decision.rule,
      observed: observedVerdict(decision.observed),
    };
    const passed = facets.every((key) => wanted[key] === undefined || wanted[key] === actual[key]);
    const { rule, ...shown } = actual;
    const { observed, ...always } = shown;
    return {
      name: item.name,
      offset: item.offset,
      passed,
      expected: inWords(wanted),
      actual: inWords(wanted.observed === undefined ? always : { ...always, observed }),
      rule,
    };
  });
}

const facets = ['verdict', 'code', 'rule', 'observed'] as const;
type Facets = Readonly<Record<(typeof facets)[number], string>>;

function inWords(parts: Partial<Record<(typeof facets)[number], string | undefined>>): string {
  const words = facets.flatMap((key) => {
    const value = parts[key];
    if (value === undefined) return [];
    return key === 'verdict' ? [value] : [`${key} ${value === '' ? '(none)' : value}`];
  });
  return words.join(', ');
}

function codeOf(decision: Decision): string {
  if (decision.verdict === 'deny') return decision.code;
  return decision.verdict === 'allow' ? 'allowed' : 'require_approval';
}

/** The strictest verdict that was held back; `allow` where none was. */
function observedVerdict(observed: readonly { readonly verdict: string }[]): Verdict {
  const held = observed.map((item) => item.verdict);
  if (held.includes('deny')) return 'deny';
  return held.includes('require_approval') ? 'require_approval' : 'allow';
}

/** What the record keeps of a call, as far as a case is made of it. */
export interface RecordedCall {
  readonly server: string;
  readonly tool: string;
  readonly code: string;
  readonly rule: Pointer;
  readonly layer: string;
  readonly client?: string;
  readonly arguments?: unknown;
  readonly observed?: readonly { readonly verdict: string; readonly code: string }[];
}

// What was read before is not in the record.
const otherRule = /^(\/servers\/[^/]+)?\/(sampling|elicitation|roots|resources|prompts|flows)$/;

/**
 * A case that expects of the policy what it said of a recorded call. There is none where something
 * else decided: a limit, a missing policy, or a rule that is not about tools.
 */
export function policyTestCase(entry: RecordedCall): PolicyTestCase | undefined {
  const { server, tool, rule, layer } = entry;
  const said = verdictOf(entry.code);
  if (!said || layer === 'gateway' || otherRule.test(rule)) return undefined;
  const held = (entry.observed ?? []).filter(({ code }) => code !== 'rate_limited');
  const args = entry.arguments;
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  return {
    name: `${tool} on ${server}: ${said.verdict}`,
    server,
    tool,
    ...(isObject && { args: args as Record<string, unknown> }),
    ...(entry.client !== undefined && { client: entry.client }),
    expect: { ...said, rule, ...(held.length > 0 && { observed: observedVerdict(held) }) },
  };
}

function verdictOf(code: string): { verdict: Verdict; code: (typeof codes)[number] } | undefined {
  switch (code) {
    case 'allowed':
      return { verdict: 'allow', code };
    case 'denied':
    case 'hidden':
    case 'invalid_arguments':
      return { verdict: 'deny', code };
    case 'approved':
    case 'approved_by_grant':
    case 'approval_denied':
    case 'approval_timeout':
    case 'approval_unavailable':
    case 'approval_cancelled':
      return { verdict: 'require_approval', code: 'require_approval' };
    default:
      return undefined;
  }
}

/** The plain value, without `x-` keys where keys are the language's own. */
function toValue(node: SourceNode, path: Path, problems: SourceProblem[]): unknown {
  if (node.kind === 'value') return node.value;
  if (node.kind === 'list') {
    return node.items.map((item, index) => toValue(item, [...path, index], problems));
  }
  const inArguments = path.length > 2 && path[0] === 'cases' && path[2] === 'args';
  const value: Record<string, unknown> = {};
  for (const { key, offset, value: inner } of node.entries) {
    if (key === '__proto__') {
      problems.push({ message: '"__proto__" cannot be a key of a policy test.', offset });
    } else if (inArguments || !key.startsWith('x-')) {
      value[key] = toValue(inner, [...path, key], problems);
    }
  }
  return value;
}

function problemsOf(issue: z.core.$ZodIssue, root: SourceNode, base: Path): SourceProblem[] {
  const path = [...base, ...issue.path.filter((key) => typeof key !== 'symbol')];
  const node = nodeAt(root, path);
  if (issue.code === 'invalid_union' && node?.kind === 'map') {
    // The long form was meant, and its own mistakes say more.
    const long = issue.errors.find((branch) =>
      branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    );
    if (long) return long.flatMap((inner) => problemsOf(inner, root, path));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      message: `"${key}" is not a key of a policy test here. Remove it, or begin it with "x-".`,
      offset: keyOffset(root, path, key),
    }));
  }
  if (node) return [{ message: issue.message, offset: node.offset }];
  const missing = String(path[path.length - 1]);
  const offset = nodeAt(root, path.slice(0, -1))?.offset ?? 0;
  return [{ message: `"${missing}" is missing. ${issue.message}`, offset }];
}

function nodeAt(root: SourceNode, path: Path): SourceNode | undefined {
  return path.reduce<SourceNode | undefined>((node, key) => {
    if (node?.kind === 'list') return node.items[Number(key)];
    if (node?.kind !== 'map') return undefined;
    return node.entries.find((entry) => entry.key === key)?.value;
  }, root);
}

function keyOffset(root: SourceNode, path: Path, key: string): number {
  const parent = nodeAt(root, path);
  const entry =
    parent?.kind === 'map' ? parent.entries.find((item) => item.key === key) : undefined;
  return entry?.offset ?? parent?.offset ?? 0;
}
