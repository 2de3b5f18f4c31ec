import { z } from 'zod';
import { type ArgumentPath, type Found, follow, parsePath } from './argumentPath';
import { isCommandOf } from './operators/command';
import { globMatcher } from './operators/glob';
import { isHostOf, isHostPattern } from './operators/host';
import { longestMatched, matcher, patternProblem } from './operators/regex';
import { isSqlOf, sqlKinds } from './operators/sql';
import { allOf, anyOf, not, type Truth } from './operators/truth';
import { isUnder, type PathFacts } from './operators/under';
import { compare, contains, isEqual, isNoLongerThan, isOneOf } from './operators/values';

/** What a condition may look at. */
export interface ConditionFacts {
  readonly args: Readonly<Record<string, unknown>>;
  readonly server: string;
  readonly tool: string;
  readonly client: string;
  /** Calls of the session before this one. */
  readonly sessionCalls: number;
  readonly paths: PathFacts;
}

type Test = (value: unknown, facts: ConditionFacts) => Truth;

interface Operator {
  readonly help: string;
  readonly value: z.ZodType;
  /** A longer text cannot be judged: the agent chooses it, and the editor waits. */
  readonly longest: number;
  /** `expected` has been checked by `value`. */
  compile(expected: never): Test;
}

// Keeps the type of the value between the schema and `compile`, which a plain table would lose.
function operator<S extends z.ZodType>(
  help: string,
  value: S,
  compile: (expected: z.infer<S>) => Test,
  longest = Number.POSITIVE_INFINITY,
): Operator {
  return { help, value, compile, longest };
}

// Reading words takes longer than matching does. Of several values, the path bounds the sum.
const longestRead = 65_536;

const anyValue = z.union(
  [
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(z.unknown()),
    z.record(z.string(), z.unknown()),
  ],
  'The condition needs a "value".',
);
const aNumber = z.number('The value must be a number.');
const list = z
  .array(anyValue, 'The value must be a list, such as ["a", "b"].')
  .min(1, 'An empty list fits nothing.');
const words = z
  .array(z.string(), 'The value must be a list of words, such as ["git", "status", "**"].')
  .min(1, 'The list needs at least the name of the program.')
  .refine(
    (globs) => globs.slice(0, -1).every((glob) => glob !== '**'),
    '"**" can only be the last word.',
  );
const pattern = z.string('The value must be a regular expression.').superRefine((text, context) => {
  const problem = patternProblem(text);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const hostPattern = z.string('A host must be a string.').refine(isHostPattern, {
  error:
    'Write a host name, such as "api.example.com" or "*.example.com", without scheme, port or path.',
});
const kinds = z
  .array(z.enum(sqlKinds, { error: `The kinds of statements are ${sqlKinds.join(', ')}.` }))
  .min(1, 'The list needs at least one kind of statement.');

function oneOrMore<S extends z.ZodType>(item: S) {
  return z.union([item, z.array(item).min(1, 'An empty list fits nothing.')]);
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

const numeric = (help: string, holds: (value: number, expected: number) => boolean): Operator =>
  operator(help, aNumber, (expected) => (value) => compare(value, (n) => holds(n, expected)));

/** Every operator: what it means, what its value has to be, and how it is judged. */
const operators = {
  eq: operator('The value is this one.', anyValue, (e) => (v) => isEqual(v, e)),
  neq: operator('The value is not this one.', anyValue, (e) => (v) => not(isEqual(v, e))),
  lt: numeric('The number is less.', (n, e) => n < e),
  lte: numeric('The number is less or equal.', (n, e) => n <= e),
  gt: numeric('The number is greater.', (n, e) => n > e),
  gte: numeric('The number is greater or equal.', (n, e) => n >= e),
  in: operator('The value is one of a list.', list, (e) => (v) => isOneOf(v, e)),
  not_in: operator('The value is none of a list.', list, (e) => (v) => not(isOneOf(v, e))),
  regex: operator(
    'The regular expression (RE2) matches somewhere.',
    pattern,
    (e) => matcher(e, false),
    longestMatched,
  ),
  matches: operator(
    'The regular expression (RE2) matches the whole string.',
    pattern,
    (e) => matcher(e, true),
    longestMatched,
  ),
  contains: operator(
    'The string has this part, or the array this element.',
    anyValue,
    (e) => (v) => contains(v, e),
  ),
  glob: operator(
    'The whole string matches a pattern: * stops at /, ** does not.',
    oneOrMore(z.string('The value must be a pattern.')),
    (e) => {
      const globs = listOf(e).map(globMatcher);
      return (value) => anyOf(globs.map((glob) => glob(value)));
    },
    longestMatched,
  ),
  under: operator(
    'The path lies inside this folder, whatever "..", links or encodings it holds.',
    oneOrMore(z.string('The value must be a folder.').min(1, 'The value must be a folder.')),
    (e) =>
      (value, { paths }) =>
        typeof value === 'string'
          ? anyOf(listOf(e).map((base) => isUnder(value, base, paths)))
          : undefined,
  ),
  host: operator(
    "The URL's host is one of these; *.example.com for its subdomains.",
    oneOrMore(hostPattern),
    (e) => (value) => (typeof value === 'string' ? isHostOf(value, listOf(e)) : undefined),
    longestMatched,
  ),
  command: operator(
    'The string is one plain command whose words fit these, in order; a last "**" takes any further words.',
    words,
    (e) =>
      (value, { paths }) =>
        typeof value === 'string' ? isCommandOf(value, e, paths.platform) : undefined,
    longestRead,
  ),
  sql: operator(
    'Every statement in the string is of one of these kinds.',
    kinds,
    (e) => (value) => (typeof value === 'string' ? isSqlOf(value, e) : undefined),
    longestRead,
  ),
  length_lte: operator(
    'The string or array is no longer than this.',
    z.int('The value must be a whole number.').min(0, 'A length is not negative.'),
    (e) => (value) => isNoLongerThan(value, e),
  ),
} satisfies Record<string, Operator>;

type OperatorName = keyof typeof operators;

const path = z
  .string('"path" must be a string, such as "args.amount".')
  .superRefine((text, context) => {
    const parsed = parsePath(text);
    if (parsed instanceof Error) context.addIssue({ code: 'custom', message: parsed.message });
  })
  .describe(
    'What is looked at: args.a.b, args.list[0].id, args.list[*], args["a.b"], server, tool, client.name or session.calls.',
  );

const names = [...Object.keys(operators), 'exists'];
const noOperator = `"op" must be one of ${names.join(', ')}.`;

function comparison(name: OperatorName) {
  const { help, value } = operators[name];
  return z.strictObject({ path, op: z.literal(name).describe(help), value });
}

const [firstName, ...otherNames] = Object.keys(operators) as [OperatorName, ...OperatorName[]];
const leaf = z.discriminatedUnion(
  'op',
  [
    comparison(firstName),
    ...otherNames.map(comparison),
    z.strictObject({
      path,
      op: z
        .literal('exists')
        .describe('There is a value other than null; with false, there is none.'),
      value: z.boolean('The value must be true or false.').optional(),
    }),
  ],
  noOperator,
);

export type Condition =
  | { readonly path: string; readonly op: string; readonly value?: unknown }
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] }
  | { readonly not: Condition };

const several = (): z.ZodType =>
  z.array(condition, 'A list of conditions belongs here.').min(1, 'An empty list decides nothing.');

/** A condition on one call. */
export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union(
    [
      leaf,
      z.strictObject({ any: several() }),
      z.strictObject({ all: several() }),
      z.strictObject({ not: condition }),
    ],
    'A condition is { "path": …, "op": …, "value": … }, { "any": […] }, { "all": […] } or { "not": … }.',
  ),
) as z.ZodType<Condition>;

