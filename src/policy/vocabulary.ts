// The words of the language, apart from its schema: who judges a call needs no schema library.

/** Ordered from the least to the gravest. */
export const categories = ['Read', 'Write', 'Execute', 'Destructive', 'Financial'] as const;
export type Category = (typeof categories)[number];

export const levels = ['low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

/** The level of a tool of which only the person's category is known. */
export const levelOf: Readonly<Record<Category, Level>> = {
  Read: 'low',
  Write: 'medium',
  Execute: 'high',
  Destructive: 'critical',
  Financial: 'critical',
};

export const accesses = ['allow', 'deny', 'require_approval'] as const;
export type Access = (typeof accesses)[number];

/** What besides tools passes between a client and a server. */
export const exchanges = ['sampling', 'elicitation', 'roots', 'resources', 'prompts'] as const;
export type ExchangeKind = (typeof exchanges)[number];
