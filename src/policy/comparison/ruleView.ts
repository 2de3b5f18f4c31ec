import type { Condition } from '../condition';
import { type CompiledLimit, compileLimits } from '../limit';
import { type Path, type Pointer, toPointer } from '../pointer';
import type { Action } from '../policy';
import { type Treatment, treatmentOf } from '../results';
import type { Rule } from '../rule';

/** Conditions that stand together, as they are written. */
export interface ClauseView {
  readonly pointer: Pointer;
  readonly conditions: readonly Condition[];
}

/** A rule as the comparison looks at it: its conditions are read, not run. */
export interface RuleView {
  readonly pointer: Pointer;
  readonly action: Action;
  readonly observe: boolean;
  readonly args: object | undefined;
  readonly require: readonly ClauseView[];
  readonly denyIf: readonly ClauseView[];
  readonly approveIf: readonly ClauseView[];
  readonly limits: readonly CompiledLimit[];
  readonly remember: boolean;
  readonly results: Treatment | undefined;
  /** It refuses every call. */
  readonly refuses: boolean;
  /** It lets every call pass, uncounted. */
  readonly free: boolean;
  /** The rule without its texts, to see quickly that two are the same. */
  readonly meaning: string;
}

export function viewRule(rule: Rule, path: Path): RuleView {
  const at = (...rest: Path): Pointer => toPointer([...path, ...rest]);
  const action = rule.action ?? 'allow';
  const observe = rule.mode === 'observe';
  const limits = compileLimits(rule, path);
  const { reason: _reason, on_deny: _onDeny, ...meaning } = rule;
  const results = treatmentOf(rule.results);
  const clauses =
    (rule.require ?? rule.deny_if ?? rule.approve_if ?? rule.args ?? results) !== undefined;
  return {
    pointer: toPointer(path),
    action,
    observe,
    args: rule.args,
    require: (rule.require ?? []).map((entry, index) => ({
      pointer: at('require', index),
      conditions: 'conditions' in entry ? entry.conditions : [entry as Condition],
    })),
    denyIf: (rule.deny_if ?? []).map(({ conditions }, index) => ({
      pointer: at('deny_if', index),
      conditions,
    })),
    approveIf: (rule.approve_if ?? []).map(({ conditions }, index) => ({
      pointer: at('approve_if', index),
      conditions,
    })),
    limits,
    remember: rule.approval?.remember !== 'never',
    results,
    refuses: !observe && (action === 'deny' || action === 'hide'),
    free: !clauses && limits.length === 0 && (action === 'allow' || observe),
    meaning: JSON.stringify(meaning),
  };
}
