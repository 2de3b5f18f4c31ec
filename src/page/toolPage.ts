import { visibleJson } from '../common/visibleText';
import { layOut } from '../policy/imports/layOut';
import { type Outlook, outlook, riskUnder } from '../policy/outlook';
import type { ToolFacts } from '../policy/policy';
import { canBeKey } from '../policy/presetFor';
import type { Rule } from '../policy/rule';
import type { AttackPattern } from '../report/attackPattern';
import { attackPatterns } from '../report/attackPatterns';
import { connectionPatterns } from '../report/connectionPatterns';
import { type Recommendation, recommendedRule } from '../report/recommendedRule';
import {
  type JudgedTool,
  type PoliciesInForce,
  type ReportedTool,
  reportedTool,
} from '../report/reportedTool';
import type { Surroundings } from '../risk/findings/surroundings';
import { type ParameterRisk, parameterRisks } from '../risk/parameterRisks';
import { documentWith, type Effects, effectsOf, type Pause } from './effects';
import { relatedTools } from './related';

/** A call of the tool, from the record. */
export interface RecentCall {
  /** ISO 8601. */
  readonly time: string;
  readonly verdict: string;
  readonly code: string;
  readonly rule: string;
  readonly layer: string;
  readonly outcome: string;
  readonly client: string;
  readonly argumentKeys: readonly string[];
  /** Only where the person has asked for values to be kept. */
  readonly arguments?: unknown;
}

/** What the page of a tool is made from. */
export interface ToolPageFacts {
  readonly server: string;
  readonly tool: JudgedTool;
  /** The tools of the server, this one too. */
  readonly tools: readonly JudgedTool[];
  /** How many more there are that nothing is said about. */
  readonly left: number;
  readonly policies: PoliciesInForce;
  /** The names of all servers and their tools. */
  readonly surroundings: Surroundings;
  /** The newest first. */
  readonly calls: readonly RecentCall[];
  /** How the server is started or reached, in words. */
  readonly launch: string;
  /** Agents do not get it until the person has reviewed it. */
  readonly waits: boolean;
}

/** A rule for the tool, and what would come of it. */
export interface Advice extends Recommendation {
  /** A policy that says nothing else. */
  readonly text: string;
  /** The policy of the workspace has this very rule for the tool. */
  readonly isThere: boolean;
  /** Undefined while no policy can be relied on. */
  readonly effects: Effects | undefined;
}

export interface ToolPage extends ToolPageFacts {
  readonly report: ReportedTool;
  readonly outlook: Outlook | undefined;
  readonly parameters: readonly ParameterRisk[];
  /** Attacks that the definition makes possible, and those that concern every tool. */
  readonly patterns: { readonly own: readonly AttackPattern[]; readonly every: number };
  /** Undefined where no key of a policy can hold the name. */
  readonly advice: Advice | undefined;
  readonly related: readonly RelatedTool[];
}

/** A sibling that is about the same things, with the risk by which the policy goes. */
export interface RelatedTool {
  readonly name: string;
  readonly risk: ToolFacts;
}

/** Everything that the page of a tool says. The same facts give the same page. */
export async function toolPageOf(
  facts: ToolPageFacts,
  pause: Pause = async () => {},
): Promise<ToolPage> {
  const { server, tool, tools, policies, surroundings } = facts;
  const report = reportedTool(tool, server, policies, surroundings);
  const everywhere = new Set(connectionPatterns);
  const concerning = attackPatterns.filter(({ id }) => report.patterns.includes(id));
  return {
    ...facts,
    report,
    outlook: policies && outlook(policies, server, tool.name, { ...tool.risk, marks: report.flow }),
    parameters: parameterRisks(tool.inputSchema, { name: tool.name, category: report.category }),
    patterns: {
      own: concerning.filter((pattern) => !everywhere.has(pattern)),
      every: concerning.filter((pattern) => everywhere.has(pattern)).length,
    },
    advice: await adviceFor(facts, report, pause),
    related: relatedTools(tool, tools).map(({ name, risk }) => {
      const prospect = policies && outlook(policies, server, name, risk);
      return { name, risk: riskUnder(prospect, risk) };
    }),
  };
}

async function adviceFor(
  facts: ToolPageFacts,
  { findings, category }: ReportedTool,
  pause: Pause,
): Promise<Advice | undefined> {
  const { server, tool, tools, policies } = facts;
  if (!canBeKey(tool.name) || !canBeKey(server)) return undefined;
  const recommendation = recommendedRule(tool, category, findings);
  const { rule } = recommendation;
  return {
    ...recommendation,
    text: layOut(documentWith(server, tool.name, rule), 0, 4),
    isThere: JSON.stringify(ownRule(facts)) === JSON.stringify(rule),
    effects: policies && (await effectsOf(server, tool, rule, tools, policies, pause)),
  };
}

function ownRule({ server, tool, policies }: ToolPageFacts): Rule | undefined {
  const workspace = policies?.find(({ layer }) => layer === 'workspace');
  const rules = workspace?.document.servers?.[server]?.tools;
  return rules && Object.hasOwn(rules, tool.name) ? rules[tool.name] : undefined;
}

/** Names a tool in a page and back: plain text, whatever characters its server chose. */
export function toolKey(name: string): string {
  return visibleJson(name);
}
