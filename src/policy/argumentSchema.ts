import type { ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020';
import { linearRegExp } from './operators/regex';

/** What is wrong with arguments: JSON Pointers into them, of the parts that do not fit. */
export type ArgumentCheck = (args: unknown) => readonly string[];

// Loaded when a policy first has `args`.
function engine(): typeof Ajv2020 {
  return (require('ajv/dist/2020') as typeof import('ajv/dist/2020')).Ajv2020;
}

// What a schema may look like never changes, and compiling that takes a hundred times as long as
// compiling a schema.
const metaSchema = once(() => new (engine())());

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

// Strict, so that a keyword it does not know is an error and not a promise; patterns run on the
// linear-time engine. One for each schema, so that none can refer to another's parts.
function createAjv(): Ajv2020 {
  const regExp = Object.assign((pattern: string) => linearRegExp(pattern), {
    code: 'require("re2js")',
  });
  const ajv = new (engine())({
    strict: true,
    // `schemaProblem` has seen to it.
    meta: false,
    validateSchema: false,
    strictRequired: false,
    strictTypes: false,
    allErrors: true,
    // `constructor` is no argument that anybody sent.
    ownProperties: true,
    code: { regExp },
  });
  // With it, the check is a promise, which whoever asks takes for a yes.
  ajv.removeKeyword('$async');
  // The validator's own compares each item with every other.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (unique: boolean, items: readonly unknown[]) =>
      !unique || new Set(items.map(canonicalText)).size === items.length,
  });
  return ajv;
}

/** The same for equal values, whatever the order of their keys. */
function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join()}}`;
}

// Checking takes time, and a place is kept for each part that does not fit: the agent decides how
// many parts there are, and the editor waits.
const mostParts = 20_000;

function hasTooManyParts(args: unknown): boolean {
  let parts = 0;
  const waiting = [args];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const members = Object.values(next);
    parts += members.length;
    if (parts > mostParts) return true;
    for (const member of members) waiting.push(member);
  }
  return false;
}

/** What keeps a schema from being enforced, in words; `undefined` when nothing does. */
export function schemaProblem(schema: object): string | undefined {
  try {
    const meta = metaSchema();
    if (meta.validateSchema(schema) !== true)
      throw new Error(`schema is invalid: ${meta.errorsText()}`);
    createAjv().compile(schema);
    return undefined;
  } catch (error) {
    return `This JSON Schema cannot be enforced: ${(error as Error).message}.`;
  }
}

export function compileSchema(schema: object): ArgumentCheck {
  const validate: ValidateFunction = createAjv().compile(schema);
  return (args) => {
    if (hasTooManyParts(args)) return [''];
    try {
      if (validate(args)) return [];
    } catch {
      // A text is too long for its pattern. Or code that ajv makes of rare combinations of keywords
      // fails. What is not judged does not fit.
      return [''];
    }
    return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];
  };
}
