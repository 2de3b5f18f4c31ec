import { z } from 'zod';
import { policyDocument } from './document';

/**
 * The JSON Schema of `policy.json` for editors, from the same definition that the gateway enforces.
 * Draft-07, which VS Code's JSON support knows best.
 */
export function policyJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(policyDocument, {
    target: 'draft-07',
    io: 'input',
    override: ({ jsonSchema }) => {
      // `x-` keys are the reader's own wherever the language's keys stand; zod cannot say so.
      if (jsonSchema.type === 'object' && jsonSchema.additionalProperties === false) {
        jsonSchema.patternProperties = { '^x-': true };
      }
    },
  }) as Record<string, unknown>;
  return { ...schema, title: 'Toolgate policy', allowComments: true, allowTrailingCommas: true };
}
