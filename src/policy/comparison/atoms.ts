import { foldName } from '../names';
import type { PatternEntry } from './block';
import type { Budget } from './budget';
import { looksInclude, type Region, regionIncludes } from './region';
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
  private readonly globs: (readonly [index: number, region: Region])[] = [];
  private readonly lookedGlobs: (readonly [index: number, entry: PatternEntry])[] = [];
  private readonly lookedNames = new Map<string, number>();
  private readonly matchOf = new Map<PatternEntry, number>();
  private readonly byText = new Map<string, number>();
  private readonly taken = new Map<string, number>();

  constructor(readonly all: readonly EntryAtom[]) {
    for (const [index, { region, entry }] of all.entries()) {
      if (!entry || region.kind === 'all') continue;
      setFirst(this.byText, keyOf(region), index);
      if (region.kind === 'match') {
        this.globs.push([index, region]);
        this.matchOf.set(entry, index);
      } else if (entry.pattern.isGlob) this.lookedGlobs.push([index, entry]);
      else setFirst(this.lookedNames, foldName(entry.pattern.text), index);
    }
  }

  /** Whether atoms before `index` surely take every name of the region. */
  takesBefore(index: number, region: Region, budget: Budget): boolean {
    const key = keyOf(region);
    if ((this.byText.get(key) ?? never) < index) return true;
    let taken = this.taken.get(key);
    if (taken === undefined) {
      budget.spend(1 + 10 * (this.globs.length + this.lookedGlobs.length));
      taken = this.takenAt(region);
      this.taken.set(key, taken);
    }
    return taken < index;
  }

  private takenAt(region: Region): number {
    const glob = this.globs.find(([, wide]) => regionIncludes(wide, region));
    let taken = glob?.[0] ?? never;
    if (region.kind !== 'look') return taken;
    const { pattern } = region;
    if (!pattern.isGlob) {
      taken = Math.min(taken, this.lookedNames.get(foldName(pattern.text)) ?? never);
    }
    for (const [index, entry] of this.lookedGlobs) {
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
