import { type PolicyDocument, policyDocument } from '../policy/document';
import { isLooser } from '../policy/looser';
import { type Outlook, outlook, riskUnder } from '../policy/outlook';
import { actionText } from '../policy/outlookInWords';
import { policiesAfter, withWorkspace } from '../policy/policiesAfter';
import { Policy, type ToolFacts } from '../policy/policy';
import type { Rule } from '../policy/rule';
import { ruleEdits } from '../policy/ruleEdits';
import type { JudgedTool, PoliciesInForce } from '../report/reportedTool';

/** What becomes of the calls of one tool. */
export interface Effect {
  readonly tool: JudgedTool;
  /** By which the policy goes: the person's own category comes first. */
  readonly risk: ToolFacts;
  readonly now: string;
  /** With the rule in the policy. */
  readonly added: string;
  /** With a policy that says nothing but the rule. */
  readonly alone: string;
  /** Whether the rule in the policy makes a difference for it. */
  readonly changes: boolean;
}

/** A policy that says nothing but one rule: what is not named in it is refused. */
export function documentWith(server: string, tool: string, rule: Rule): PolicyDocument {
  return { version: '1', default: 'deny', servers: { [server]: { tools: { [tool]: rule } } } };
}

/** What a rule does to the tools of a server. */
export interface Effects {
  /** The tool of the rule first, then those for which the rule makes a difference. */
  readonly each: readonly Effect[];
  /** Whether, in the policy, it lets anything through that is held up now. */
  readonly loosens: boolean;
}

/** Awaited now and then, so that a program with other things to do can see to them. */
export type Pause = () => Promise<void>;

/** What a rule for one tool does to each tool of the server, by the engine that decides about calls. */
export async function effectsOf(
  server: string,
  tool: JudgedTool,
  rule: Rule,
  tools: readonly JudgedTool[],
  policies: NonNullable<PoliciesInForce>,
  pause: Pause,
): Promise<Effects> {
  const added = policiesAfter(policies, (text, policy, format) => {
    const governing = policy.ruleFor(server, tool.name, tool.risk);
    return ruleEdits(text, server, tool.name, { kind: 'rule', rule }, governing, format);
  });
  const document = policyDocument.parse(documentWith(server, tool.name, rule));
  const alone = withWorkspace(policies, new Policy(document, 'workspace'));
  // A policy of the person's own may hide a loosening of the workspace's for now.
  const [before, after] = [policies, added].map((all) =>
    all.filter(({ layer }) => layer !== 'user'),
  ) as [Policy[], Policy[]];
  let loosens = false;
  const each: Effect[] = [];
  for (const one of tools) {
    const outlookBy = (these: readonly Policy[]): Outlook =>
      outlook(these, server, one.name, one.risk);
    const isIt = one.name === tool.name;
    const [now, then] = [outlookBy(policies), outlookBy(added)];
    if (before.length > 0) loosens ||= isLoosened(outlookBy(before), outlookBy(after), isIt);
    each.push({
      tool: one,
      risk: riskUnder(now, one.risk),
      now: actionText(now),
      added: actionText(then),
      alone: actionText(outlookBy(alone)),
      changes: factsOf(now) !== factsOf(then),
    });
    await pause();
  }
  const old = before[0]?.ruleFor(server, tool.name, tool.risk).source;
  if (JSON.stringify(old) === JSON.stringify(rule)) loosens = false;
  // What is said of answers and questions is part of no outlook.
  else loosens ||= old?.results !== undefined || old?.approval !== undefined;
  const rank = (effect: Effect): number =>
    effect.tool.name === tool.name ? 0 : effect.changes ? 1 : 2;
  return { each: each.sort((a, b) => rank(a) - rank(b)), loosens };
}

function isLoosened(before: Outlook, after: Outlook, isIt: boolean): boolean {
  const isSame = before.rule === after.rule && factsOf(before) === factsOf(after);
  // Of its own rule the conditions may be others, though all else is the same.
  return (isIt || !isSame) && isLooser(before, after);
}

/** What decides about calls, whichever rule says it. */
export function factsOf({ action, conditional, limits, observe, schemas }: Outlook): string {
  const bounds = limits.map(({ max, windowSeconds, scope, cost }) => [
    max,
    windowSeconds,
    scope,
    cost?.text,
  ]);
  return JSON.stringify([action, conditional, bounds, observe, schemas]);
}
