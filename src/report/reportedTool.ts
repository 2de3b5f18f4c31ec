import { type Outlook, outlook, riskUnder } from '../policy/outlook';
import type { Action, Policy } from '../policy/policy';
import type { Rule } from '../policy/rule';
import { ruleInWords } from '../policy/ruleInWords';
import type { Finding } from '../risk/findings/finding';
import { findingsIn } from '../risk/findings/findingsIn';
import type { Surroundings } from '../risk/findings/surroundings';
import { type Flow, flowOf } from '../risk/flow';
import { readParameters } from '../risk/parameters';
import type { Category, Evidence, Level, Risk, ToolDefinition } from '../risk/risk';
import { nameWords } from '../risk/words';
import { attackPatterns } from './attackPatterns';
import { recommendedRule } from './recommendedRule';

/** A tool as its server defines it, and what was made of that. */
export interface JudgedTool extends ToolDefinition {
  readonly risk: Risk;
}

/** The policies in force; `undefined` if none can be relied on, and every call is refused. */
export type PoliciesInForce = readonly Policy[] | undefined;

/** What the policy does to a tool’s calls. */
export interface Standing {
  readonly action: Action;
  /** The arguments decide too. */
  readonly conditional: boolean;
  readonly limited: boolean;
  /** The verdict is only recorded. */
  readonly observe: boolean;
  /** The rule that says so, in words. It holds names that a server chose. */
  readonly rule: string;
}

export interface ReportedTool {
  readonly name: string;
  readonly category: Category;
  readonly level: Level;
  /** Whether the category is the person’s own word, and not what was read. */
  readonly isOwnCategory: boolean;
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  readonly flow: Flow;
  readonly standing: Standing;
  readonly recommended: Rule;
  /** The ids of the attack patterns that concern it. */
  readonly patterns: readonly string[];
}

export function reportedTool(
  { risk, ...definition }: JudgedTool,
  server: string,
  policies: PoliciesInForce,
  surroundings: Surroundings,
  /** What else was found. */
  further: readonly Finding[] = [],
): ReportedTool {
  const { name } = definition;
  const { confidence, evidence } = risk;
  const said = Object.entries(definition).filter(([, value]) => value !== undefined);
  const readable = { ...Object.fromEntries(said), name };
  const findings = [...findingsIn(readable, server, surroundings), ...further];
  const flow = flowOf(definition, risk.category);
  const facts = {
    category: risk.category,
    words: new Set(nameWords(name).map(({ text }) => text)),
    parameters: readParameters(definition.inputSchema),
    flow,
    findings: new Set(findings.map((finding) => finding.class)),
  };
  const prospect = policies && outlook(policies, server, name, { ...risk, marks: flow });
  const { category, level } = riskUnder(prospect, risk);
  return {
    name,
    category,
    level,
    isOwnCategory: prospect?.classified !== undefined,
    confidence,
    evidence,
    findings,
    flow,
    standing: standingUnder(prospect),
    recommended: { action: 'allow', ...recommendedRule(definition, category, findings).rule },
    patterns: attackPatterns.filter(({ concerns }) => concerns(facts)).map(({ id }) => id),
  };
}

function standingUnder(prospect: Outlook | undefined): Standing {
  if (!prospect) {
    const rule = 'no policy can be relied on';
    return { action: 'deny', conditional: false, limited: false, observe: false, rule };
  }
  const { action, conditional, limits, observe, rule, layer } = prospect;
  return {
    action,
    conditional,
    limited: limits.length > 0,
    observe,
    rule: `${ruleInWords(rule)} (${layer})`,
  };
}
