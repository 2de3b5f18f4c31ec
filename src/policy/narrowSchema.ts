/** A JSON Schema: an object, or `true` or `false`. */
export type Schema = boolean | { readonly [key: string]: unknown };

type Keywords = { readonly [key: string]: unknown };

/**
 * A schema that a value fits if it fits both. It stays the tool's own schema with tighter bounds,
 * descriptions included, so that an agent sees what it may send; `allOf` only where two keywords
 * cannot be made one, since some models' tool formats do not know it.
 */
export function narrowSchema(own: Schema, bound: Schema): Schema {
  if (own === false || bound === false) return false;
  if (own === true) return bound;
  if (bound === true) return own;
  if (usesReferences(bound)) return withAllOf(own, documentFor(bound, own));
  // Beside `$ref`, older drafts ignore every other keyword.
  if ('$ref' in own) {
    const { definitions, rest } = apart(own);
    return { ...annotationsOf(own), ...definitions, allOf: [rest, bound] };
  }
  const result: Record<string, unknown> = { ...own };
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(bound)) {
    if (!(key in own)) result[key] = value;
    else {
      const merged = mergers[key]?.(own[key], value);
      if (annotations.has(key) || isSame(own[key], value)) continue;
      if (merged === undefined) rest[key] = value;
      else result[key] = merged;
    }
  }
  Object.assign(result, narrowProperties(own, bound));
  return Object.keys(rest).length > 0 ? withAllOf(result, rest) : result;
}

function withAllOf(schema: Keywords, part: Keywords): Keywords {
  return { ...schema, allOf: [...(Array.isArray(schema.allOf) ? schema.allOf : []), part] };
}

/** What references mean depends on the document around them: here `bound` is one of its own. */
function documentFor(bound: Keywords, own: Keywords): Keywords {
  const around = JSON.stringify(own);
  let number = 1;
  while (around.includes(`urn:toolgate:args:${number}"`)) number++;
  const { definitions, rest } = apart(bound);
  return { $id: `urn:toolgate:args:${number}`, ...definitions, allOf: [rest] };
}

/** What references look for at the root of a document, and all else. */
function apart({ $defs, definitions, ...rest }: Keywords): {
  definitions: Keywords;
  rest: Keywords;
} {
  return {
    definitions: {
      ...($defs === undefined ? {} : { $defs }),
      ...(definitions === undefined ? {} : { definitions }),
    },
    rest,
  };
}

function usesReferences(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) => key === '$ref' || key === '$dynamicRef' || usesReferences(value),
  );
}

const annotations = new Set([
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

function annotationsOf(schema: Keywords): Keywords {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => annotations.has(key)));
}

/** One keyword for two, or `undefined` where there is none. */
type Merger = (own: unknown, bound: unknown) => unknown;

const greater: Merger = (a, b) => (isNumber(a) && isNumber(b) ? Math.max(a, b) : undefined);
const lesser: Merger = (a, b) => (isNumber(a) && isNumber(b) ? Math.min(a, b) : undefined);
const schemas: Merger = (a, b) => (isSchema(a) && isSchema(b) ? narrowSchema(a, b) : undefined);

const mergers: Readonly<Record<string, Merger>> = {
  type: (a, b) => commonTypes(a, b),
  enum: (a, b) => {
    if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
    const both = a.filter((value) => b.some((other) => isSame(value, other)));
    return both.length > 0 ? both : undefined;
  },
  required: (a, b) =>
    Array.isArray(a) && Array.isArray(b) ? [...new Set([...a, ...b])] : undefined,
  minimum: greater,
  exclusiveMinimum: greater,
  minLength: greater,
  minItems: greater,
  minProperties: greater,
  maximum: lesser,
  exclusiveMaximum: lesser,
  maxLength: lesser,
  maxItems: lesser,
  maxProperties: lesser,
  uniqueItems: (a, b) => a === true || b === true,
  items: schemas,
  // `narrowProperties` does these; here they only must not count as unmergeable.
  properties: () => ({}),
  additionalProperties: () => true,
};

// `properties` and `additionalProperties` decide about each other's keys, so they go together.
function narrowProperties(own: Keywords, bound: Keywords): Keywords {
  const keys = ['properties', 'additionalProperties', 'patternProperties'];
  if (!keys.some((key) => key in bound)) return {};
  if ('patternProperties' in own || 'patternProperties' in bound) {
    const parts = [own, bound].map((schema) =>
      Object.fromEntries(keys.flatMap((key) => (key in schema ? [[key, schema[key]]] : []))),
    );
    const allOf = [...(Array.isArray(own.allOf) ? own.allOf : []), ...parts.slice(1)];
    return { ...parts[0], allOf };
  }
  const ownProperties = propertiesOf(own);
  const boundProperties = propertiesOf(bound);
  const ownRest = (own.additionalProperties ?? true) as Schema;
  const boundRest = (bound.additionalProperties ?? true) as Schema;
  const names = new Set([...Object.keys(ownProperties), ...Object.keys(boundProperties)]);
  const properties: [string, Schema][] = [];
  for (const name of names) {
    const narrowed = narrowSchema(
      memberOf(ownProperties, name) ?? ownRest,
      memberOf(boundProperties, name) ?? boundRest,
    );
    properties.push([name, narrowed]);
  }
  const rest = narrowSchema(ownRest, boundRest);
  // What may not be sent at all need not be listed once nothing else may be sent either.
  const listed = properties.filter(([, schema]) => schema !== false || rest !== false);
  return {
    properties: Object.fromEntries(listed),
    ...(rest === true ? {} : { additionalProperties: rest }),
  };
}

function propertiesOf(schema: Keywords): Readonly<Record<string, Schema>> {
  return typeof schema.properties === 'object' && schema.properties !== null
    ? (schema.properties as Record<string, Schema>)
    : {};
}

function memberOf(properties: Readonly<Record<string, Schema>>, name: string): Schema | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function commonTypes(a: unknown, b: unknown): unknown {
  const own = typesOf(a);
  const bound = typesOf(b);
  const both = own.flatMap((type) => {
    if (bound.includes(type)) return [type];
    // Every integer is a number.
    if (type === 'integer' && bound.includes('number')) return ['integer'];
    return type === 'number' && bound.includes('integer') ? ['integer'] : [];
  });
  const types = [...new Set(both)];
  if (types.length === 0) return undefined;
  return types.length === 1 ? types[0] : types;
}

function typesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((type) => typeof type === 'string');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isSchema(value: unknown): value is Schema {
  return (
    typeof value === 'boolean' ||
    (typeof value === 'object' && value !== null && !Array.isArray(value))
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
