/**
 * A file that is being read, whatever its language: values with their places. Maps are lists of
 * entries and never objects, so that a key such as `__proto__` is a name like any other.
 */
export type SourceNode = SourceMap | SourceList | SourceValue;

export interface SourceMap {
  readonly kind: 'map';
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  readonly entries: readonly SourceEntry[];
}

export interface SourceList {
  readonly kind: 'list';
  readonly offset: number;
  readonly items: readonly SourceNode[];
}

export interface SourceValue {
  readonly kind: 'value';
  readonly offset: number;
  readonly value: string | number | boolean | null;
  /** As it is written, without quotes. */
  readonly text: string;
}

export interface SourceEntry {
  readonly key: string;
  readonly offset: number;
  readonly value: SourceNode;
}

/** Why a file cannot be read, with the place and what to write instead. */
export interface SourceProblem {
  readonly message: string;
  readonly offset: number;
}

export type SourceFile =
  | { readonly root: SourceNode; readonly problems: readonly [] }
  | { readonly root: undefined; readonly problems: readonly SourceProblem[] };

/** Ends the reading of a file; caught by the reader that throws it. */
export class UnreadableSource extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const deepestValue = 16;

export function unreadable(message: string, offset = 0): SourceFile {
  return { root: undefined, problems: [{ message, offset }] };
}

export function member(node: SourceNode | undefined, key: string): SourceNode | undefined {
  if (node?.kind !== 'map') return undefined;
  return node.entries.find((entry) => entry.key === key)?.value;
}

/** Whether nothing is written: no key at all, or a key without a value. */
export function isNothing(
  node: SourceNode | undefined,
): node is undefined | (SourceValue & { readonly value: null }) {
  return node === undefined || (node.kind === 'value' && node.value === null);
}

/** The text of a string, or of a number or truth value where a string is meant. */
export function textOf(node: SourceNode | undefined): string | undefined {
  return node?.kind === 'value' && node.value !== null ? node.text : undefined;
}

/** A JSON value that a policy can hold unchanged; `undefined` where there is none. */
export function plainValue(node: SourceNode, depth = 0): { readonly value: unknown } | undefined {
  if (depth > deepestValue) return undefined;
  switch (node.kind) {
    case 'value':
      return isCarried(node) ? { value: node.value } : undefined;
    case 'list': {
      const items = node.items.map((item) => plainValue(item, depth + 1));
      return items.every((item) => item !== undefined)
        ? { value: items.map(({ value }) => value) }
        : undefined;
    }
    case 'map': {
      const members: [string, unknown][] = [];
      for (const { key, value } of node.entries) {
        const plain = plainValue(value, depth + 1);
        // A policy has no `__proto__`, and keeps `x-` keys for its reader.
        if (!plain || key === '__proto__' || key.startsWith('x-')) return undefined;
        members.push([key, plain.value]);
      }
      return { value: Object.fromEntries(members) };
    }
  }
}

/** Numbers that are rounded on the way, or that readers of YAML take for octal, are not carried. */
function isCarried({ value, text }: SourceValue): boolean {
  if (typeof value !== 'number') return true;
  if (!Number.isFinite(value) || /^[-+]?0\d/.test(text)) return false;
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}
