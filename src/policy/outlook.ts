import type { RuleReference } from './decide';
import type { CompiledLimit } from './limit';
import { nameProblem } from './names';
import type { Action, CompiledRule, Policy, ToolFacts } from './policy';
import { type Category, categories, levelOf } from './vocabulary';

/** What can be said of a tool's calls before there is one: for lists and views. */
export interface Outlook extends RuleReference {
  readonly action: Action;
  readonly reason: string | undefined;
  /** The arguments decide too: some calls are refused, or ask. */
  readonly conditional: boolean;
  readonly limits: readonly CompiledLimit[];
  /** The verdict is only recorded. */
  readonly observe: boolean;
  /** The category that the person has given the tool, if any. */
  readonly classified: Category | undefined;
  /** The schemas that the arguments have to fit besides the tool's own. */
  readonly schemas: readonly object[];
}

/** The greater, the less gets through. */
export const strictness: Readonly<Record<Action, number>> = {
  allow: 0,
  require_approval: 1,
  deny: 2,
  hide: 3,
};

/** The strictest action of all layers. `policies` must not be empty. */
export function outlook(
  policies: readonly Policy[],
  server: string,
  tool: string,
  facts: ToolFacts,
): Outlook {
  const reason = nameProblem(tool) ?? nameProblem(server);
  if (reason !== undefined) {
    return {
      action: 'hide',
      layer: 'gateway',
      rule: '',
      reason,
      conditional: false,
      limits: [],
      observe: false,
      classified: undefined,
      schemas: [],
    };
  }
  const [first, ...others] = policies.map((policy) =>
    outlookOf(
      policy.ruleFor(server, tool, facts),
      policy.limitsFor(server),
      policy.categoryOf(server, tool),
    ),
  );
  if (!first) throw new TypeError('outlook needs at least one policy');
  return others.reduce(stricter, first);
}

function outlookOf(
  rule: CompiledRule,
  shared: readonly CompiledLimit[],
  classified: Category | undefined,
): Outlook {
  const clauses = rule.require.length + rule.denyIf.length + rule.approveIf.length;
  return {
    layer: rule.layer,
    rule: rule.pointer,
    reason: rule.reason,
    action: rule.observe ? 'allow' : rule.action,
    conditional: !rule.observe && (clauses > 0 || rule.args !== undefined),
    limits: rule.observe ? shared : [...rule.limits, ...shared],
    observe: rule.observe,
    classified,
    schemas: rule.observe || !rule.args ? [] : [rule.args.schema],
  };
}

function stricter(a: Outlook, b: Outlook): Outlook {
  const strict = strictness[b.action] > strictness[a.action] ? b : a;
  return {
    ...strict,
    conditional: a.conditional || b.conditional,
    limits: [...a.limits, ...b.limits],
    classified: graver(a.classified, b.classified),
    schemas: [...a.schemas, ...b.schemas],
  };
}

/** The risk by which the policy goes: the person's own word on the category comes first. */
export function riskUnder(prospect: Outlook | undefined, known: ToolFacts): ToolFacts {
  const category = prospect?.classified;
  return category ? { category, level: levelOf[category] } : known;
}

function graver(a: Category | undefined, b: Category | undefined): Category | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return categories.indexOf(a) > categories.indexOf(b) ? a : b;
}
