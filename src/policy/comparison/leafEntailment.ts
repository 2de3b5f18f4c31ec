import { parsePath } from '../argumentPath';
import { type Condition, compileCondition } from '../condition';
import { isEqual } from '../operators/values';

/** One comparison of a value with another. */
export type Leaf = Extract<Condition, { readonly path: string }>;

/**
 * Whether a call for which `a` is `aHolds` has `b` as `bHolds`. Both are definite: a comparison that
 * cannot be judged neither holds nor fails. `false` also where it cannot be told.
 */
export function leafEntails(a: Leaf, aHolds: boolean, b: Leaf, bHolds: boolean): boolean {
  if (pathKey(a) !== pathKey(b)) return false;
  if (a.op === 'exists') {
    const present = (a.value !== false) === aHolds;
    if (b.op === 'exists') return ((b.value !== false) === present) === bHolds;
    // What is absent fails every comparison; but so little is there as well where there is `null`.
    return !present && !bHolds && isPure(b) && judge(b, null) === false;
  }
  if (b.op === 'exists') {
    // The other operators judge nothing but strings.
    const needsValue = !isPure(a) || judge(a, null) !== true;
    return aHolds && needsValue && (b.value !== false) === bHolds;
  }
  // A failed comparison may have failed for want of a value, and then `b` fails as well.
  if (!aHolds && bHolds) return false;
  return valueEntails(a, aHolds, b, bHolds);
}

/** The same for one value that is there. Of several, all have to hold, or one to fail. */
function valueEntails(a: Leaf, aHolds: boolean, b: Leaf, bHolds: boolean): boolean {
  if (a.op === b.op && aHolds === bHolds && isSame(a.value, b.value)) return true;
  const first = testOf(a, aHolds);
  const second = testOf(b, bHolds);
  if (first.kind === 'one_of' && first.holds) {
    return isPure(b) && first.values.every((value) => judge(b, value) === bHolds);
  }
  if (first.kind === 'one_of' && second.kind === 'one_of') {
    return (
      !second.holds &&
      second.values.every((value) => first.values.some((other) => isEqual(value, other) === true))
    );
  }
  if (first.kind === 'range' && second.kind === 'range') return isInside(first, second);
  if (first.kind === 'other' && second.kind === 'other') {
    if (a.op !== b.op || first.holds !== second.holds) return false;
    return first.holds ? isCovered(a.op, a.value, b.value) : isRefuted(a.op, b.value, a.value);
  }
  return false;
}

/** Numbers, or lengths, on one side of a bound. */
interface Range {
  readonly kind: 'range';
  readonly of: 'number' | 'length';
  readonly side: 'below' | 'above';
  readonly bound: number;
  readonly inclusive: boolean;
}

type Test =
  | Range
  | { readonly kind: 'one_of'; readonly values: readonly unknown[]; readonly holds: boolean }
  | { readonly kind: 'other'; readonly holds: boolean };

function testOf({ op, value }: Leaf, holds: boolean): Test {
  const range = (
    of: Range['of'],
    side: Range['side'],
    inclusive: boolean,
    bound = value as number,
  ): Range =>
    holds
      ? { kind: 'range', of, side, bound, inclusive }
      : {
          kind: 'range',
          of,
          side: side === 'below' ? 'above' : 'below',
          bound,
          inclusive: !inclusive,
        };
  switch (op) {
    case 'eq':
      return { kind: 'one_of', values: [value], holds };
    case 'neq':
      return { kind: 'one_of', values: [value], holds: !holds };
    case 'in':
      return { kind: 'one_of', values: value as unknown[], holds };
    case 'not_in':
      return { kind: 'one_of', values: value as unknown[], holds: !holds };
    case 'lt':
      return range('number', 'below', false);
    case 'lte':
      return range('number', 'below', true);
    case 'gt':
      return range('number', 'above', false);
    case 'gte':
      return range('number', 'above', true);
    case 'length_lte':
      return range('length', 'below', true);
    default:
      return { kind: 'other', holds };
  }
}

function isInside(inner: Range, outer: Range): boolean {
  if (inner.of !== outer.of || inner.side !== outer.side) return false;
  if (inner.bound === outer.bound) return outer.inclusive || !inner.inclusive;
  return inner.side === 'below' ? inner.bound < outer.bound : inner.bound > outer.bound;
}

/** Whether what holds for `narrow` holds for `wide`, for operators whose value is a list. */
function isCovered(op: string, narrow: unknown, wide: unknown): boolean {
  if (op === 'command') return isLongerCommand(narrow as string[], wide as string[]);
  return listOperators.has(op) && isPart(op, narrow, wide);
}

/** Whether what fails for `wide` fails for `narrow`. */
function isRefuted(op: string, narrow: unknown, wide: unknown): boolean {
  // Of several statements, the first that is not of a kind decides, and it may be an unclear one.
  return op !== 'sql' && listOperators.has(op) && isPart(op, narrow, wide);
}

const listOperators: ReadonlySet<string> = new Set(['glob', 'under', 'host', 'sql']);

function isPart(op: string, narrow: unknown, wide: unknown): boolean {
  const entries = listOf(wide);
  return listOf(narrow).every((entry) =>
    entries.some((other) => entry === other || (op === 'host' && isSubdomain(entry, other))),
  );
}

/** `["git", "log"]` or `["git", "log", "**"]` for `["git", "**"]`. */
function isLongerCommand(narrow: readonly string[], wide: readonly string[]): boolean {
  const fixed = wide.slice(0, -1);
  return (
    wide[wide.length - 1] === '**' &&
    narrow.length > fixed.length &&
    narrow[fixed.length] !== undefined &&
    fixed.every((word, at) => word === narrow[at])
  );
}

function isSubdomain(host: unknown, wildcard: unknown): boolean {
  if (typeof host !== 'string' || typeof wildcard !== 'string') return false;
  if (!wildcard.startsWith('*.') || !/^(\*\.)?[a-z0-9.-]*\.[a-z]+$/.test(host)) return false;
  const parent = wildcard.slice(1);
  return host.endsWith(parent) && host.length > parent.length;
}

const purelyOfTheValue: ReadonlySet<string> = new Set([
  'eq',
  'neq',
  'in',
  'not_in',
  'lt',
  'lte',
  'gt',
  'gte',
  'regex',
  'matches',
  'glob',
  'contains',
  'length_lte',
  'sql',
  'host',
]);

function isPure({ op }: Leaf): boolean {
  return purelyOfTheValue.has(op);
}

function judge(leaf: Leaf, value: unknown): boolean | undefined {
  return compileCondition({ ...leaf, path: 'args.value' })({
    args: { value },
    server: '',
    tool: '',
    client: '',
    sessionCalls: 0,
    paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/', homedir: '/' },
  });
}

/** `args.a` and `args["a"]` are one place. */
function pathKey({ path }: Leaf): string {
  const parsed = parsePath(path);
  if (parsed instanceof Error) return path;
  return JSON.stringify([
    parsed.root,
    ...parsed.steps.map((step) => (typeof step === 'symbol' ? null : step)),
  ]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
