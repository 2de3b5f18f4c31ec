import { type ArgumentPath, parsePath } from './argumentPath';
import type { Condition } from './condition';
import type { Path } from './pointer';
import type { Rule } from './rule';

/** A comparison that, where it is met, lets a rule refuse or ask. */
export interface RefusingComparison {
  /** Where it stands in the policy. */
  readonly at: Path;
  /** What it compares. */
  readonly path: ArgumentPath;
}

/**
 * The comparisons under `deny_if` and `approve_if` of the rule at `path`, which a call passes by not
 * meeting them. Not those under `not`, nor `exists`: there absence is what is asked about.
 */
export function refusingComparisons(rule: Rule, path: Path): readonly RefusingComparison[] {
  return (['deny_if', 'approve_if'] as const).flatMap((key) =>
    (rule[key] ?? []).flatMap(({ conditions }, entry) =>
      conditions.flatMap((condition, index) =>
        comparisonsIn(condition, [...path, key, entry, 'conditions', index]),
      ),
    ),
  );
}

function comparisonsIn(condition: Condition, at: Path): RefusingComparison[] {
  if ('any' in condition || 'all' in condition) {
    const [key, parts] =
      'any' in condition ? (['any', condition.any] as const) : (['all', condition.all] as const);
    return parts.flatMap((part, index) => comparisonsIn(part, [...at, key, index]));
  }
  if ('not' in condition || condition.op === 'exists') return [];
  const path = parsePath(condition.path);
  return path instanceof Error ? [] : [{ at, path }];
}
