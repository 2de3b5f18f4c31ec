import { createHash } from 'node:crypto';
import { canonicalJson } from '../../common/canonicalJson';

/** `review`: the person has to look first. `notice`: it only makes a tool look more dangerous. */
export type Severity = 'review' | 'notice';

/** One place in which two definitions differ. */
export interface Difference {
  /** As a program would write it: `inputSchema.properties.mode.enum[2]`. Empty for the whole. */
  readonly field: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly severity: Severity;
}

// A list that nobody reads to its end.
const mostDifferences = 200;

/** Names exactly this definition, whatever the order of its keys. */
export function digestOf(definition: unknown): string {
  return createHash('sha256').update(canonicalJson(definition)).digest('base64url');
}

/**
 * Where a definition differs from the approved one. Everything counts, as a model may read
 * everything; only hints of the annotations may change without a review, if towards more risk.
 */
export function differencesBetween(before: unknown, after: unknown): readonly Difference[] {
  const found: Difference[] = [];
  if (isRecord(before) && isRecord(after)) {
    const { annotations: old, ...rest } = before;
    const { annotations: now, ...others } = after;
    compare(rest, others, '', found);
    compareAnnotations(old, now, found);
  } else compare(before, after, '', found);
  return found;
}

/** The definition as the person reads and compares it, with the server's line breaks kept. */
export function definitionText(definition: unknown): string {
  if (!isRecord(definition)) return fieldText(definition);
  return Object.keys(definition)
    .sort(byReading)
    .map((key) => `${JSON.stringify(key)}: ${fieldText(definition[key])}`)
    .join('\n');
}

function compare(before: unknown, after: unknown, field: string, found: Difference[]): void {
  if (found.length >= mostDifferences) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    for (let at = 0; at < length; at++) {
      compare(before[at], after[at], `${field}[${at}]`, found);
    }
  } else if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(own(before, key), own(after, key), member(field, key), found);
    }
  } else if (!Object.is(before, after)) {
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    found.push({ field, kind, severity: 'review' });
  }
}

// What a hint is taken for when it is absent, and which of its values promises less risk.
// https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations
const hints: Readonly<Record<string, { readonly absent: boolean; readonly safer: boolean }>> = {
  readOnlyHint: { absent: false, safer: true },
  destructiveHint: { absent: true, safer: false },
  idempotentHint: { absent: false, safer: true },
  openWorldHint: { absent: true, safer: false },
};

function compareAnnotations(before: unknown, after: unknown, found: Difference[]): void {
  const [old, now] = [before ?? {}, after ?? {}];
  if (!isRecord(old) || !isRecord(now)) return compare(before, after, 'annotations', found);
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const field = member('annotations', key);
    const hint = Object.hasOwn(hints, key) ? hints[key] : undefined;
    const values = [own(old, key) ?? hint?.absent, own(now, key) ?? hint?.absent];
    if (!hint || values.some((value) => typeof value !== 'boolean')) {
      compare(own(old, key), own(now, key), field, found);
    } else if (values[0] !== values[1]) {
      const severity = values[1] === hint.safer ? 'review' : 'notice';
      found.push({ field, kind: 'changed', severity });
    }
  }
}

/** What a person reads first stands first. */
function byReading(a: string, b: string): number {
  const rank = (key: string): number => {
    const at = ['name', 'title', 'description'].indexOf(key);
    return at < 0 ? 3 : at;
  };
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** The lines of a text are indented, so that none can pass for another field. */
function fieldText(value: unknown): string {
  if (typeof value === 'string' && /[\r\n]/.test(value)) {
    return `\n${value.replace(/\r/g, '\\r').replace(/^/gm, '  ')}`;
  }
  return JSON.stringify(sorted(value), undefined, 2);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function member(field: string, key: string): string {
  const name = /^[\w$-]+$/.test(key) ? key : JSON.stringify(key);
  return field === '' ? name : `${field}.${name}`;
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
