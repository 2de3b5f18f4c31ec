import type { CompiledLimit } from '../limit';

/**
 * Whether what `before` refuses is refused by one of these as well. Another counter starts from
 * nothing, so it must be the same one: that of the same rule, or of the same name, in the same scope.
 */
export function isLimitKept(before: CompiledLimit, after: readonly CompiledLimit[]): boolean {
  return after.some(
    (limit) =>
      isSameCounter(before, limit) &&
      limit.scope === before.scope &&
      limit.windowSeconds >= before.windowSeconds &&
      limit.max <= before.max,
  );
}

/** The limit that took the place of another, for people to look at. */
export function successorOf(
  before: CompiledLimit,
  after: readonly CompiledLimit[],
): CompiledLimit | undefined {
  return (
    after.find((limit) => limit.pointer === before.pointer) ??
    after.find((limit) => isSameCounter(before, limit))
  );
}

/** Whether calls are still added to a counter that other rules may share, in the same way. */
export function isStillCounted(
  before: CompiledLimit,
  after: readonly CompiledLimit[],
  enforced: boolean,
): boolean {
  return after.some(
    (limit) =>
      isSameCounter(before, limit) &&
      limit.scope === before.scope &&
      limit.windowSeconds >= before.windowSeconds &&
      // A limit that only observes counts no call beyond its own maximum.
      (enforced || limit.max >= before.max),
  );
}

function isSameCounter(a: CompiledLimit, b: CompiledLimit): boolean {
  const sameOwner = a.counter === undefined && a.owner === b.owner;
  return (
    a.counter === b.counter &&
    (sameOwner || a.counter !== undefined) &&
    a.cost?.text === b.cost?.text
  );
}
