import type { PolicyDocument } from '../document';
import { type Block, readBlock } from './block';
import { prefixOf } from './globAlgebra';
import { PrefixTable } from './prefixTable';
import { Pattern, type Region } from './region';
import { RegionOrder } from './regionOrder';
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
  private readonly order: RegionOrder;
  private readonly starts: PrefixTable;
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
    this.order = new RegionOrder(this.regions.map(({ region }) => region));
    this.starts = new PrefixTable(
      this.regions.map(({ region }) =>
        region.kind === 'match' ? prefixOf(region.pattern.tokens) : '',
      ),
    );
  }

  /** Every label and pattern, as written. */
  get labels(): Iterable<string> {
    return this.exact.keys();
  }

  blockOf(server: string): Block | undefined {
    const exact = this.exact.get(server);
    if (exact) return exact;
    const index = this.starts.startsOf(server).find((at) => {
      const { region } = this.regions[at]!;
      return region.kind !== 'match' || region.pattern.glob.matches(server);
    });
    return index === undefined ? undefined : this.regions[index]!.block;
  }

  stackOf(block: Block | undefined): RuleStack {
    let stack = this.stacks.get(block);
    if (!stack) {
      stack = new RuleStack(block, this.top);
      this.stacks.set(block, stack);
    }
    return stack;
  }

  /** The indexes of regions that may meet one, and some others. */
  regionsMeeting(region: Region): Iterable<number> {
    return this.order.meeting(region);
  }

  /** What asking for the block of a server, or for those that take others, costs. */
  get effort(): number {
    return this.order.effort;
  }

  /** Whether regions before `index` surely take every server of `region`. */
  takesBefore(index: number, region: Region): boolean {
    return this.order.firstIncluding(region) < index;
  }
}
