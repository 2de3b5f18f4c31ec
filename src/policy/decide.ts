import type { ConditionFacts } from './condition';
import { bothTouched, type FlowScope, noMarks, type Touched, untouched } from './flows';
import { type CompiledLimit, costOf, type Scope } from './limit';
import { nameProblem } from './names';
import type { PathFacts } from './operators/under';
import type { Pointer } from './pointer';
import type { Approval, CompiledRule, Layer, Policy, ToolFacts } from './policy';
import { bothTreatments, type Treatment } from './results';

/** One `tools/call`, as far as rules look at it. */
export interface Call {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What a decision depends on besides the policies and the call. */
export interface CallFacts extends ToolFacts {
  /** The name that the agent's client gives itself. */
  readonly client: string;
  /** Calls of the session before this one. */
  readonly sessionCalls: number;
  readonly paths: PathFacts;
  /** What the agent has read before this call; nothing if not given. */
  readonly touched?: Readonly<Record<FlowScope, Touched>>;
}

/** Where a decision comes from; `gateway` is for refusals that no policy file can lift. */
export interface RuleReference {
  readonly layer: Layer | 'gateway';
  readonly rule: Pointer;
}

export type DenialCode = 'denied' | 'hidden' | 'invalid_arguments';

/** A limit that the call has to fit, with what the call adds to it. */
export interface LimitUse {
  readonly layer: Layer;
  readonly policyId: string;
  readonly pointer: Pointer;
  readonly owner: Pointer;
  readonly counter: string | undefined;
  readonly scope: Scope;
  readonly max: number;
  readonly windowSeconds: number;
  /** Decimal text. */
  readonly cost: string;
  /** The argument that is counted; `undefined` where calls are. */
  readonly costPath: string | undefined;
  /** It is counted and reported, and refuses nothing. */
  readonly observe: boolean;
}

/** A verdict that a rule in `observe` mode would have given. */
export interface Observed extends RuleReference {
  readonly verdict: 'deny' | 'require_approval';
  readonly code: DenialCode | 'rate_limited' | 'require_approval';
}

/** What the policies say of one call. Limits and the person's answer are still to be had. */
export type Decision = RuleReference & {
  readonly reason: string | undefined;
  readonly observed: readonly Observed[];
} & (
    | {
        readonly verdict: 'deny';
        readonly code: DenialCode;
        /** The arguments that do not fit, as JSON Pointers; for `invalid_arguments`. */
        readonly places?: readonly string[];
      }
    | {
        readonly verdict: 'allow' | 'require_approval';
        /** Reserve all of them, or refuse the call. */
        readonly limits: readonly LimitUse[];
        readonly approval: Approval;
        /** What is done to the result. */
        readonly results?: Treatment;
        /** What the agent will have read by it, where that is anything of note. */
        readonly touches?: Touched;
      }
  );

const strictness = { allow: 0, require_approval: 1, deny: 2 } as const;

/**
 * Judges a call by every layer: the strictest verdict wins, and the limits of all layers hold. Pure:
 * the same policies, call and facts give the same decision. `policies` must not be empty.
 */
export function decide(policies: readonly Policy[], call: Call, facts: CallFacts): Decision {
  const reason = nameProblem(call.tool) ?? nameProblem(call.server);
  if (reason !== undefined) {
    return {
      verdict: 'deny',
      code: 'denied',
      layer: 'gateway',
      rule: '',
      reason,
      observed: [],
    };
  }
  const [decision, ...others] = policies.map((policy) =>
    withFlows(policy, decideByPolicy(policy, call, facts), call, facts),
  );
  if (!decision) throw new TypeError('decide needs at least one policy');
  return others.reduce(stricter, decision);
}

function decideByPolicy(policy: Policy, call: Call, facts: CallFacts): Decision {
  const rule = policy.ruleFor(call.server, call.tool, facts);
  const decision = decideByRule(policy, rule, call, facts);
  if (!rule.observe) return decision;
  const { layer, reason } = decision;
  const observed: Observed[] =
    decision.verdict === 'allow'
      ? []
      : [
          {
            layer,
            rule: decision.rule,
            verdict: decision.verdict,
            code: decision.verdict === 'deny' ? decision.code : 'require_approval',
          },
        ];
  // What the rule itself limits is only observed; what counts all tools counts this call too.
  const limits =
    decision.verdict === 'deny'
      ? limitUses(policy.limitsFor(call.server), policy, call)
      : decision.limits.map((use) => ({ ...use, observe: use.owner === rule.pointer }));
  if ('pointer' in limits) return unknownCost(layer, limits.pointer, rule);
  return {
    verdict: 'allow',
    layer,
    rule: rule.pointer,
    reason,
    limits,
    approval: rule.approval,
    observed,
  };
}

const toxic =
  'Private data and text from outside have been read before, and this tool can carry data out.';

/**
 * Asks where data could flow out: a text that others wrote may have the agent send away what it has
 * read (Willison, "The lethal trifecta", 2025-06). Independent of the rule, also of one that only
 * observes: flows have a mode of their own.
 */
function withFlows(policy: Policy, decision: Decision, call: Call, facts: CallFacts): Decision {
  if (decision.verdict === 'deny') return decision;
  const { pointer, scope, effect, marksOf } = policy.flowsOf(call.server);
  const marks = marksOf(call.tool, facts.marks ?? noMarks);
  const touched = (facts.touched ?? untouched)[scope];
  const touches = (marks.private || marks.untrusted) && {
    touches: { private: marks.private, untrusted: marks.untrusted },
  };
  const flows = marks.outbound && touched.private && touched.untrusted;
  if (!flows || effect === 'none' || decision.verdict === 'require_approval') {
    return touches ? { ...decision, ...touches } : decision;
  }
  const { layer } = policy;
  if (effect === 'observe') {
    const verdict = 'require_approval';
    const observed: Observed = { layer, rule: pointer, verdict, code: verdict };
    return { ...decision, ...touches, observed: [...decision.observed, observed] };
  }
  return {
    ...decision,
    ...touches,
    verdict: 'require_approval',
    layer,
    rule: pointer,
    reason: toxic,
    approval: { timeoutSeconds: undefined, remember: true },
  };
}

// In the order of the policy language: hidden, action, args, require, deny_if, limits, approval.
function decideByRule(policy: Policy, rule: CompiledRule, call: Call, facts: CallFacts): Decision {
  const { layer, pointer } = rule;
  const deny = (
    code: DenialCode,
    at: Pointer,
    reason: string | undefined,
    places?: readonly string[],
  ): Decision => {
    const decision = { verdict: 'deny', code, layer, rule: at, reason, observed: [] } as const;
    return places ? { ...decision, places } : decision;
  };
  if (rule.action === 'hide') return deny('hidden', pointer, rule.reason);
  if (rule.action === 'deny') return deny('denied', pointer, rule.reason);

  const places = rule.args?.check(call.args) ?? [];
  if (rule.args && places.length > 0) {
    return deny('invalid_arguments', rule.args.pointer, rule.reason, places);
  }
  const known = conditionFacts(call, facts);
  // Three-valued: what cannot be judged fails a requirement and meets a denial.
  for (const clause of rule.require) {
    if (clause.holds(known) !== true) return deny('denied', clause.pointer, clause.reason);
  }
  for (const clause of rule.denyIf) {
    if (clause.holds(known) !== false) return deny('denied', clause.pointer, clause.reason);
  }
  const limits = limitUses([...rule.limits, ...policy.limitsFor(call.server)], policy, call);
  if ('pointer' in limits) return unknownCost(layer, limits.pointer, rule);
  const question = rule.approveIf.find((clause) => clause.holds(known) !== false);
  const asks = rule.action === 'require_approval' || question !== undefined;
  return {
    verdict: asks ? 'require_approval' : 'allow',
    layer,
    rule: question?.pointer ?? pointer,
    reason: question ? question.reason : rule.reason,
    limits,
    approval: rule.approval,
    ...(rule.results && { results: rule.results }),
    observed: [],
  };
}

/** The limits with what the call adds to them, or the one whose cost it does not tell. */
function limitUses(
  limits: readonly CompiledLimit[],
  policy: Policy,
  call: Call,
): LimitUse[] | CompiledLimit {
  const uses: LimitUse[] = [];
  for (const limit of limits) {
    const cost = costOf(limit, call.args);
    if (cost === undefined) return limit;
    uses.push(limitUse(limit, policy, cost));
  }
  return uses;
}

function unknownCost(
  layer: RuleReference['layer'],
  rule: Pointer,
  { reason }: CompiledRule,
): Decision {
  return {
    verdict: 'deny',
    code: 'denied',
    layer,
    rule,
    reason: reason ?? 'The cost of the call cannot be told.',
    observed: [],
  };
}

/** What conditions may look at. */
export function conditionFacts(call: Call, facts: CallFacts): ConditionFacts {
  const { client, sessionCalls, paths } = facts;
  return { args: call.args, server: call.server, tool: call.tool, client, sessionCalls, paths };
}

function limitUse(limit: CompiledLimit, { layer, id }: Policy, cost: string): LimitUse {
  const { pointer, owner, counter, scope, max, windowSeconds } = limit;
  return {
    layer,
    policyId: id,
    pointer,
    owner,
    counter,
    scope,
    max,
    windowSeconds,
    cost,
    costPath: limit.cost?.text,
    observe: false,
  };
}

function stricter(a: Decision, b: Decision): Decision {
  const observed = [...a.observed, ...b.observed];
  const strict = strictness[b.verdict] > strictness[a.verdict] ? b : a;
  if (strict.verdict === 'deny' || a.verdict === 'deny' || b.verdict === 'deny') {
    return { ...strict, observed };
  }
  const asking = [a, b].filter(({ verdict }) => verdict === 'require_approval');
  const results = bothTreatments(a.results, b.results);
  const touches =
    a.touches && b.touches ? bothTouched(a.touches, b.touches) : (a.touches ?? b.touches);
  const timeouts = asking.flatMap(({ approval }) => approval.timeoutSeconds ?? []);
  return {
    ...strict,
    observed,
    limits: [...a.limits, ...b.limits],
    ...(results && { results }),
    ...(touches && { touches }),
    approval: {
      timeoutSeconds: timeouts.length > 0 ? Math.min(...timeouts) : undefined,
      remember: asking.every(({ approval }) => approval.remember),
    },
  };
}
