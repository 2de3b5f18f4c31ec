import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { Section } from '../../../src/page/parts';
import type { ToolPageFacts } from '../../../src/page/toolPage';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { type Layer, Policy } from '../../../src/policy/policy';
import { presets } from '../../../src/policy/presets';
import type { JudgedTool } from '../../../src/report/reportedTool';
import { classify } from '../../../src/risk/classify';
import { Surroundings } from '../../../src/risk/findings/surroundings';
import type { ToolDefinition } from '../../../src/risk/risk';

export function policy(text: string, layer: Layer = 'workspace'): Policy {
  const { document, problems } = parsePolicy(text);
  if (!document) throw new Error(problems.map(({ message }) => message).join('\n'));
  return new Policy(document, layer);
}

export const recommended = policy(presets.recommended.text, 'preset');

export function judged(tools: readonly ToolDefinition[], server = 'files'): readonly JudgedTool[] {
  const siblings = tools.map(({ name }) => name);
  return tools.map((tool) => ({ ...tool, risk: classify(tool, { server, siblings }) }));
}

const text = { type: 'string' };

/** A small server of files. */
export const files = judged([
  {
    name: 'read_file',
    description: 'Reads a file.',
    inputSchema: { type: 'object', properties: { path: text }, required: ['path'] },
  },
  {
    name: 'write_file',
    title: 'Write File',
    description: 'Writes a file.',
    inputSchema: {
      type: 'object',
      properties: { path: text, content: text },
      required: ['path', 'content'],
    },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'delete_file',
    description: 'Deletes a file for good.',
    inputSchema: { type: 'object', properties: { path: text }, required: ['path'] },
  },
  { name: 'run_query', inputSchema: { type: 'object', properties: { sql: text } } },
  { name: 'get_time', description: 'Tells the time.' },
]);

export function factsOf(
  tools: readonly JudgedTool[],
  name: string,
  more: Partial<ToolPageFacts> = {},
): ToolPageFacts {
  const server = more.server ?? 'files';
  return {
    server,
    tool: tools.find((tool) => tool.name === name)!,
    tools,
    left: 0,
    policies: [recommended],
    surroundings: new Surroundings([{ server, tools: tools.map((tool) => tool.name) }]),
    calls: [],
    launch: 'Started on this machine as node files.mjs',
    waits: false,
    ...more,
  };
}

export interface Drawn {
  readonly text: string;
  readonly elements: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  readonly links: readonly string[];
  /** The texts of the elements of this name. */
  readonly all: (name: string) => readonly string[];
}

/** What a browser makes of sections. */
export function drawn(sections: readonly Section[], id?: string): Drawn {
  const shown = sections.filter((section) => id === undefined || section.id === id);
  const elements = new Set<string>();
  const attributes = new Set<string>();
  const links: string[] = [];
  const texts = new Map<string, string[]>();
  const visit = (node: DefaultTreeAdapterTypes.Node): string => {
    if ('tagName' in node) {
      elements.add(node.tagName);
      for (const { name, value } of node.attrs) {
        attributes.add(name);
        if (name === 'href' || name === 'src') links.push(value);
      }
    }
    const own = 'value' in node ? node.value : '';
    const inner = 'childNodes' in node ? node.childNodes.map(visit).join('') : '';
    if ('tagName' in node) texts.set(node.tagName, [...(texts.get(node.tagName) ?? []), inner]);
    return own + inner;
  };
  const whole = visit(parse(shown.map(({ markup }) => markup).join('\n')));
  return { text: whole, elements, attributes, links, all: (name) => texts.get(name) ?? [] };
}