/** Judges a call by a condition that the schema has accepted. */
export type CompiledCondition = (facts: ConditionFacts) => Truth;

export function compileCondition(source: Condition): CompiledCondition {
  if ('any' in source) {
    const parts = source.any.map(compileCondition);
    return (facts) => anyOf(parts.map((part) => part(facts)));
  }
  if ('all' in source) return compileAll(source.all);
  if ('not' in source) {
    const part = compileCondition(source.not);
    return (facts) => not(part(facts));
  }
  const at = parsePath(source.path) as ArgumentPath;
  if (source.op === 'exists') {
    const wanted = source.value !== false;
    return (facts) => {
      const found = lookUp(at, facts);
      if (found.kind === 'unclear') return undefined;
      if (found.kind === 'absent') return !wanted;
      const there = found.values.filter((value) => value !== null && value !== undefined).length;
      // With `[*]`: of some elements only is neither the one nor the other.
      if (there > 0 && there < found.values.length) return undefined;
      return there > 0 === wanted;
    };
  }
  const { compile, longest }: Operator = operators[source.op as OperatorName];
  const test = compile(source.value as never);
  return (facts) => {
    const found = lookUp(at, facts);
    if (found.kind === 'unclear') return undefined;
    // An argument that is not there fails every comparison.
    if (found.kind === 'absent') return false;
    const judge = (value: unknown): Truth => {
      if (typeof value === 'string' && value.length > longest) return undefined;
      return value === undefined ? false : test(value, facts);
    };
    return found.values.length === 1 ? judge(found.values[0]) : allOf(found.values.map(judge));
  };
}

/** All of them hold; of none, that is so. */
export function compileAll(sources: readonly Condition[]): CompiledCondition {
  const parts = sources.map(compileCondition);
  return (facts) => {
    let result: Truth = true;
    for (const part of parts) {
      const truth = part(facts);
      if (truth === false) return false;
      if (truth === undefined) result = undefined;
    }
    return result;
  };
}

function lookUp(at: ArgumentPath, facts: ConditionFacts): Found {
  switch (at.root) {
    case 'args':
      return follow(facts.args, at.steps);
    case 'server':
      return { kind: 'values', values: [facts.server] };
    case 'tool':
      return { kind: 'values', values: [facts.tool] };
    case 'client.name':
      return { kind: 'values', values: [facts.client] };
    case 'session.calls':
      return { kind: 'values', values: [facts.sessionCalls] };
  }
}
