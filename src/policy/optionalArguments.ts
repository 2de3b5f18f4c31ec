import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { PolicyDocument } from './document';
import { compileGlob } from './glob';
import type { PolicyProblem } from './parsePolicy';
import { type Path, toPointer } from './pointer';
import { refusingComparisons } from './refusingComparisons';
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
    return refusingComparisons(rule, path).flatMap(({ at, path: compared }) => {
      const [argument] = compared.root === 'args' ? compared.steps : [];
      if (typeof argument !== 'string') return [];
      const lax = governed.find((tool) => !isRequired(tool.inputSchema, argument));
      const node = lax && findNodeAtLocation(tree, [...at, 'path']);
      return lax && node ? [problem(node, at, argument, lax.name)] : [];
    });
  });
}

function fits(pattern: string | undefined, name: string): boolean {
  return pattern === undefined || compileGlob(pattern).matches(name);
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
