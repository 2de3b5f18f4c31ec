import type { PolicyDocument } from '../document';
import { type Block, readBlock } from './block';
import type { Budget } from './budget';
import { Pattern, type Region, regionIncludes } from './region';
import { RuleStack } from './ruleStack';

/** Servers that one block governs, or none; those that a document writes out are not among them. */
export interface ServerRegion {
  readonly region: Region;
  readonly block: Block | undefined;
}

/** A document, prepared for comparing. */
export class DocumentIndex {
  readonly top: Block;
  /** The most specific first; the servers without a block last. */
  readonly regions: readonly ServerRegion[];
  private readonly exact: ReadonlyMap<string, Block>;
  private readonly stacks = new Map<Block | undefined, RuleStack>();

  constructor(document: PolicyDocument) {
    this.top = readBlock(document, []);
    const servers = Object.entries(document.servers ?? {}).map(([label, source]) => ({
      pattern: new Pattern(label),
      block: readBlock(source, ['servers', label]),
    }));
    this.exact = new Map(servers.map(({ pattern, block }) => [pattern.text, block]));
    const patterns = servers
      .filter(({ pattern }) => pattern.isGlob)
      .sort((a, b) => b.pattern.glob.literalLength - a.pattern.glob.literalLength);
    this.regions = [
      ...patterns.map(({ pattern, block }) => ({
        region: { kind: 'match', pattern } as const,
        block,
      })),
      { region: { kind: 'all' }, block: undefined },
    ];
  }

  /** Every label and pattern, as written. */
  get labels(): Iterable<string> {
    return this.exact.keys();
  }

  blockOf(server: string): Block | undefined {
    const exact = this.exact.get(server);
    if (exact) return exact;
    return this.regions.find(
      ({ region }) => region.kind !== 'match' || region.pattern.glob.matches(server),
    )?.block;
  }

  stackOf(block: Block | undefined): RuleStack {
    let stack = this.stacks.get(block);
    if (!stack) {
      stack = new RuleStack(block, this.top);
      this.stacks.set(block, stack);
    }
    return stack;
  }

  /** Whether regions before this one surely take every server of `region`. */
  takesBefore(index: number, region: Region, budget: Budget): boolean {
    budget.spend(10 * index);
    return this.regions
      .slice(0, index)
      .some((earlier) => earlier.region.kind === 'match' && regionIncludes(earlier.region, region));
  }
}
