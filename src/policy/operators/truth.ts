/**
 * Whether a condition holds. `undefined`: the value is there but cannot be judged. Who asks takes
 * the stricter side.
 */
export type Truth = boolean | undefined;

/** Kleene's three-valued logic. */
export function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

export function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(undefined) ? undefined : false;
}

export function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}
