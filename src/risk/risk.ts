/** What the worst call of a tool can do. */
export const categories = ['Read', 'Write', 'Execute', 'Destructive', 'Financial'] as const;
export type Category = (typeof categories)[number];

/** Ordered from the least to the greatest. */
export const levels = ['low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof levels)[number];

/** The parts of an MCP tool definition that a judgement of its risk may rest on. */
export interface ToolDefinition {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema?: unknown;
  readonly annotations?: unknown;
}

/** Where the tool lives; siblings are the names of the other tools of the same server. */
export interface ToolContext {
  readonly server?: string | undefined;
  readonly siblings?: readonly string[] | undefined;
}

/** One reason for a judgement. */
export interface Evidence {
  /** A sentence for people, with the words it rests on in double quotes. */
  readonly text: string;
  /** Where the words stand: `name`, `description`, `inputSchema.properties.sql`. */
  readonly field: string;
  /** The exact words, as the server wrote them. */
  readonly words: readonly string[];
}

export interface Risk {
  readonly category: Category;
  readonly level: Level;
  /** 0–1: how sure the category is. */
  readonly confidence: number;
  /** The weightiest first. */
  readonly evidence: readonly Evidence[];
  /** A claim of the server that the rest of its definition speaks against. It lowers nothing. */
  readonly contradiction: Evidence | undefined;
}
