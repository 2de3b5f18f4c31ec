import { pathText } from '../policy/argumentPath';
import type { Condition } from '../policy/condition';
import { parsePolicy } from '../policy/parsePolicy';
import { presets } from '../policy/presets';
import type { Rule } from '../policy/rule';
import type { Finding } from '../risk/findings/finding';
import { type ParameterRisk, parameterRisks } from '../risk/parameterRisks';
import type { Category, ToolDefinition } from '../risk/risk';

const byCategory = parsePolicy(presets.recommended.text).document?.risk;
const mostPaths = 8;

/** A rule for one tool, and why it is so, in sentences of ours. */
export interface Recommendation {
  readonly rule: Rule;
  readonly reasons: readonly string[];
}

const byKind: Readonly<Record<Category, string>> = {
  Read: 'It only reads, so it stays allowed.',
  Write: 'It changes things, so calls are limited: an agent that runs wild is held up.',
  Execute: 'It runs things, so each call waits for you, and there is a limit on top.',
  Destructive: 'It can destroy, so each call waits for you.',
  Financial: 'It can cost money, so each call waits for you.',
};

/**
 * The rule of the recommended preset for the tool's category, with bounds where a parameter invites
 * one. None of its calls while its definition speaks past the person.
 */
export function recommendedRule(
  { name, inputSchema }: ToolDefinition,
  category: Category,
  findings: readonly Finding[],
): Recommendation {
  if (findings.some(({ severity }) => severity === 'severe')) {
    const reason = 'Its definition has to be looked at first.';
    return { rule: { action: 'deny', reason }, reasons: [reason] };
  }
  const base = byCategory?.[category] ?? { action: 'require_approval' };
  const parameters = parameterRisks(inputSchema, { name, category });
  const asks = base.action === 'require_approval';
  const paths = parameters.flatMap(pathBound).slice(0, mostPaths);
  const statements = parameters.flatMap(onlyReading);
  // Who is asked about each call need not be asked about one that is wrong.
  const require = [...statements, ...(asks ? paths.map(within) : [])];
  const approveIf = asks ? [] : paths.map(({ outside }) => outside);
  return {
    rule: {
      ...base,
      ...(require.length > 0 && { require }),
      ...(approveIf.length > 0 && { approve_if: approveIf }),
    },
    reasons: [
      byKind[category],
      ...(statements.length > 0 ? ['Statements that do more than read are refused.'] : []),
      ...(paths.length > 0
        ? [`Paths that lead out of the workspace are ${asks ? 'refused' : 'asked about'}.`]
        : []),
    ],
  };
}

type Require = NonNullable<Rule['require']>[number];
type ApproveIf = NonNullable<Rule['approve_if']>[number];

/** A path of the caller's choice, held to the workspace. */
interface PathBound {
  readonly outside: ApproveIf;
  readonly inside: Condition;
}

function pathBound({ concern, keys, required, types }: ParameterRisk): readonly PathBound[] {
  if (concern !== 'path' || keys === undefined) return [];
  const name = pathText(keys);
  const path = types.includes('array') ? `${name}[*]` : name;
  const inside: Condition = { path, op: 'under', value: '.' };
  const isThere: Condition = { path: name, op: 'exists' };
  return [
    {
      outside: {
        conditions: [...(required ? [] : [isThere]), { not: inside }],
        reason: 'It leads out of the workspace.',
      },
      // A call without it is no call to somewhere else.
      inside: required ? inside : { any: [{ path: name, op: 'exists', value: false }, inside] },
    },
  ];
}

function within({ inside }: PathBound): Require {
  return { conditions: [inside], on_deny: 'It leads out of the workspace.' };
}

/** SQL that only reads: what a tool that promises no more can be held to, and most agents need. */
function onlyReading({ concern, keys, types }: ParameterRisk): readonly Require[] {
  if (concern !== 'sql' || keys === undefined || types.includes('array')) return [];
  const condition: Condition = {
    path: pathText(keys),
    op: 'sql',
    value: ['select', 'show', 'describe'],
  };
  return [{ conditions: [condition], on_deny: 'Only statements that read are let through.' }];
}
