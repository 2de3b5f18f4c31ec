import { z } from 'zod';

/** What is done to the results of calls, before the agent gets them. */
export const results = z
  .strictObject(
    {
      redact: z
        .array(
          z.enum(['secrets'], { error: '"redact" knows "secrets".' }),
          '"redact" must be a list: ["secrets"].',
        )
        .describe('secrets: keys, tokens and passwords of known shapes are replaced by a mark.')
        .optional(),
      strip: z
        .array(
          z.enum(['hidden'], { error: '"strip" knows "hidden".' }),
          '"strip" must be a list: ["hidden"].',
        )
        .describe('hidden: terminal codes and characters that a person does not see are taken out.')
        .optional(),
      max_bytes: z
        .int('"max_bytes" must be a whole number of bytes.')
        .min(1, '"max_bytes" must be at least 1.')
        .describe('A larger result is withheld; the call was made all the same.')
        .optional(),
    },
    '"results" must be an object with "redact", "strip" or "max_bytes".',
  )
  .describe('What is done to the results of calls, before the agent gets them.');

/** The same in the form that is enforced. */
export interface Treatment {
  readonly redactSecrets: boolean;
  readonly stripHidden: boolean;
  readonly maxBytes: number | undefined;
}

/** `undefined` where nothing is done. */
export function treatmentOf(written: z.infer<typeof results> | undefined): Treatment | undefined {
  if (!written) return undefined;
  const redactSecrets = written.redact?.includes('secrets') === true;
  const stripHidden = written.strip?.includes('hidden') === true;
  const maxBytes = written.max_bytes;
  if (!redactSecrets && !stripHidden && maxBytes === undefined) return undefined;
  return { redactSecrets, stripHidden, maxBytes };
}

/** Both at once. */
export function bothTreatments(
  a: Treatment | undefined,
  b: Treatment | undefined,
): Treatment | undefined {
  if (!a || !b) return a ?? b;
  const sizes = [a.maxBytes, b.maxBytes].filter((size) => size !== undefined);
  return {
    redactSecrets: a.redactSecrets || b.redactSecrets,
    stripHidden: a.stripHidden || b.stripHidden,
    maxBytes: sizes.length > 0 ? Math.min(...sizes) : undefined,
  };
}

/** Whether one does all that the other does. */
export function treatsAsMuch(one: Treatment | undefined, other: Treatment | undefined): boolean {
  if (!other) return true;
  if (!one) return false;
  return (
    (one.redactSecrets || !other.redactSecrets) &&
    (one.stripHidden || !other.stripHidden) &&
    (other.maxBytes === undefined || (one.maxBytes ?? Number.POSITIVE_INFINITY) <= other.maxBytes)
  );
}
