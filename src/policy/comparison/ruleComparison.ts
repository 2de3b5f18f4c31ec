import type { CompiledLimit } from '../limit';
import type { Pointer } from '../pointer';
import { treatsAsMuch } from '../results';
import type { Budget } from './budget';
import { type Assertion, Knowledge } from './entailment';
import { isLimitKept, isStillCounted, successorOf } from './limitComparison';
import type { ClauseView, RuleView } from './ruleView';
import { schemaIncludes } from './schemaInclusion';

/** A way in which one rule may let pass what another did not. */
export interface Difference {
  readonly kind:
    | 'action'
    | 'arguments'
    | 'requirement'
    | 'denial'
    | 'question'
    | 'limit'
    | 'remember'
    | 'results';
  readonly before: Pointer;
  readonly after: Pointer | undefined;
  readonly clause?: ClauseView;
  readonly limit?: CompiledLimit;
}

/** The limits of `all_tools` beside the rules of a server, before and after. */
export interface SharedLimits {
  readonly before: readonly CompiledLimit[];
  readonly after: readonly CompiledLimit[];
  /** Those of before that have no equal among those of after. */
  readonly lost: readonly CompiledLimit[];
}

/** Compares rules that govern the same call; what does not depend on `all_tools` is kept. */
export class RuleComparison {
  private readonly known = new Map<RuleView, Map<RuleView, readonly Difference[]>>();

  constructor(private readonly budget: Budget) {}

  /** Where `after` may be looser than `before`; nothing when it surely is not. */
  differences(before: RuleView, after: RuleView, shared: SharedLimits): readonly Difference[] {
    if (after.refuses) return [];
    const counted = this.sharedDifferences(before, after, shared);
    if (before.free) return counted;
    return [
      ...this.ownDifferences(before, after),
      ...limitDifferences(before, after, shared),
      ...counted,
    ];
  }

  private ownDifferences(before: RuleView, after: RuleView): readonly Difference[] {
    // Of a rule that only observes, nothing is enforced.
    if (before.observe || (before.meaning === after.meaning && !after.observe)) return [];
    const row = this.known.get(before) ?? new Map<RuleView, readonly Difference[]>();
    this.known.set(before, row);
    let found = row.get(after);
    if (!found) {
      this.budget.spend(20);
      found = this.compareOwn(before, after.observe ? withoutEffect(after) : after);
      row.set(after, found);
    }
    return found;
  }

  private compareOwn(before: RuleView, after: RuleView): readonly Difference[] {
    const between = { before: before.pointer, after: after.pointer };
    const passed = [...clausesAs(after.require, true), ...clausesAs(after.denyIf, false)];
    const notRefused = new Knowledge(passed, this.budget);
    if (notRefused.isContradictory) return [];
    if (before.refuses) return [{ ...between, kind: 'action' }];

    const differences: Difference[] = [];
    const lost = (kind: Difference['kind'], clause: ClauseView): void => {
      differences.push({ kind, before: clause.pointer, after: after.pointer, clause });
    };
    if (before.args && !schemaIncludes(before.args, after.args ?? true)) {
      differences.push({ ...between, kind: 'arguments', before: `${before.pointer}/args` });
    }
    for (const clause of before.require) {
      if (!notRefused.entails(clauseAs(clause, true))) lost('requirement', clause);
    }
    for (const clause of before.denyIf) {
      if (!notRefused.entails([all(clause, false)])) lost('denial', clause);
    }
    if (after.action !== 'require_approval') {
      const notAsked = new Knowledge(
        [...passed, ...clausesAs(after.approveIf, false)],
        this.budget,
      );
      if (before.action === 'require_approval') {
        if (!notAsked.isContradictory) differences.push({ ...between, kind: 'action' });
      } else {
        for (const clause of before.approveIf) {
          if (!notAsked.entails([all(clause, false)])) lost('question', clause);
        }
      }
    }
    if (asks(before) && asks(after) && !before.remember && after.remember) {
      differences.push({ ...between, kind: 'remember', before: `${before.pointer}/approval` });
    }
    if (!treatsAsMuch(after.results, before.results)) {
      differences.push({ ...between, kind: 'results', before: `${before.pointer}/results` });
    }
    return differences;
  }

  /** What `all_tools` counted and does not count any more. */
  private sharedDifferences(
    before: RuleView,
    after: RuleView,
    shared: SharedLimits,
  ): readonly Difference[] {
    const enforced = after.observe ? [] : after.limits;
    const lost = shared.lost.filter((limit) => !isLimitKept(limit, enforced));
    const differences = lost.map((limit) => difference(limit, shared.after, undefined));
    const [first] = shared.before;
    // An observed refusal passes without being counted, not even by `all_tools`.
    const uncounted =
      first !== undefined &&
      after.observe &&
      refusalsOf(after, shared.after) !== noRefusals &&
      !(before.observe && refusalsOf(before, shared.before) === refusalsOf(after, shared.after));
    return uncounted
      ? [
          ...differences,
          { kind: 'limit', before: first.pointer, after: after.pointer, limit: first },
        ]
      : differences;
  }
}

function limitDifferences(
  before: RuleView,
  after: RuleView,
  shared: SharedLimits,
): readonly Difference[] {
  if (before.limits.length === 0) return [];
  const counted = [...after.limits, ...shared.after];
  const enforced = after.observe ? shared.after : counted;
  const lost = before.limits.filter((limit) =>
    before.observe
      ? // It refused nothing, but others may count by the same name.
        limit.counter !== undefined &&
        !isStillCounted(limit, enforced, true) &&
        !isStillCounted(limit, counted, false)
      : !isLimitKept(limit, enforced),
  );
  return lost.map((limit) => difference(limit, counted, after.pointer));
}

function difference(
  limit: CompiledLimit,
  after: readonly CompiledLimit[],
  otherwise: Pointer | undefined,
): Difference {
  const successor = successorOf(limit, after);
  return { kind: 'limit', before: limit.pointer, after: successor?.pointer ?? otherwise, limit };
}

function asks({ action, approveIf }: RuleView): boolean {
  return action === 'require_approval' || approveIf.length > 0;
}

function withoutEffect(rule: RuleView): RuleView {
  return {
    ...rule,
    action: 'allow',
    args: undefined,
    require: [],
    denyIf: [],
    approveIf: [],
    results: undefined,
  };
}

const noRefusals = JSON.stringify([false, null, [], [], []]);

/** What would make a rule refuse, as text. */
function refusalsOf(rule: RuleView, shared: readonly CompiledLimit[]): string {
  const conditionsOf = (clauses: readonly ClauseView[]): unknown =>
    clauses.map(({ conditions }) => conditions);
  return JSON.stringify([
    rule.action === 'deny' || rule.action === 'hide',
    rule.args ?? null,
    conditionsOf(rule.require),
    conditionsOf(rule.denyIf),
    [...rule.limits, ...shared].flatMap(({ cost }) => cost?.text ?? []).sort(),
  ]);
}

function all({ conditions }: ClauseView, holds: boolean): Assertion {
  return { condition: { all: conditions }, holds };
}

function clauseAs({ conditions }: ClauseView, holds: boolean): readonly Assertion[] {
  return conditions.map((condition) => ({ condition, holds }));
}

/** Clauses that all hold, or of which none does. */
function clausesAs(clauses: readonly ClauseView[], hold: boolean): readonly Assertion[] {
  return clauses.map((clause) => all(clause, hold));
}
