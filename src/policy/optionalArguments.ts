import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { parsePath } from './argumentPath';
import type { Condition } from './condition';
import type { PolicyDocument } from './document';
import { compileGlob } from './glob';
import type { PolicyProblem } from './parsePolicy';
import { type Path, toPointer } from './pointer';
import type { Rule } from './rule';

/** A tool as its server describes it. */
export interface DescribedTool {
  readonly server: string;
  readonly name: string;
  readonly inputSchema: unknown;
}

/**
 * Conditions under `deny_if` and `approve_if` that an agent passes by leaving an argument out: one
 * that is not there meets no condition, and the tool's schema does not demand it.
 */
export function optionalArguments(
  document: PolicyDocument,
  tree: Node,
  tools: readonly DescribedTool[],
): PolicyProblem[] {
  const rules: { path: Path; server: string | undefined; pattern: string; rule: Rule }[] = [];
  for (const [pattern, rule] of Object.entries(document.tools ?? {})) {
    rules.push({ path: ['tools', pattern], server: undefined, pattern, rule });
  }
  for (const [server, block] of Object.entries(document.servers ?? {})) {
    for (const [pattern, rule] of Object.entries(block.tools ?? {})) {
      rules.push({ path: ['servers', server, 'tools', pattern], server, pattern, rule });
    }
  }
  return rules.flatMap(({ path, server, pattern, rule }) => {
    const governed = tools.filter(
      (tool) => fits(server, tool.server) && fits(pattern, tool.name) && tool.inputSchema,
    );
    return comparisonsOf(rule, path).flatMap(({ at, argument }) => {
      const lax = governed.find((tool) => !isRequired(tool.inputSchema, argument));
      const node = lax && findNodeAtLocation(tree, [...at, 'path']);
      return lax && node ? [problem(node, at, argument, lax.name)] : [];
    });
  });
}

function fits(pattern: string | undefined, name: string): boolean {
  return pattern === undefined || compileGlob(pattern).matches(name);
}

interface Comparison {
  readonly at: Path;
  /** The outermost argument that the condition looks into. */
  readonly argument: string;
}

function comparisonsOf(rule: Rule, path: Path): Comparison[] {
  return (['deny_if', 'approve_if'] as const).flatMap((key) =>
    (rule[key] ?? []).flatMap(({ conditions }, entry) =>
      conditions.flatMap((condition, index) =>
        comparisonsIn(condition, [...path, key, entry, 'conditions', index]),
      ),
    ),
  );
}

function comparisonsIn(condition: Condition, at: Path): Comparison[] {
  if ('any' in condition || 'all' in condition) {
    const [key, parts] =
      'any' in condition ? (['any', condition.any] as const) : (['all', condition.all] as const);
    return parts.flatMap((part, index) => comparisonsIn(part, [...at, key, index]));
  }
  // Under `not`, and with `exists`, absence is what is asked about.
  if ('not' in condition || condition.op === 'exists') return [];
  const parsed = parsePath(condition.path);
  const [argument] = parsed instanceof Error || parsed.root !== 'args' ? [] : parsed.steps;
  return typeof argument === 'string' ? [{ at, argument }] : [];
}

function isRequired(schema: unknown, argument: string): boolean {
  const required = typeof schema === 'object' && schema !== null && Reflect.get(schema, 'required');
  return Array.isArray(required) && required.includes(argument);
}

function problem(node: Node, at: Path, argument: string, tool: string): PolicyProblem {
  return {
    severity: 'warning',
    message: `"${argument}" is optional for "${tool}": a call without it passes this. Add { "path": "args.${argument}", "op": "exists" } to "require" if it must be there.`,
    offset: node.offset,
    length: node.length,
    pointer: toPointer([...at, 'path']),
  };
}
