import type { Node } from 'jsonc-parser';
import { z } from 'zod';
import {
  type JsonObject,
  type JsonValue,
  layoutOf,
  parseJsonc,
  properties,
  propertyOf,
  type Span,
  toValue,
} from './jsoncDocument';

/** How a server is started or reached, as written: variables are not yet substituted. */
export type McpEntry = StdioEntry | HttpEntry;

export interface StdioEntry {
  readonly type: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly env: Readonly<Record<string, string | number | null>>;
  readonly envFile?: string | undefined;
  /** Every key of the entry, those that Toolgate does not know included. */
  readonly raw: JsonObject;
}

export interface HttpEntry {
  readonly type: 'http' | 'sse';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The client that the person has registered with the authorization server of the server. */
  readonly oauth?:
    | { readonly clientId?: string | undefined; readonly clientSecret?: string | undefined }
    | undefined;
  readonly raw: JsonObject;
}

const inputBase = { id: z.string().min(1), description: z.string().optional() };
const inputSchema = z.discriminatedUnion('type', [
  z.looseObject({
    ...inputBase,
    type: z.literal('promptString'),
    default: z.string().optional(),
    password: z.boolean().optional(),
  }),
  z.looseObject({
    ...inputBase,
    type: z.literal('pickString'),
    default: z.string().optional(),
    options: z.array(
      z.union([z.string(), z.looseObject({ label: z.string().optional(), value: z.string() })]),
    ),
  }),
  z.looseObject({
    ...inputBase,
    type: z.literal('command'),
    command: z.string().min(1),
    args: z.unknown().optional(),
  }),
]);
export type McpInput = z.infer<typeof inputSchema>;

const stdioSchema = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  cwd: z.string().optional(),
  env: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).default({}),
  envFile: z.string().optional(),
});
const httpSchema = z.object({
  url: z.string().min(1),
  headers: z.record(z.string(), z.string()).default({}),
  oauth: z
    .object({ clientId: z.string().min(1).optional(), clientSecret: z.string().min(1).optional() })
    .optional(),
});

export type McpProblemCode =
  | 'syntax'
  | 'notAnObject'
  | 'duplicateKey'
  | 'unknownType'
  | 'noCommandOrUrl'
  | 'invalidValue'
  | 'invalidInput';

/** Something wrong in a configuration file. Line and column count from 1. */
export interface McpProblem {
  readonly code: McpProblemCode;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
  /** The server it is about, when it is about one. */
  readonly label?: string;
}

export interface ConfiguredServer {
  readonly label: string;
  readonly value: JsonValue;
  /** Absent when the entry has a problem that keeps it from being started. */
  readonly entry: McpEntry | undefined;
  /** The key with its quotes: where a diagnostic or a CodeLens goes. */
  readonly key: Span;
  /** The member with the comments that belong to it. */
  readonly member: Span;
}

export interface McpConfig {
  readonly servers: readonly ConfiguredServer[];
  readonly inputs: readonly McpInput[];
  readonly problems: readonly McpProblem[];
}

/**
 * Where the servers lie: `servers` as in mcp.json, `mcpServers` (or the bare map) as in .mcp.json,
 * or `settings.mcp` as in a .code-workspace file.
 */
export type McpConfigShape = 'servers' | 'mcpServers' | 'workspaceFile';

/** Reads a configuration file and finds every problem in it at once. Never throws. */
export function parseMcpConfig(text: string, shape: McpConfigShape = 'servers'): McpConfig {
  return text.trim() === ''
    ? { servers: [], inputs: [], problems: [] }
    : new Reader(text).read(shape);
}

class Reader {
  private readonly problems: McpProblem[] = [];
  private readonly lineStarts: readonly number[];

  constructor(private readonly text: string) {
    this.lineStarts = [0, ...[...text.matchAll(/\r\n?|\n/g)].map((m) => m.index + m[0].length)];
  }

  read(shape: McpConfigShape): McpConfig {
    const { root, errors } = parseJsonc(this.text);
    for (const { message, offset, length } of errors) {
      this.report('syntax', message, { offset, length });
    }
    if (!root) return { servers: [], inputs: [], problems: this.problems };
    if (root.type !== 'object') this.report('notAnObject', 'The file must hold an object.', root);

    const holder = shape === 'workspaceFile' ? this.within(root, 'settings', 'mcp') : root;
    const bare = shape === 'mcpServers' && propertyOf(root, 'mcpServers') === undefined;
    const servers = bare
      ? root
      : this.member(holder, shape === 'mcpServers' ? 'mcpServers' : 'servers');
    const inputs = shape === 'mcpServers' ? undefined : this.member(holder, 'inputs');
    return {
      servers: servers ? this.servers(servers, bare) : [],
      inputs: inputs ? this.inputs(inputs) : [],
      problems: this.problems.toSorted((a, b) => a.offset - b.offset),
    };
  }

