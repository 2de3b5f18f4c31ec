import { text } from 'node:stream/consumers';
import { isObject } from '../gateway/jsonRpc';
import { classify } from '../risk/classify';
import type { ToolDefinition } from '../risk/risk';
import { readOptions, UsageError } from './usage';

interface Line {
  readonly server: string;
  readonly tool: ToolDefinition;
}

/** `toolgate classify`: tools in, a line each; risks out. Lines of one server are siblings. */
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
  for (const { server, tool } of lines) {
    const risk = classify(tool, { server, siblings: siblings.get(server) });
    const { category, level, confidence, evidence } = risk;
    const out = { server, name: tool.name, category, level, confidence, evidence };
    process.stdout.write(`${JSON.stringify(out)}\n`);
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
  return { server, tool };
}
