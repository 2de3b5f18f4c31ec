import { z } from 'zod';

/**
 * The JSON Schema of a file for editors, from the definition that its reader enforces. Draft-07,
 * which VS Code's JSON support knows best.
 */
export function editorSchema(definition: z.ZodType, title: string): Record<string, unknown> {
  const schema = z.toJSONSchema(definition, {
    target: 'draft-07',
    io: 'input',
    override: ({ jsonSchema }) => {
      // `x-` keys are the reader's own wherever the language's keys stand; zod cannot say so.
      if (jsonSchema.type === 'object' && jsonSchema.additionalProperties === false) {
        jsonSchema.patternProperties = { '^x-': true };
      }
    },
  }) as Record<string, unknown>;
  return { ...schema, title, allowComments: true, allowTrailingCommas: true };
}
