import { compileSchema } from '../argumentSchema';
import { isEqual } from '../operators/values';

type Keywords = Readonly<Record<string, unknown>>;

/**
 * Whether every value that fits `narrow` fits `wide`. Keyword by keyword, since most bound a value
 * without regard to the others; where some do not, only equal ones count. `narrowSchema` is no test
 * of this: `prefixItems` or `minContains: 0` beside the old keywords widen what they meant.
 */
export function schemaIncludes(wide: unknown, narrow: unknown): boolean {
  // What a reference means depends on the whole document around it.
  if (usesReferences(wide) || usesReferences(narrow)) return isSame(wide, narrow);
  return follows(wide, narrow);
}

function follows(wide: unknown, narrow: unknown): boolean {
  if (wide === true || narrow === false || isSame(wide, narrow)) return true;
  if (!isKeywords(wide)) return false;
  const own = isKeywords(narrow) ? narrow : {};
  // These look at what their neighbours have looked at.
  if (
    [wide, own].some((schema) => Object.keys(schema).some((key) => key.startsWith('unevaluated')))
  )
    return false;
  const values = listedValues(own);
  if (values) return values.every((value) => fits(wide, value));
  const { allOf, anyOf, ...rest } = wide;
  return (
    Object.keys(rest).every((key) => annotations.has(key) || keyFollows(key, rest, own)) &&
    listOf(allOf).every((part) => follows(part, own)) &&
    (anyOf === undefined ||
      isSame(anyOf, own.anyOf) ||
      listOf(anyOf).some((part) => follows(part, own)))
  );
}

const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  // Nothing without references, which are compared as a whole.
  '$defs',
  'definitions',
  '$id',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Keywords that only together say something. */
const groups: readonly (readonly string[])[] = [
  ['type', 'nullable'],
  ['properties', 'additionalProperties', 'patternProperties'],
  ['items', 'prefixItems', 'additionalItems'],
  ['contains', 'minContains', 'maxContains'],
  ['if', 'then', 'else'],
];

function keyFollows(key: string, wide: Keywords, narrow: Keywords): boolean {
  const group = groups.find((keys) => keys.includes(key)) ?? [key];
  if (group.every((name) => isSame(wide[name], narrow[name]))) return true;
  if (directly(key, wide, narrow)) return true;
  const part = Object.fromEntries(
    group.flatMap((name) => (name in wide ? [[name, wide[name]]] : [])),
  );
  return listOf(narrow.allOf).some((other) => follows(part, other));
}

function directly(key: string, wide: Keywords, narrow: Keywords): boolean {
  switch (key) {
    case 'type':
      return (
        !('nullable' in wide) && !('nullable' in narrow) && typesFollow(wide.type, narrow.type)
      );
    case 'required':
      return listOf(wide.required).every((name) => listOf(narrow.required).includes(name));
    case 'minimum':
      return (
        isAtLeast(narrow.minimum, wide.minimum) || isAtLeast(narrow.exclusiveMinimum, wide.minimum)
      );
    case 'maximum':
      return (
        isAtLeast(wide.maximum, narrow.maximum) || isAtLeast(wide.maximum, narrow.exclusiveMaximum)
      );
    case 'exclusiveMinimum':
      return (
        isAtLeast(narrow.exclusiveMinimum, wide.exclusiveMinimum) ||
        isAbove(narrow.minimum, wide.exclusiveMinimum)
      );
    case 'exclusiveMaximum':
      return (
        isAtLeast(wide.exclusiveMaximum, narrow.exclusiveMaximum) ||
        isAbove(wide.exclusiveMaximum, narrow.maximum)
      );
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return isAtLeast(narrow[key], wide[key]);
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return isAtLeast(wide[key], narrow[key]);
    case 'uniqueItems':
      return wide.uniqueItems === false;
    case 'items':
      return (
        !('prefixItems' in narrow) && !('prefixItems' in wide) && follows(wide.items, narrow.items)
      );
    case 'properties':
    case 'additionalProperties':
      return propertiesFollow(wide, narrow);
    default:
      return false;
  }
}

function propertiesFollow(wide: Keywords, narrow: Keywords): boolean {
  if ('patternProperties' in wide || 'patternProperties' in narrow) return false;
  const [outer, inner] = [wide, narrow].map(
    ({ properties }) => new Map(isKeywords(properties) ? Object.entries(properties) : []),
  ) as [Map<string, unknown>, Map<string, unknown>];
  const [outerRest, innerRest] = [wide, narrow].map(
    ({ additionalProperties }) => additionalProperties ?? true,
  );
  const named = (schemas: Map<string, unknown>, name: string, rest: unknown): unknown =>
    schemas.has(name) ? schemas.get(name) : rest;
  return (
    follows(outerRest, innerRest) &&
    [...new Set([...outer.keys(), ...inner.keys()])].every((name) =>
      follows(named(outer, name, outerRest), named(inner, name, innerRest)),
    )
  );
}

function typesFollow(wide: unknown, narrow: unknown): boolean {
  const types = listOf(wide);
  const own = listOf(narrow);
  return (
    own.length > 0 &&
    own.every((type) => types.includes(type) || (type === 'integer' && types.includes('number')))
  );
}

/** The only values that fit, where a schema lists them. */
function listedValues(schema: Keywords): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function fits(schema: Keywords, value: unknown): boolean {
  try {
    return compileSchema(schema)(value).length === 0;
  } catch {
    // A part of a schema may not stand alone.
    return false;
  }
}

function usesReferences(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) =>
      key === '$ref' || key === '$dynamicRef' || key === '$recursiveRef' || usesReferences(value),
  );
}

function isAtLeast(value: unknown, least: unknown): boolean {
  return typeof value === 'number' && typeof least === 'number' && value >= least;
}

function isAbove(value: unknown, bound: unknown): boolean {
  return typeof value === 'number' && typeof bound === 'number' && value > bound;
}

function isKeywords(schema: unknown): schema is Keywords {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return JSON.stringify(a) === JSON.stringify(b) || isEqual(a, b) === true;
}
