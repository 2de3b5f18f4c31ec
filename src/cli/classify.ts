import { text } from 'node:stream/consumers';
import { visibleJson } from '../common/visibleText';
import { isObject } from '../gateway/jsonRpc';
import { classify } from '../risk/classify';
import { findingsIn, type ReadableTool } from '../risk/findings/findingsIn';
import { type NamedServer, Surroundings } from '../risk/findings/surroundings';
import type { ToolDefinition } from '../risk/risk';
import { readOptions, UsageError } from './usage';

interface Line {
  readonly server: string;
  readonly tool: ToolDefinition;
  /** The tool with all that the line says of it. */
  readonly readable: ReadableTool;
  /** Tools of other servers that the input does not list. */
  readonly others: readonly NamedServer[];
}

/** `toolgate classify`: tools in, a line each; risks and findings out. Lines of one server are siblings. */
export async function classifyTools(args: string[]): Promise<number> {
  readOptions(args, []);
  const lines = (await text(process.stdin)).split('\n').flatMap((line, index) => {
    return line.trim() === '' ? [] : [readLine(line, index + 1)];
  });
  const siblings = new Map<string, string[]>();
  for (const { server, tool } of lines) {
    const names = siblings.get(server);
    if (names) names.push(tool.name);
    else siblings.set(server, [tool.name]);
  }
  const surroundings = new Surroundings([
    ...[...siblings].map(([server, tools]) => ({ server, tools })),
    ...lines.flatMap(({ others }) => others),
  ]);
  for (const { server, tool, readable } of lines) {
    const risk = classify(tool, { server, siblings: siblings.get(server) });
    const { category, level, confidence } = risk;
    const evidence = risk.evidence.map((reason) => reason.text);
    const findings = findingsIn(readable, server, surroundings);
    const out = { server, name: tool.name, category, level, confidence, evidence, findings };
    process.stdout.write(`${visibleJson(out)}
`);
  }
  return 0;
}

function readLine(line: string, number: number): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError(`line ${number} of the input is not valid JSON.`);
  }
  if (!isObject(value) || typeof value.server !== 'string' || typeof value.name !== 'string') {
    throw new UsageError(`line ${number} of the input needs "server" and "name", both strings.`);
  }
  const { server, name, title, description, inputSchema, annotations } = value;
  const optional = (field: unknown): string | undefined =>
    typeof field === 'string' ? field : undefined;
  const tool = {
    name,
    title: optional(title),
    description: optional(description),
    inputSchema,
    annotations,
  };
  const { server: _server, siblings, ...readable } = value;
  return { server, tool, readable: { ...readable, name }, others: readSiblings(siblings, number) };
}

/** `["server: tool, tool"]` */
function readSiblings(value: unknown, number: number): readonly NamedServer[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new UsageError(
      `"siblings" of line ${number} of the input must be ["server: tool, tool"].`,
    );
  }
  return value.map((entry: string) => {
    const colon = entry.lastIndexOf(': ');
    const [server, tools] =
      colon < 0 ? [entry, ''] : [entry.slice(0, colon), entry.slice(colon + 2)];
    return { server, tools: tools.split(',').map((tool) => tool.trim()) };
  });
}
