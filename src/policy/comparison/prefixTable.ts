/** Finds, among many patterns, the few whose fixed beginnings agree with that of a name. */
export class PrefixTable {
  private readonly indexes = new Map<string, number[]>();
  private readonly sorted: readonly string[];
  private readonly longest: number;

  constructor(prefixes: readonly string[]) {
    let longest = 0;
    for (const [index, prefix] of prefixes.entries()) {
      const known = this.indexes.get(prefix);
      if (known) known.push(index);
      else this.indexes.set(prefix, [index]);
      longest = Math.max(longest, prefix.length);
    }
    this.sorted = [...this.indexes.keys()].sort();
    this.longest = longest;
  }

  /** How many begin with a wildcard, so that every text may begin like them. */
  get open(): number {
    return this.indexes.get('')?.length ?? 0;
  }

  /** Those that the text begins with, in ascending order. */
  startsOf(text: string): readonly number[] {
    const found: number[] = [];
    const most = Math.min(text.length, this.longest);
    for (let length = 0; length <= most; length++) {
      const indexes = this.indexes.get(text.slice(0, length));
      if (indexes) for (const index of indexes) found.push(index);
    }
    return found.sort((a, b) => a - b);
  }

  /** Those that the text begins with, or that begin with the text. */
  meeting(text: string): readonly number[] {
    const found = [...this.startsOf(text)];
    for (let at = this.firstAfter(text); this.sorted[at]?.startsWith(text); at++) {
      for (const index of this.indexes.get(this.sorted[at]!)!) found.push(index);
    }
    return found;
  }

  private firstAfter(text: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]! <= text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
