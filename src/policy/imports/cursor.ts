import type { Access } from '../vocabulary';
import { failedImport, type ImportResult, type LeftOut, nameProblem } from './importResult';
import { readJson } from './readJson';
import { isNothing, member, type SourceNode, type SourceProblem, textOf } from './sourceTree';
import { importToolLists, type ListedTools } from './toolLists';

/**
 * What Cursor keeps of MCP tools: `Mcp(server:tool)` in the `permissions` of `cli.json`, and
 * `mcpAllowlist` of `permissions.json`.
 */
export function importCursor(text: string): ImportResult {
  const { root, problems: unreadable } = readJson(text);
  if (!root) return failedImport(unreadable);
  if (root.kind !== 'map') {
    return failedImport([{ message: 'The settings must be an object.', offset: root.offset }]);
  }
  const problems: SourceProblem[] = [];
  const left: LeftOut[] = [];
  const lines: ListedTools[] = [];
  const permissions = member(root, 'permissions');
  if (!isNothing(permissions) && permissions.kind !== 'map') {
    problems.push({ message: '"permissions" must be an object.', offset: permissions.offset });
  }
  const read = (
    node: SourceNode | undefined,
    path: string,
    access: Access,
    inner: (text: string) => string | undefined,
  ): void => {
    if (isNothing(node)) return;
    if (node.kind !== 'list') {
      problems.push({ message: `"${path}" must be a list of strings.`, offset: node.offset });
      return;
    }
    for (const [index, item] of node.items.entries()) {
      const line = readLine(item, access, inner);
      if (typeof line === 'string') left.push({ path: `${path}[${index}]`, message: line });
      else lines.push(line);
    }
  };
  const token = (text: string): string | undefined => /^Mcp\(([\s\S]*)\)$/.exec(text)?.[1];
  read(member(permissions, 'allow'), 'permissions.allow', 'allow', token);
  read(member(permissions, 'deny'), 'permissions.deny', 'deny', token);
  read(member(root, 'mcpAllowlist'), 'mcpAllowlist', 'allow', (text) => text);
  if (permissions?.kind === 'map') {
    for (const { key } of permissions.entries) {
      if (key === 'allow' || key === 'deny') continue;
      left.push({ path: `permissions.${key}`, message: 'It says nothing of MCP tools.' });
    }
  }
  for (const key of ['terminalAllowlist', 'autoRun', 'sandbox']) {
    if (member(root, key)) left.push({ path: key, message: 'It says nothing of MCP tools.' });
  }
  if (problems.length > 0) return failedImport(problems);
  const description = 'Imported from the permissions of Cursor.';
  return importToolLists(
    { description, default: modeOf(member(root, 'approvalMode'), left), lines, disabled: [] },
    left,
  );
}

function modeOf(node: SourceNode | undefined, left: LeftOut[]): Access {
  const mode = isNothing(node) ? 'allowlist' : textOf(node);
  if (mode === 'unrestricted') return 'allow';
  if (mode !== 'allowlist') {
    const message = `The mode "${mode ?? ''}" has no like here; tools that no rule names ask.`;
    left.push({ path: 'approvalMode', message });
  }
  return 'require_approval';
}

function readLine(
  item: SourceNode,
  access: Access,
  inner: (text: string) => string | undefined,
): ListedTools | string {
  if (item.kind !== 'value' || typeof item.value !== 'string') return 'Only strings are rules.';
  const text = inner(item.value);
  if (text === undefined) return 'It is no rule for MCP tools.';
  const at = text.indexOf(':');
  if (at < 0) return 'Write it as server:tool.';
  const [server, tool] = [text.slice(0, at), text.slice(at + 1)];
  const problem = nameProblem(server) ?? nameProblem(tool);
  if (problem !== undefined) return problem;
  if (/[[\]{}!]/.test(text)) return 'Of patterns, "*" and "?" can be carried over.';
  // Names hold no slashes that "*" would stop at.
  return { server: server.replace(/\*+/g, '*'), tool: tool.replace(/\*+/g, '*'), access };
}
