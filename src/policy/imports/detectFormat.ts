import { readJson } from './readJson';
import { isNothing, member, type SourceNode } from './sourceTree';

export const importFormats = ['intercept', 'vscode', 'claude', 'cursor'] as const;
export type ImportFormat = (typeof importFormats)[number];

const keysOf: readonly (readonly [ImportFormat, RegExp])[] = [
  ['vscode', /^(chat|github\.copilot|editor|workbench)\./],
  ['cursor', /^(mcpAllowlist|terminalAllowlist|approvalMode)$/],
  ['claude', /^((en|dis)abledMcpjsonServers|enableAllProjectMcpServers|(allow|deni)edMcpServers)$/],
];

const pathsOf: readonly (readonly [ImportFormat, RegExp])[] = [
  ['vscode', /(^|\/)\.vscode\/settings\.json$/],
  ['cursor', /(^|\/)\.cursor\/[^/]+$/],
  ['claude', /(^|\/)\.claude\/[^/]+$/],
];

/** Whose file it is, by what it holds and, where that fits several, by where it lies. */
export function detectFormat(path: string, text: string): ImportFormat | undefined {
  const { root } = readJson(text);
  // What does not begin like JSON, or has no JSON in it, can only be YAML.
  if (!root)
    return /^[ \t]*("?(version|tools|default|hide)"?)[ \t]*:/m.test(text) ? 'intercept' : undefined;
  return byContent(root) ?? pathsOf.find(([, name]) => name.test(path.replaceAll('\\', '/')))?.[0];
}

function byContent(root: SourceNode): ImportFormat | undefined {
  if (root.kind !== 'map') return undefined;
  const byKey = keysOf.find(([, name]) => root.entries.some(({ key }) => name.test(key)))?.[0];
  if (byKey) return byKey;
  const tools = member(root, 'tools');
  if (tools?.kind === 'map' && tools.entries.some(({ value }) => member(value, 'rules'))) {
    return 'intercept';
  }
  const permissions = member(root, 'permissions');
  const rules = ['allow', 'deny', 'ask'].flatMap((key) => {
    const list = member(permissions, key);
    return list?.kind === 'list' ? list.items : [];
  });
  const texts = rules.flatMap((item) =>
    item.kind === 'value' && typeof item.value === 'string' ? [item.value] : [],
  );
  if (texts.some((text) => /^(Mcp|Shell)\(/.test(text))) return 'cursor';
  if (texts.some((text) => /^(mcp__|Bash)/.test(text))) return 'claude';
  const claudeOnly = ['ask', 'defaultMode', 'additionalDirectories'];
  return claudeOnly.some((key) => !isNothing(member(permissions, key))) ? 'claude' : undefined;
}
