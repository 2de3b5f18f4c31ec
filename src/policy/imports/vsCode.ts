import { isGlob } from '../glob';
import type { Access } from '../vocabulary';
import {
  failedImport,
  finishedImport,
  type ImportResult,
  type LeftOut,
  nameProblem,
} from './importResult';
import { readJson } from './readJson';
import {
  isNothing,
  member,
  type SourceEntry,
  type SourceMap,
  type SourceNode,
  type SourceProblem,
} from './sourceTree';
import { importToolLists, type ListedTools, offLimits } from './toolLists';

const eligible = 'chat.tools.eligibleForAutoApproval';
const approveAll = ['chat.tools.global.autoApprove', 'chat.tools.autoApprove'];
const access = 'chat.mcp.access';
const enabled = 'chat.mcp.enabled';
const read = new Set([eligible, ...approveAll, access, enabled]);

/**
 * What VS Code's `settings.json` says of MCP tools. A tool asks unless everything is approved;
 * `false` for a tool means that it asks every time, whatever else is set.
 */
export function importVsCode(text: string): ImportResult {
  const { root, problems: unreadable } = readJson(text);
  if (!root) return failedImport(unreadable);
  if (root.kind !== 'map') {
    return failedImport([{ message: 'The settings must be an object.', offset: root.offset }]);
  }
  const problems: SourceProblem[] = [];
  const left: LeftOut[] = [];
  for (const { key } of root.entries) {
    if (/^chat\.(tools|mcp|permissions)\./.test(key) && !read.has(key)) {
      left.push({ path: key, message: 'It is no list of MCP tools.' });
    }
  }
  const isOn = approveAll.map((key) => flag(root, key, problems)).includes(true);
  const fallback: Access = isOn ? 'allow' : 'require_approval';
  const lines = toolLines(member(root, eligible), problems, left);
  const isOff = flag(root, enabled, problems) === false || isClosed(root, left);
  if (problems.length > 0) return failedImport(problems);
  const description = 'Imported from the settings of VS Code.';
  if (isOff) {
    return finishedImport(
      { version: '1', description, default: 'deny', hide: ['*'], servers: { '*': offLimits } },
      left,
    );
  }
  return importToolLists({ description, default: fallback, lines, disabled: [] }, left);
}

function flag(root: SourceMap, key: string, problems: SourceProblem[]): boolean | undefined {
  const node = member(root, key);
  if (isNothing(node)) return undefined;
  if (node.kind === 'value' && typeof node.value === 'boolean') return node.value;
  problems.push({ message: `"${key}" must be true or false.`, offset: node.offset });
  return undefined;
}

function isClosed(root: SourceMap, left: LeftOut[]): boolean {
  const node = member(root, access);
  if (isNothing(node)) return false;
  const text = node.kind === 'value' ? node.text : '';
  if (text === 'none') return true;
  if (text !== 'all') {
    left.push({ path: access, message: 'Where servers come from is no matter of a policy.' });
  }
  return false;
}

function toolLines(
  node: SourceNode | undefined,
  problems: SourceProblem[],
  left: LeftOut[],
): readonly ListedTools[] {
  if (isNothing(node)) return [];
  if (node.kind !== 'map') {
    const message = `"${eligible}" must be an object of tool names.`;
    problems.push({ message, offset: node.offset });
    return [];
  }
  return node.entries.flatMap((entry) => {
    const line = toolLine(entry);
    if (typeof line === 'string') left.push({ path: `${eligible}.${entry.key}`, message: line });
    return typeof line === 'object' ? [line] : [];
  });
}

/** A line for a tool that always asks, why there is none, or nothing where nothing is said. */
function toolLine({ key, value }: SourceEntry): ListedTools | string | undefined {
  if (value.kind !== 'value' || typeof value.value !== 'boolean') return 'Write true or false.';
  // The label of a server may hold slashes, the name of a tool does not.
  const at = key.lastIndexOf('/');
  const server = at < 0 ? '*' : key.slice(0, at);
  const tool = key.slice(at + 1);
  const problem = nameProblem(server) ?? nameProblem(tool);
  if (problem !== undefined) return problem;
  if (isGlob(key)) return 'VS Code knows no patterns here, so it fits no tool.';
  // With true the tool is like any other: the person may approve it for good, but has not.
  return value.value ? undefined : { server, tool, access: 'require_approval' };
}
