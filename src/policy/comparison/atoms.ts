import { foldName } from '../names';
import type { PatternEntry } from './block';
import type { Budget } from './budget';
import { prefixOf } from './globAlgebra';
import { PrefixTable } from './prefixTable';
import { looksInclude, type Region } from './region';
import { RegionOrder } from './regionOrder';
import type { RiskMask } from './riskMask';
import type { RuleView } from './ruleView';

/** A rule with the names that it may govern, where no earlier one of the stack does. */
export interface Atom {
  readonly region: Region;
  readonly risks: RiskMask;
  readonly rule: RuleView;
}

/** With the entry of a list or of `tools` that it comes from. */
export type EntryAtom = Atom & { readonly entry?: PatternEntry };

/** The atoms of a stack in their order, and which of them come too late for a region. */
export class AtomList {
  /** The indexes of atoms that let some call pass. */
  readonly loose: readonly number[];
  private readonly order: RegionOrder;
  private readonly looseOrder: RegionOrder;
  private readonly looks: readonly number[];
  private readonly lookStarts: PrefixTable;
  private readonly lookedNames = new Map<string, number>();
  private readonly matchOf = new Map<PatternEntry, number>();
  private readonly byText = new Map<string, number>();
  private readonly taken = new Map<string, number>();

  constructor(readonly all: readonly EntryAtom[]) {
    const looks: number[] = [];
    for (const [index, { region, entry }] of all.entries()) {
      if (!entry || region.kind === 'all') continue;
      setFirst(this.byText, keyOf(region), index);
      if (region.kind === 'match') this.matchOf.set(entry, index);
      else if (entry.pattern.isGlob) looks.push(index);
      else setFirst(this.lookedNames, foldName(entry.pattern.text), index);
    }
    const loose = [...all.keys()].filter((index) => !all[index]!.rule.refuses);
    this.loose = loose;
    this.order = new RegionOrder(all.map(({ region }) => region));
    this.looseOrder = new RegionOrder(loose.map((index) => all[index]!.region));
    this.looks = looks;
    this.lookStarts = new PrefixTable(
      looks.map((index) => prefixOf(all[index]!.entry!.pattern.foldedTokens)),
    );
  }

  /** The indexes of loose atoms that may meet a region, and some others. */
  *looseMeeting(region: Region): Iterable<number> {
    for (const at of this.looseOrder.meeting(region)) yield this.loose[at]!;
  }

  /** Whether atoms before `index` surely take every name of the region. */
  takesBefore(index: number, region: Region, budget: Budget): boolean {
    const key = keyOf(region);
    if ((this.byText.get(key) ?? never) < index) return true;
    let taken = this.taken.get(key);
    if (taken === undefined) {
      budget.spend(this.order.effort);
      taken = this.takenAt(region, budget);
      this.taken.set(key, taken);
    }
    return taken < index;
  }

  private takenAt(region: Region, budget: Budget): number {
    let taken = this.order.firstIncluding(region);
    if (region.kind !== 'look') return taken;
    const { pattern } = region;
    if (!pattern.isGlob) {
      taken = Math.min(taken, this.lookedNames.get(foldName(pattern.text)) ?? never);
    }
    for (const at of this.lookStarts.startsOf(prefixOf(pattern.foldedTokens))) {
      budget.spend(10);
      const index = this.looks[at]!;
      const entry = this.all[index]!.entry!;
      // A name that looks like one of a pattern either matches it or is taken for looking like it.
      const both = Math.max(index, this.matchOf.get(entry) ?? never);
      if (both < taken && looksInclude(entry.pattern, pattern)) taken = both;
    }
    return taken;
  }
}

const never = Number.POSITIVE_INFINITY;

function keyOf(region: Region): string {
  return region.kind === 'all' ? '' : `${region.kind} ${region.pattern.text}`;
}

function setFirst(map: Map<string, number>, key: string, index: number): void {
  if (!map.has(key)) map.set(key, index);
}
