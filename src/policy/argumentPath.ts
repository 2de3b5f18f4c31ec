/** What stands at a path of a call: the values, or why there are none. */
export type Found =
  | { readonly kind: 'values'; readonly values: readonly unknown[] }
  | { readonly kind: 'absent' }
  /** Something is there, but it cannot be said what the server would read at this path. */
  | { readonly kind: 'unclear' };

/** A compiled path, such as `args.items[*].id`. */
export interface ArgumentPath {
  readonly text: string;
  readonly root: Root;
  readonly steps: readonly Step[];
}

export const roots = ['args', 'server', 'tool', 'client.name', 'session.calls'] as const;
export type Root = (typeof roots)[number];

/** A key of an object, an index of an array, or every element of one. */
type Step = string | number | typeof every;
const every = Symbol('[*]');

const absent: Found = { kind: 'absent' };
const unclear: Found = { kind: 'unclear' };

const step = /\.([^.[\]"\s]+)|\[(\d{1,9})\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** Reads a path; the text of an error says what is wrong with it. */
export function parsePath(text: string): ArgumentPath | Error {
  const root = roots.find(
    (name) => text === name || (/^[.[]/.test(text.slice(name.length)) && text.startsWith(name)),
  );
  if (!root) return new Error(`A path begins with ${roots.join(', ')}.`);
  if (root !== 'args' && text !== root) return new Error(`"${root}" has no parts.`);
  const steps: Step[] = [];
  const expression = new RegExp(step);
  expression.lastIndex = root.length;
  while (expression.lastIndex < text.length) {
    const at = expression.lastIndex;
    const match = expression.exec(text);
    if (!match)
      return new Error(`"${text.slice(at)}" cannot be read. Write .key, ["key"], [0] or [*].`);
    const [, key, index, star, quoted] = match;
    if (star) steps.push(every);
    else if (index !== undefined) steps.push(Number(index));
    else if (key !== undefined) steps.push(key);
    else {
      const value = readString(quoted!);
      if (value === undefined) return new Error(`${quoted} is not a JSON string.`);
      steps.push(value);
    }
  }
  return { text, root, steps };
}

/** Whether it leads to the elements of a list, all of which have to meet a condition. */
export function isOfEvery({ steps }: ArgumentPath): boolean {
  return steps.includes(every);
}

/** The path of an argument inside of objects, as a policy writes it. */
export function pathText(keys: readonly string[]): string {
  const steps = keys.map((key) =>
    /^[^.[\]"\s]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
  );
  return `args${steps.join('')}`;
}

// How many elements there are is the agent's choice, and the editor waits for the judgement.
const mostValues = 1000;
const mostText = 65_536;
const mostKeys = 10_000;

/** The values at the steps below `value`. `[*]` gives one for each element. */
export function follow(value: unknown, steps: readonly Step[]): Found {
  let values: readonly unknown[] = [value];
  for (const current of steps) {
    const next: unknown[] = [];
    for (const item of values) {
      // A server may read `null` as nothing at all.
      if (item === null || item === undefined) return absent;
      if (current === every) {
        if (!Array.isArray(item)) return unclear;
        if (next.length + item.length > mostValues) return unclear;
        next.push(...item);
      } else if (typeof current === 'number') {
        if (!Array.isArray(item)) return unclear;
        next.push(item[current]);
      } else {
        if (typeof item !== 'object' || Array.isArray(item)) return unclear;
        const member = memberOf(item as Record<string, unknown>, current);
        if (member === unclear) return unclear;
        next.push(member);
      }
    }
    values = next;
  }
  // Whether "every element" holds of no element is anybody's guess, so it is nobody's permission.
  if (values.length === 0 || (values.length > 1 && textIn(values) > mostText)) return unclear;
  return values.every((item) => item === undefined) ? absent : { kind: 'values', values };
}

function textIn(values: readonly unknown[]): number {
  return values.reduce(
    (sum: number, value) => sum + (typeof value === 'string' ? value.length : 0),
    0,
  );
}

// Some servers match keys without regard to case (CVE-2026-27896), and which of two variants they
// take is theirs to know. So a variant of the key makes the value unclear.
function memberOf(object: Record<string, unknown>, key: string): unknown {
  const folded = foldCase(key);
  const keys = Object.keys(object);
  if (keys.length > mostKeys) return unclear;
  for (const other of keys) {
    if (other !== key && other.length === key.length && foldCase(other) === folded) {
      return unclear;
    }
  }
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

// Upper case first: to readers that fold case, `ſ` is an `s`.
function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function readString(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
