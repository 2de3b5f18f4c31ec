import { type ArgumentPath, parsePath } from '../argumentPath';
import type { Condition } from '../condition';
import type { ClauseView, RuleView } from './ruleView';

type Args = Record<string, unknown>;
type Step = ArgumentPath['steps'][number];

/** A place in the arguments with values that a rule may tell apart; `undefined` leaves it out. */
interface Place {
  readonly steps: readonly Step[];
  readonly values: unknown[];
}

const mostSamples = 600;

/** Arguments on both sides of the bounds that these rules draw, to find a call that shows one. */
export function* sampleArguments(rules: readonly RuleView[]): Iterable<Args> {
  const places = [...placesOf(rules).values()];
  const count = places.reduce((product, { values }) => product * values.length, 1);
  const samples = Math.min(count, mostSamples);
  for (let sample = 0; sample < samples; sample++) {
    // Of too many combinations, some from everywhere: a stride that shares no factor with most counts.
    let rest = count <= mostSamples ? sample : (sample * 7919 + 104_729 * (sample % 13)) % count;
    const args: Args = {};
    for (const { steps, values } of places) {
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      if (value !== undefined) set(args, steps, value);
    }
    yield args;
  }
}

function placesOf(rules: readonly RuleView[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const add = (steps: readonly Step[], values: readonly unknown[]): void => {
    if (steps.length === 0) return;
    const key = JSON.stringify(steps.map((step) => (typeof step === 'symbol' ? null : step)));
    const place = places.get(key) ?? { steps, values: [] };
    places.set(key, place);
    for (const value of values) if (!place.values.includes(value)) place.values.push(value);
  };
  for (const { require, denyIf, approveIf, limits, args } of rules) {
    for (const clause of [...require, ...denyIf, ...approveIf]) {
      for (const leaf of leavesOf(clause)) {
        const path = parsePath(leaf.path);
        if (!(path instanceof Error) && path.root === 'args')
          add(path.steps, valuesNear(leaf.value));
      }
    }
    for (const { cost } of limits) if (cost) add(cost.steps, [1, undefined]);
    addProperties(args, [], add);
  }
  return places;
}

function addProperties(
  schema: unknown,
  at: readonly Step[],
  add: (steps: readonly Step[], values: readonly unknown[]) => void,
): void {
  if (typeof schema !== 'object' || schema === null || at.length > 3) return;
  const keywords = schema as Record<string, unknown>;
  const names = new Set(Array.isArray(keywords.required) ? (keywords.required as string[]) : []);
  if (keywords.additionalProperties === false) names.add('other');
  const properties = (keywords.properties ?? {}) as Record<string, unknown>;
  for (const name of [...names, ...Object.keys(properties)]) {
    const property = Object.hasOwn(properties, name) ? properties[name] : {};
    add([...at, name], [...valuesOf(property), undefined]);
    addProperties(property, [...at, name], add);
  }
}

function valuesOf(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return ['text', 1];
  const keywords = schema as Record<string, unknown>;
  if (Array.isArray(keywords.enum)) return [...keywords.enum, 'text'];
  if ('const' in keywords) return [keywords.const, 'text'];
  const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].flatMap((key) =>
    typeof keywords[key] === 'number' ? valuesNear(keywords[key]) : [],
  );
  const lengths = ['minLength', 'maxLength'].flatMap((key) => {
    const length = keywords[key];
    return typeof length === 'number' && length < 1000
      ? [length, length + 1, Math.max(0, length - 1)].map((n) => 'x'.repeat(n))
      : [];
  });
  return [...bounds, ...lengths, 'text', 1, true];
}

/** The value itself, what lies beside it, something else altogether, and nothing. */
function valuesNear(value: unknown): readonly unknown[] {
  if (typeof value === 'number') return [value, value + 1, value - 1, undefined];
  if (Array.isArray(value)) return [...value.slice(0, 8), 'something else', undefined];
  if (typeof value === 'string') {
    const host = value.replace('*', 'www');
    return [value, `${value}x`, 'something else', `https://${host}/`, undefined];
  }
  if (typeof value === 'boolean') return [value, !value, 'something', undefined];
  return [value ?? 'something', 'something else', undefined];
}

function leavesOf({ conditions }: ClauseView): readonly { path: string; value?: unknown }[] {
  const leaves: { path: string; value?: unknown }[] = [];
  const waiting: Condition[] = [...conditions];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if ('any' in next) waiting.push(...next.any);
    else if ('all' in next) waiting.push(...next.all);
    else if ('not' in next) waiting.push(next.not);
    else leaves.push(next);
  }
  return leaves;
}

/** Puts a value at a path, where nothing else is in its way. */
function set(args: Args, steps: readonly Step[], value: unknown): void {
  let at: Args = args;
  for (const [index, step] of steps.entries()) {
    const key = typeof step === 'symbol' ? 0 : step;
    if (Array.isArray(at) !== (typeof key === 'number') || (typeof key === 'number' && key > 20)) {
      return;
    }
    if (index === steps.length - 1) {
      at[key] = value;
      return;
    }
    const next = at[key] ?? (typeof steps[index + 1] === 'string' ? {} : []);
    if (typeof next !== 'object' || next === null) return;
    at[key] = next;
    at = next as Args;
  }
}
