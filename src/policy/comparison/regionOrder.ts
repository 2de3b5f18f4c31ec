import { prefixOf } from './globAlgebra';
import { PrefixTable } from './prefixTable';
import { type Region, regionIncludes } from './region';

/** Regions in the order in which they take names. */
export class RegionOrder {
  private readonly matches: readonly number[];
  private readonly others: readonly number[];
  private readonly table: PrefixTable;

  constructor(private readonly regions: readonly Region[]) {
    const indexes = [...regions.keys()];
    this.matches = indexes.filter((index) => regions[index]!.kind === 'match');
    this.others = indexes.filter((index) => regions[index]!.kind !== 'match');
    this.table = new PrefixTable(this.matches.map((index) => startOf(regions[index]!)));
  }

  /** What `firstIncluding` costs, about. */
  get effort(): number {
    return 20 + 10 * this.table.open;
  }

  /** The first pattern that every name of the region matches; infinite if none is sure to. */
  firstIncluding(region: Region): number {
    const at = this.table
      .startsOf(startOf(region))
      .find((index) => regionIncludes(this.regions[this.matches[index]!]!, region));
    return at === undefined ? Number.POSITIVE_INFINITY : this.matches[at]!;
  }

  /** All that may have a name in common with the region, and some others. */
  *meeting(region: Region): Iterable<number> {
    if (region.kind !== 'match') yield* this.regions.keys();
    else {
      for (const at of this.table.meeting(startOf(region))) yield this.matches[at]!;
      yield* this.others;
    }
  }
}

// What a name that only looks like another begins with is not known.
function startOf(region: Region): string {
  return region.kind === 'match' ? prefixOf(region.pattern.tokens) : '';
}