  private within(root: Node, ...path: readonly string[]): Node | undefined {
    return path.reduce<Node | undefined>((node, name) => this.member(node, name), root);
  }

  private member(node: Node | undefined, name: string): Node | undefined {
    if (node?.type !== 'object') return undefined;
    const [, ...again] = properties(node).filter((property) => property.name === name);
    for (const { key } of again) {
      this.report('duplicateKey', `"${name}" stands here twice; only the last one counts.`, key);
    }
    return propertyOf(node, name)?.value;
  }

  private servers(node: Node, bare: boolean): readonly ConfiguredServer[] {
    if (node.type !== 'object') {
      if (node.parent) this.report('notAnObject', 'The servers must be an object.', node);
      return [];
    }
    const seen = new Set<string>();
    const members = layoutOf(this.text, node).members.filter(
      // The bare map shares its object with keys such as `$schema`.
      ({ value }) => !bare || value.type === 'object',
    );
    return members.map(({ name, key, value: at, owned }) => {
      if (seen.has(name)) {
        const message = `The server ${JSON.stringify(name)} stands here twice; only the last one counts.`;
        this.report('duplicateKey', message, span(key), name);
      }
      seen.add(name);
      const value = toValue(at);
      return { label: name, value, entry: this.entry(value, at, key, name), key, member: owned };
    });
  }

  private entry(raw: JsonValue, node: Node, key: Span, label: string): McpEntry | undefined {
    if (!isObject(raw)) {
      this.report('notAnObject', 'A server must be an object.', node, label);
      return undefined;
    }
    const { type, command, url } = raw;
    if (type !== undefined && !isType(type)) {
      const message = `The type of a server is "stdio", "http" or "sse", not ${JSON.stringify(type)}.`;
      this.report('unknownType', message, propertyOf(node, 'type')?.value ?? node, label);
      return undefined;
    }
    if (command === undefined && url === undefined) {
      const message = 'A server needs a "command" (a program) or a "url" (a remote server).';
      this.report('noCommandOrUrl', message, span(key), label);
      return undefined;
    }
    const kind = type ?? (command === undefined ? 'http' : 'stdio');
    if (kind === 'stdio') {
      const stdio = this.checked('invalidValue', stdioSchema, raw, node, label);
      return stdio && { ...stdio, type: kind, raw };
    }
    const http = this.checked('invalidValue', httpSchema, raw, node, label);
    return http && { ...http, type: kind, raw };
  }

  private inputs(node: Node): readonly McpInput[] {
    if (node.type !== 'array') {
      this.report('invalidInput', '"inputs" must be a list.', node);
      return [];
    }
    return (node.children ?? []).flatMap(
      (child) => this.checked('invalidInput', inputSchema, toValue(child), child) ?? [],
    );
  }

  private checked<T>(
    code: McpProblemCode,
    schema: z.ZodType<T>,
    value: JsonValue,
    node: Node,
    label?: string,
  ): T | undefined {
    const result = schema.safeParse(value);
    for (const { path, message } of result.error?.issues ?? []) {
      const where = path.length > 0 ? `${path.map(String).join('.')}: ` : '';
      this.report(code, `${where}${message}.`, nodeAt(node, path) ?? node, label);
    }
    return result.data;
  }

  private report(
    code: McpProblemCode,
    message: string,
    at: { readonly offset: number; readonly length: number },
    label?: string,
  ): void {
    const { offset } = at;
    const length = Math.max(at.length, 0);
    const line = this.lineAt(offset);
    const column = offset - this.lineStarts[line - 1]! + 1;
    const about = label === undefined ? {} : { label };
    this.problems.push({ code, message, offset, length, line, column, ...about });
  }

  private lineAt(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.lineStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return high;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isType(value: JsonValue): value is McpEntry['type'] {
  return value === 'stdio' || value === 'http' || value === 'sse';
}

function nodeAt(node: Node, path: readonly PropertyKey[]): Node | undefined {
  return path.reduce<Node | undefined>(
    (at, step) =>
      typeof step === 'number' ? at?.children?.[step] : propertyOf(at, String(step))?.value,
    node,
  );
}

function span({ start, end }: Span): { readonly offset: number; readonly length: number } {
  return { offset: start, length: end - start };
}
