/** What is wrong with a text, in the terms of the field. */
export const findingClasses = [
  'hidden-chars',
  'look-alike',
  'shadowing',
  'secret-exfil',
  'encoded-exfil',
  'line-jumping',
  'concealment',
  'consent-bypass',
  'policy-tamper',
  'fake-authority',
  'rug-pull',
  'tool-preference',
  'oversized',
  'not-as-published',
] as const;
export type FindingClass = (typeof findingClasses)[number];

/** `severe`: nobody should use it before a person has looked. `moderate`: worth a look. */
export type Severity = 'severe' | 'moderate';

/** A part of a server's text that does something other than describe. */
export interface Finding {
  readonly severity: Severity;
  readonly class: FindingClass;
  /** Where it stands: `description`, `inputSchema.properties.mode.enum[2]`. */
  readonly field: string;
  /** The exact span of the field's text. It may hold anything: make it visible before it is shown. */
  readonly text: string;
  /** Where the span begins in the field's text, in UTF-16 units. */
  readonly offset: number;
}
