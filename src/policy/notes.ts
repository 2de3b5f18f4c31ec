import type { Path } from './pointer';

/**
 * Whether a key that begins with `x-` is a note of the author in the object at `path` of a policy:
 * only beside keys of the language. Elsewhere it names a tool, a server or an argument, or belongs
 * to a value that a condition compares with, and to leave it out would leave out what it says.
 */
export function notesMayStandAt(path: Path): boolean {
  if (path[0] === 'servers' && path.length === 1) return false;
  const [section, _name, key, ...rest] = path[0] === 'servers' ? path.slice(2) : path;
  const depth = path.length - (path[0] === 'servers' ? 2 : 0);
  if (depth === 1) return section !== 'tools' && section !== 'classify';
  if (section !== 'tools' && section !== 'risk') return true;
  if (key === 'args') return isSchema(rest);
  // Conditions hold data below "value" only.
  return !rest.includes('value');
}

const keywordsOfSchema: ReadonlySet<string | number> = new Set([
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
  'not',
  'if',
  'then',
  'else',
]);
const keywordsOfSchemas: ReadonlySet<string | number> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
  'prefixItems',
  'allOf',
  'anyOf',
  'oneOf',
]);

/** Whether a schema stands at `path` of a JSON Schema, and not names of properties or plain values. */
function isSchema(path: Path): boolean {
  let at: 'schema' | 'schemas' | 'value' = 'schema';
  for (const key of path) {
    if (at === 'schema' && keywordsOfSchemas.has(key)) at = 'schemas';
    else if (at === 'value' || (at === 'schema' && !keywordsOfSchema.has(key))) at = 'value';
    else at = 'schema';
  }
  return at === 'schema';
}
