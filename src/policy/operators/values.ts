import { anyOf, type Truth } from './truth';

/** Whether a number was carried exactly: beyond 2^53 different numbers look the same. */
export function isExactNumber(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value))
  );
}

/** Equality of JSON values. A value that only a lenient reader takes for the same is unclear. */
export function isEqual(value: unknown, expected: unknown): Truth {
  if (typeof value === 'number' && !isExactNumber(value)) return undefined;
  if (typeof value !== typeof expected || Array.isArray(value) !== Array.isArray(expected)) {
    // "5" for 5, "true" for true: which of them the server sees is not known here.
    return isScalar(value) && isScalar(expected) && String(value) === String(expected)
      ? undefined
      : false;
  }
  if (typeof value !== 'object' || value === null || expected === null) return value === expected;
  return isDeepEqual(value, expected);
}

/** Whether the value is one of a list. */
export function isOneOf(value: unknown, list: readonly unknown[]): Truth {
  return anyOf(list.map((expected) => isEqual(value, expected)));
}

/** A part of a string, or an element of an array. */
export function contains(value: unknown, part: unknown): Truth {
  if (typeof value === 'string') return typeof part === 'string' ? value.includes(part) : undefined;
  if (!Array.isArray(value)) return undefined;
  return anyOf(value.map((element) => isEqual(element, part)));
}

export function compare(value: unknown, holds: (value: number) => boolean): Truth {
  return isExactNumber(value) ? holds(value) : undefined;
}

/** At most so many UTF-16 units of a string, or elements of an array. */
export function isNoLongerThan(value: unknown, most: number): Truth {
  if (typeof value === 'string' || Array.isArray(value)) return value.length <= most;
  return undefined;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' && value !== undefined;
}

function isDeepEqual(a: object, b: unknown): Truth {
  if (typeof b !== 'object' || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  let result: Truth = true;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    const truth = isEqual(Reflect.get(a, key), Reflect.get(b, key));
    if (truth === false) return false;
    if (truth === undefined) result = undefined;
  }
  return result;
}
