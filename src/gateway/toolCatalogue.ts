import { isDeepStrictEqual } from 'node:util';
import { Emitter } from '../common/event';
import { classify } from '../risk/classify';
import { type Flow, flowOf } from '../risk/flow';
import type { Risk, ToolDefinition } from '../risk/risk';
import { isObject } from './jsonRpc';
import { digestOfOffer, listedOffer } from './pins/offer';

export interface KnownTool extends ToolDefinition {
  readonly risk: Risk;
}

// The agent chooses the names that are asked about, the server the ones that are listed.
const mostTools = 20_000;

/** What is known of one server's tools: learnt from its answers to `tools/list`. */
export class ToolCatalogue {
  private known = new Map<string, ToolDefinition>();
  private listing = new Map<string, ToolDefinition>();
  private siblings: string[] = [];
  /** What the server wrote, with the members that no judgement rests on. */
  private readonly written = new WeakMap<ToolDefinition, unknown>();
  private readonly risks = new Map<string, Risk>();
  private readonly flows = new Map<string, Flow>();
  private readonly changed = new Emitter<void>();
  private complete = false;

  readonly onDidChange = this.changed.event;

  constructor(private readonly server: string) {}

  /** Whether a whole listing has been seen. */
  get isComplete(): boolean {
    return this.complete;
  }

  get names(): readonly string[] {
    return this.siblings;
  }

  /** Known tools as the server describes them. */
  get definitions(): readonly ToolDefinition[] {
    return [...this.known.values()];
  }

  /** What the server last said of a tool. */
  definitionOf(name: string): ToolDefinition | undefined {
    return this.known.get(name);
  }

  /** Names the whole definition of a known tool, as pins do. Absent for what cannot be written. */
  digestOf(name: string): string | undefined {
    const tool = this.known.get(name);
    const offer = tool && listedOffer('tool', this.written.get(tool));
    return offer && digestOfOffer(offer);
  }

  /** Known tools with their risk. Classifying is left until here, as listing is on the agent's way. */
  list(most = mostTools): readonly KnownTool[] {
    return [...this.known.values()].slice(0, most).map((tool) => ({
      ...tool,
      risk: this.riskOf(tool.name),
    }));
  }

  /** One page of a listing. The last page ends it: tools that no page named are forgotten. */
  learn(page: readonly unknown[], isFirst: boolean, isLast: boolean): void {
    if (isFirst) this.listing = new Map();
    let news = isLast && !this.complete;
    // The cost of a page is that of its own tools: there may be hundreds of pages.
    for (const item of page) {
      const tool = definitionOf(item);
      if (!tool) continue;
      this.written.set(tool, item);
      if (this.listing.size >= mostTools && !this.listing.has(tool.name)) continue;
      this.listing.set(tool.name, tool);
      const known = this.known.get(tool.name);
      if (known && isDeepStrictEqual(known, tool)) continue;
      news = true;
      this.known.set(tool.name, tool);
      if (!known) this.siblings.push(tool.name);
    }
    if (isLast) {
      news ||= this.listing.size !== this.known.size;
      this.complete = true;
      this.known = new Map(this.listing);
      this.siblings = [...this.known.keys()];
    }
    if (!news) return;
    this.risks.clear();
    this.flows.clear();
    this.changed.fire();
  }

  /** The risk of a tool; of one that was never listed, by its name alone. */
  riskOf(name: string): Risk {
    const judged = this.risks.get(name);
    if (judged) return judged;
    const tool = this.known.get(name) ?? { name };
    const risk = classify(tool, { server: this.server, siblings: this.siblings });
    if (this.risks.size >= mostTools) this.risks.clear();
    this.risks.set(name, risk);
    return risk;
  }

  /** What passes through a tool; of one that was never listed, by its name alone. */
  flowOf(name: string): Flow {
    const known = this.flows.get(name);
    if (known) return known;
    const flow = flowOf(this.known.get(name) ?? { name }, this.riskOf(name).category);
    if (this.flows.size >= mostTools) this.flows.clear();
    this.flows.set(name, flow);
    return flow;
  }
}

/** Whether there is a page that this leads to. Some servers write null, or "", for "no more". */
export function isCursor(cursor: unknown): boolean {
  return typeof cursor === 'string' && cursor !== '';
}

function definitionOf(tool: unknown): ToolDefinition | undefined {
  if (!isObject(tool) || typeof tool.name !== 'string') return undefined;
  return {
    name: tool.name,
    title: typeof tool.title === 'string' ? tool.title : undefined,
    description: typeof tool.description === 'string' ? tool.description : undefined,
    inputSchema: tool.inputSchema,
    annotations: tool.annotations,
  };
}
