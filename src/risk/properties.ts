const propertyLimit = 80;
const enumLimit = 80;
const wrappers = new Set('params request body input data args arguments'.split(' '));

/** A parameter of a tool, as the input schema has it. */
export interface Property {
  readonly name: string;
  /** Where it stands in the definition: `inputSchema.properties.path`. */
  readonly field: string;
  readonly schema: unknown;
  /** Whether every call has it. */
  readonly required: boolean;
  /** The keys that lead to its value in a call. Undefined where alternatives decide that. */
  readonly keys: readonly string[] | undefined;
}

/** A member of a plain object; undefined of anything else. */
export function ownMember(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** The texts that a value is chosen from, if it is. */
export function enumValues(property: unknown): readonly string[] {
  const values: unknown[] = [];
  const listed = ownMember(property, 'enum') ?? ownMember(ownMember(property, 'items'), 'enum');
  if (Array.isArray(listed)) values.push(...listed.slice(0, enumLimit));
  for (const key of ['anyOf', 'oneOf']) {
    const options = ownMember(property, key);
    if (!Array.isArray(options)) continue;
    for (const option of options.slice(0, enumLimit)) {
      const inner = ownMember(option, 'enum');
      if (Array.isArray(inner)) values.push(...inner.slice(0, enumLimit));
      values.push(ownMember(option, 'const'));
    }
  }
  return values.filter((value) => typeof value === 'string');
}

/** Parameters of the first level, of its alternatives, and of objects that only wrap the real ones. */
export function propertiesOf(inputSchema: unknown): readonly Property[] {
  const found: Property[] = [];
  const collect = (
    schema: unknown,
    field: string,
    depth: number,
    keys: readonly string[] | undefined,
    isThere: boolean,
  ): void => {
    const properties = ownMember(schema, 'properties');
    const needed = ownMember(schema, 'required');
    if (typeof properties === 'object' && properties !== null && !Array.isArray(properties)) {
      for (const name in properties) {
        if (found.length >= propertyLimit) return;
        if (!Object.hasOwn(properties, name)) continue;
        const inner = ownMember(properties, name);
        const at = `${field}.properties.${name}`;
        const required = isThere && Array.isArray(needed) && needed.includes(name);
        const path = keys && [...keys, name];
        found.push({ name, field: at, schema: inner, required, keys: path });
        if (depth > 0 && wrappers.has(name)) collect(inner, at, depth - 1, path, required);
      }
    }
    if (depth === 0) return;
    for (const key of ['anyOf', 'oneOf']) {
      const options = ownMember(schema, key);
      if (!Array.isArray(options)) continue;
      for (const [index, option] of options.slice(0, enumLimit).entries()) {
        collect(option, `${field}.${key}[${index}]`, depth - 1, undefined, isThere);
      }
    }
  };
  collect(inputSchema, 'inputSchema', 2, [], true);
  return found;
}
