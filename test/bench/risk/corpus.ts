/** The labelled corpus: read where it is, never copied into the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Category, Level, ToolContext, ToolDefinition } from '../../../src/risk/risk';

/** A tool as the classifier is shown it: without annotations. */
export interface ShownTool {
  readonly tool: ToolDefinition;
  readonly context: ToolContext & { readonly server: string };
}
export interface NpmTool extends ShownTool {
  /** The author's own `readOnlyHint`. */
  readonly readOnly: boolean | null;
}
export interface Label {
  readonly server: string;
  readonly name: string;
  readonly category: Category;
  readonly second: Category | null;
  readonly level: Level | null;
  readonly sure: number;
}
export interface LabelledTool extends ShownTool {
  readonly label: Label;
}
export interface PolicyTool extends ShownTool {
  readonly category: Category;
  readonly origin: string;
}
export interface Corpus {
  readonly tools: readonly NpmTool[];
  readonly labelled: readonly LabelledTool[];
  readonly policyLayer: readonly PolicyTool[];
}

const repo = resolve(fileURLToPath(import.meta.url), '../../../..');
export const defaultCorpus = join(repo, '../shared/corpus');

function rows<T>(dir: string, file: string): readonly T[] {
  const path = join(dir, file);
  if (!existsSync(path)) {
    console.log(`skipped: ${path} is not there`);
    return [];
  }
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

function siblingsOf<T extends { readonly server: string }>(
  all: readonly T[],
  nameOf: (row: T) => string,
): ReadonlyMap<string, readonly string[]> {
  const siblings = new Map<string, string[]>();
  for (const row of all) {
    siblings.set(row.server, [...(siblings.get(row.server) ?? []), nameOf(row)]);
  }
  return siblings;
}

export function readCorpus(dir: string): Corpus {
  const npm = rows<{ server: string; tool: ToolDefinition; readOnly: boolean | null }>(
    dir,
    'npm-tools.jsonl',
  );
  const siblings = siblingsOf(npm, ({ tool }) => tool.name);
  const tools = npm.map(({ server, tool, readOnly }) => {
    const { annotations: _, ...shown } = tool;
    return { tool: shown, context: { server, siblings: siblings.get(server) }, readOnly };
  });
  const byName = new Map(tools.map((row) => [`${row.context.server} ${row.tool.name}`, row]));
  const labelled = rows<Label>(dir, 'categories.jsonl').flatMap((label) => {
    const row = byName.get(`${label.server} ${label.name}`);
    return row ? [{ ...row, label }] : [];
  });
  const policy = rows<{
    server: string;
    tool: string;
    description: string;
    category: Category;
    label_origin: string;
  }>(dir, 'policylayer.jsonl');
  const policySiblings = siblingsOf(policy, ({ tool }) => tool);
  const policyLayer = policy.map(({ server, tool, description, category, label_origin }) => ({
    tool: { name: tool, description },
    context: { server, siblings: policySiblings.get(server) },
    category,
    origin: label_origin,
  }));
  return { tools, labelled, policyLayer };
}
