import type { ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020';
import { linearRegExp } from './operators/regex';

/** What is wrong with arguments: JSON Pointers into them, of the parts that do not fit. */
export type ArgumentCheck = (args: unknown) => readonly string[];

// Loaded when a policy first has `args`. Strict, so that a keyword it does not know is an error and
// not a promise; patterns run on the linear-time engine.
function createAjv(): Ajv2020 {
  const { Ajv2020: Constructor } = require('ajv/dist/2020') as typeof import('ajv/dist/2020');
  const regExp = Object.assign((pattern: string) => linearRegExp(pattern), {
    code: 'require("re2js")',
  });
  const ajv = new Constructor({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allErrors: true,
    // `constructor` is no argument that anybody sent.
    ownProperties: true,
    code: { regExp },
  });
  // With it, the check is a promise, which whoever asks takes for a yes.
  ajv.removeKeyword('$async');
  return ajv;
}

/** What keeps a schema from being enforced, in words; `undefined` when nothing does. */
export function schemaProblem(schema: object): string | undefined {
  try {
    createAjv().compile(schema);
    return undefined;
  } catch (error) {
    return `This JSON Schema cannot be enforced: ${(error as Error).message}.`;
  }
}

export function compileSchema(schema: object): ArgumentCheck {
  const validate: ValidateFunction = createAjv().compile(schema);
  return (args) => {
    try {
      if (validate(args)) return [];
    } catch {
      // Code that ajv makes of rare combinations of keywords fails: what is not judged does not fit.
      return [''];
    }
    return [...new Set((validate.errors ?? []).map(({ instancePath }) => instancePath))];
  };
}
