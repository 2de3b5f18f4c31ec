import type { Condition } from '../condition';
import type { PolicyDocument, ServerPolicy } from '../document';
import { isGlob } from '../glob';
import type { Rule } from '../rule';
import type { Access } from '../vocabulary';
import { covers, expressionOf, overlap } from './globRelations';
import { failedImport, finishedImport, type ImportResult, type LeftOut } from './importResult';

/** One line of a list of tools that clients keep: what holds for the tools that fit both patterns. */
export interface ListedTools {
  readonly server: string;
  readonly tool: string;
  readonly access: Access;
}

export interface ToolLists {
  readonly description: string;
  /** For tools that no line names. */
  readonly default: Access;
  readonly lines: readonly ListedTools[];
  /** Servers that do not run at all. */
  readonly disabled: readonly string[];
}

const mostLines = 10_000;
const mostPatterns = 200;
const mostRules = 20_000;

/**
 * Lists in which the strictest line that fits a call decides, as a policy, in which the most
 * specific rule does: each rule is given what every line says of the calls it may be chosen for.
 */
export function importToolLists(lists: ToolLists, left: readonly LeftOut[]): ImportResult {
  const lines = distinct(lists.lines);
  const patterns = lines.filter(({ server, tool }) => isGlob(server) || isGlob(tool));
  if (lines.length > mostLines || patterns.length > mostPatterns) {
    return tooMuch(
      `The lists have more than ${mostLines} lines, or ${mostPatterns} with patterns.`,
    );
  }
  let rules = 0;
  const compile = (server: string): Record<string, Rule> | undefined => {
    const table = rulesFor(server, lines, lists.default);
    rules += table.length;
    return rules > mostRules ? undefined : Object.fromEntries(table);
  };
  const servers: [string, ServerPolicy][] = [];
  const disabled = new Set(lists.disabled);
  for (const server of new Set(lines.map((line) => line.server))) {
    if (server === '*' || disabled.has(server)) continue;
    const tools = compile(server);
    if (!tools) return tooMuch(`The lists come to more than ${mostRules} rules.`);
    servers.push([server, { tools }]);
  }
  for (const server of disabled) servers.push([server, offLimits]);
  const tools = compile('*');
  if (!tools) return tooMuch(`The lists come to more than ${mostRules} rules.`);
  const document: PolicyDocument = {
    version: '1',
    description: lists.description,
    default: lists.default,
    ...(Object.keys(tools).length > 0 && { tools }),
    ...(servers.length > 0 && { servers: Object.fromEntries(servers) }),
  };
  return finishedImport(document, left);
}

/** Nothing of such a server reaches the agent, and nothing of the agent the server. */
export const offLimits: ServerPolicy = {
  default: 'deny',
  hide: ['*'],
  sampling: 'deny',
  elicitation: 'deny',
  roots: 'deny',
  resources: 'deny',
  prompts: 'deny',
};

function tooMuch(message: string): ImportResult {
  return failedImport([{ message, offset: 0 }]);
}

function distinct(lines: readonly ListedTools[]): readonly ListedTools[] {
  const byText = new Map(lines.map((line) => [JSON.stringify(Object.values(line)), line]));
  return [...byText.values()];
}

/** A rule for each pattern of tools that some line has for this server, or these servers. */
function rulesFor(
  server: string,
  all: readonly ListedTools[],
  fallback: Access,
): (readonly [string, Rule])[] {
  // Where a server is named, a pattern of servers is never looked at for it.
  const lines = all.filter((line) =>
    isGlob(server) && !isGlob(line.server) ? false : overlap(line.server, server),
  );
  const patterns = lines.filter(({ tool }) => isGlob(tool));
  const exact = new Map<string, ListedTools[]>();
  for (const line of lines) {
    if (isGlob(line.tool)) continue;
    const known = exact.get(line.tool);
    if (known) known.push(line);
    else exact.set(line.tool, [line]);
  }
  return [...new Set(lines.map(({ tool }) => tool))].map((tool) => {
    // The rule of a tool by name comes before any pattern's, so patterns need not know of it.
    const relevant = [...(exact.get(tool) ?? []), ...patterns].flatMap((line) => {
      if (!overlap(line.tool, tool)) return [];
      const conditions = [
        ...(covers(line.server, server) ? [] : [fits('server', line.server)]),
        ...(covers(line.tool, tool) ? [] : [fits('tool', line.tool)]),
      ];
      return [{ access: line.access, conditions }];
    });
    return [tool, ruleFrom(relevant, fallback)] as const;
  });
}

interface Relevant {
  readonly access: Access;
  /** None where the line fits every call that the rule governs. */
  readonly conditions: readonly Condition[];
}

function ruleFrom(lines: readonly Relevant[], fallback: Access): Rule {
  const of = (access: Access): readonly Relevant[] =>
    lines.filter((line) => line.access === access);
  const always = (some: readonly Relevant[]): boolean =>
    some.some(({ conditions }) => conditions.length === 0);
  const [allowed, asked, denied] = [of('allow'), of('require_approval'), of('deny')];
  if (always(denied)) return { action: 'deny' };
  const clauses = (some: readonly Relevant[]): { conditions: Condition[] }[] =>
    some.map(({ conditions }) => ({ conditions: [...conditions] }));
  const denyIf = clauses(denied);
  const approveIf = clauses(asked);
  const asks = always(asked);
  if (!asks && !always(allowed) && fallback !== 'allow') {
    // Only a line that does not fit all calls allows some of them; the others fall to the default.
    if (allowed.length + asked.length === 0) {
      return fallback === 'deny' ? { action: 'deny' } : asking(denyIf);
    }
    const named: Condition[] = [...allowed, ...asked].map(({ conditions }) => ({
      all: [...conditions],
    }));
    const unnamed = { conditions: [{ not: { any: named } }] };
    (fallback === 'deny' ? denyIf : approveIf).push(unnamed);
  }
  if (asks) return asking(denyIf, 'never');
  return {
    ...(denyIf.length > 0 && { deny_if: denyIf }),
    ...(approveIf.length > 0 && { approve_if: approveIf }),
  };
}

/** A line that asks does so at every call; where nothing is said, an answer may be remembered. */
function asking(denyIf: NonNullable<Rule['deny_if']>, remember?: 'never'): Rule {
  return {
    action: 'require_approval',
    ...(denyIf.length > 0 && { deny_if: denyIf }),
    ...(remember && { approval: { remember } }),
  };
}

function fits(path: 'server' | 'tool', pattern: string): Condition {
  return isGlob(pattern)
    ? { path, op: 'matches', value: expressionOf(pattern) }
    : { path, op: 'eq', value: pattern };
}
