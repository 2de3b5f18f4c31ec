import { policyDocument } from './document';
import { editorSchema } from './editorSchema';
import { policyTestDocument } from './policyTest';

/** The JSON Schemas that the build writes for editors, by the names of their files. */
export function editorSchemas(): Readonly<Record<string, Record<string, unknown>>> {
  return {
    'policy.schema.json': editorSchema(policyDocument, 'Toolgate policy'),
    'policy-test.schema.json': editorSchema(policyTestDocument, 'Toolgate policy test'),
  };
}
