import { isGlob } from '../glob';
import type { Access } from '../vocabulary';
import { failedImport, type ImportResult, type LeftOut, nameProblem } from './importResult';
import { readJson } from './readJson';
import { isNothing, member, type SourceNode, type SourceProblem, textOf } from './sourceTree';
import { importToolLists, type ListedTools } from './toolLists';

const lists = { allow: 'allow', ask: 'require_approval', deny: 'deny' } as const;

/** The permissions for MCP tools in a `settings.json` of Claude Code. */
export function importClaude(text: string): ImportResult {
  const { root, problems } = readJson(text);
  if (!root) return failedImport(problems);
  const settings = new ClaudeSettings();
  return settings.convert(root);
}

class ClaudeSettings {
  private readonly problems: SourceProblem[] = [];
  private readonly left: LeftOut[] = [];

  convert(root: SourceNode): ImportResult {
    if (root.kind !== 'map') {
      return failedImport([{ message: 'The settings must be an object.', offset: root.offset }]);
    }
    const permissions = member(root, 'permissions');
    if (!isNothing(permissions) && permissions.kind !== 'map') {
      this.problem(permissions, '"permissions" must be an object.');
    }
    const mode = this.mode(member(permissions, 'defaultMode'));
    const lines = Object.entries(lists).flatMap(([key, access]) => {
      const items = this.list(member(permissions, key), `permissions.${key}`);
      return items.flatMap((item) => this.line(item, access));
    });
    if (permissions?.kind === 'map') {
      for (const { key } of permissions.entries) {
        if (!(key in lists) && key !== 'defaultMode') {
          this.leave(`permissions.${key}`, 'It says nothing of MCP tools.');
        }
      }
    }
    const disabled = this.disabled(root);
    this.leaveOthers(root);
    if (this.problems.length > 0) return failedImport(this.problems);
    return importToolLists(
      {
        description: 'Imported from the permissions of Claude Code.',
        default: mode,
        // In the mode that asks nobody, what would ask is refused.
        lines: lines.map((line) =>
          mode === 'deny' && line.access === 'require_approval'
            ? { ...line, access: 'deny' }
            : line,
        ),
        disabled,
      },
      this.left,
    );
  }

  private mode(node: SourceNode | undefined): Access {
    const mode = isNothing(node) ? 'default' : textOf(node);
    switch (mode) {
      case 'default':
      case 'acceptEdits':
        return 'require_approval';
      case 'dontAsk':
        return 'deny';
      case 'bypassPermissions':
        return 'allow';
      default:
        this.leave(
          'permissions.defaultMode',
          `The mode "${mode ?? ''}" has no like here; tools that no rule names ask.`,
        );
        return 'require_approval';
    }
  }

  private line(
    { path, text }: { readonly path: string; readonly text: string },
    access: Access,
  ): readonly ListedTools[] {
    const rule = readRule(text, access);
    if (Array.isArray(rule)) return rule;
    this.leave(path, rule as string);
    return [];
  }

  private disabled(root: SourceNode): readonly string[] {
    const names = this.list(member(root, 'disabledMcpjsonServers'), 'disabledMcpjsonServers');
    const denied = member(root, 'deniedMcpServers');
    const items = denied?.kind === 'list' ? denied.items : [];
    if (!isNothing(denied) && denied.kind !== 'list') {
      this.problem(denied, '"deniedMcpServers" must be a list.');
    }
    const managed = items.flatMap((item, index) => {
      const path = `deniedMcpServers[${index}]`;
      const text = textOf(member(item, 'serverName'));
      if (text !== undefined) return [{ path: `${path}.serverName`, text }];
      this.leave(path, 'A policy knows servers by their names only.');
      return [];
    });
    return [...names, ...managed].flatMap(({ path, text }) => {
      const problem = nameProblem(text) ?? (isGlob(text) ? noServerPattern : undefined);
      if (problem === undefined) return [text];
      this.leave(path, problem);
      return [];
    });
  }

  private leaveOthers(root: SourceNode): void {
    const start = 'It says which servers start, which is no matter of a policy.';
    const others: Readonly<Record<string, string>> = {
      enabledMcpjsonServers: start,
      enableAllProjectMcpServers: start,
      allowedMcpServers: start,
      hooks: 'Programs that judge calls cannot be carried over.',
    };
    for (const [key, message] of Object.entries(others)) {
      if (member(root, key)) this.leave(key, message);
    }
  }

  private list(
    node: SourceNode | undefined,
    path: string,
  ): readonly { readonly path: string; readonly text: string }[] {
    if (isNothing(node)) return [];
    if (node.kind !== 'list') {
      this.problem(node, `"${path}" must be a list of strings.`);
      return [];
    }
    return node.items.flatMap((item, index) => {
      const at = `${path}[${index}]`;
      if (item.kind === 'value' && typeof item.value === 'string') {
        return [{ path: at, text: item.value }];
      }
      this.leave(at, 'Only strings are rules.');
      return [];
    });
  }

  private problem({ offset }: SourceNode, message: string): void {
    this.problems.push({ message, offset });
  }

  private leave(path: string, message: string): void {
    this.left.push({ path, message });
  }
}

const noServerPattern = 'A name with "*" or "?" would be a pattern here.';

/** The tools that a rule such as `mcp__server__tool` means, or why it means none. */
function readRule(text: string, access: Access): readonly ListedTools[] | string {
  if (text === '*') {
    if (access === 'allow') return 'A rule that allows must name its server.';
    return [{ server: '*', tool: '*', access }];
  }
  if (!text.startsWith('mcp__')) return 'It is no rule for MCP tools.';
  if (text.includes('(')) return 'Claude Code skips rules for MCP tools that have parentheses.';
  if (text.includes('?')) return 'A "?" would be a wildcard here, and is none to Claude Code.';
  const name = text.slice('mcp__'.length);
  const at = name.indexOf('__');
  const server = at < 0 ? name : name.slice(0, at);
  const tool = at < 0 ? '*' : name.slice(at + 2);
  const problem = nameProblem(server) ?? nameProblem(tool);
  if (problem !== undefined) return problem;
  if (access === 'allow' && server.includes('*')) {
    return 'Claude Code skips rules that allow and do not name their server.';
  }
  const lines = [{ server, tool, access }];
  if (at < 0) return lines;
  // The pattern is matched with the whole name, so a "*" of the server may reach into the tool.
  for (const [index, letter] of [...server].entries()) {
    if (letter !== '*') continue;
    const [before, after] = [server.slice(0, index + 1), server.slice(index + 1)];
    lines.push({ server: before, tool: `*${after}__${tool}`, access });
  }
  return lines;
}
