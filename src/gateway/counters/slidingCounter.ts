interface Window {
  readonly ms: number;
  /** Position of the oldest event within the window, when it was last looked at. */
  from: number;
  sum: bigint;
}

const fewest = 64;

/**
 * The events of one counter, oldest first, and running sums for the windows asked about. Times are
 * whole milliseconds of a clock that never goes back; an event counts until its time plus the window.
 */
export class SlidingCounter {
  private times: number[] = [];
  private costs: bigint[] = [];
  private readonly windows: Window[] = [];
  private trimAt = fewest;
  private keptMs = 0;

  constructor(private readonly mostEvents: number) {}

  /** How long events are kept: as long as the longest window asked for. */
  get keepMs(): number {
    return this.keptMs;
  }

  get latest(): number {
    return this.times[this.times.length - 1] ?? Number.NEGATIVE_INFINITY;
  }

  get size(): number {
    return this.times.length;
  }

  sumWithin(windowMs: number, now: number): bigint {
    return this.window(windowMs, now).sum;
  }

  /** Milliseconds until `excess` of what is within the window now has left it. */
  waitFor(windowMs: number, excess: bigint, now: number): number {
    let left = excess;
    let position = this.window(windowMs, now).from;
    while (position < this.times.length) {
      left -= this.costs[position]!;
      if (left <= 0n) break;
      position++;
    }
    return (this.times[position] ?? now) + windowMs - now;
  }

  keepFor(windowMs: number): void {
    if (windowMs > this.keptMs) this.keptMs = windowMs;
  }

  /** Adds an event, and returns the time that it is counted under. */
  add(now: number, cost: bigint): number {
    const time = Math.max(now, this.latest);
    if (this.times.length >= this.trimAt) this.trim(time);
    const last = this.times.length - 1;
    // Events of one instant leave together, so they can be one.
    if (this.times[last] === time) this.costs[last]! += cost;
    else {
      this.times.push(time);
      this.costs.push(cost);
    }
    for (const window of this.windows) {
      window.sum += cost;
    }
    return time;
  }

  /**
   * Takes back an event that is still kept. One that has been merged with later ones is within the
   * first whose time is not before its own.
   */
  takeBack(time: number, cost: bigint): void {
    const position = this.positionOf(time);
    const counted = this.costs[position];
    if (counted === undefined || counted < cost) return;
    this.costs[position] = counted - cost;
    for (const window of this.windows) if (window.from <= position) window.sum -= cost;
  }

  isOver(now: number): boolean {
    return this.latest + this.keptMs <= now;
  }

  /** The events that still count for the longest window. */
  *events(now: number): Generator<readonly [time: number, cost: bigint]> {
    for (const [position, time] of this.times.entries()) {
      const cost = this.costs[position]!;
      if (time + this.keptMs > now && cost > 0n) yield [time, cost];
    }
  }

  private window(ms: number, now: number): Window {
    let window = this.windows.find((known) => known.ms === ms);
    if (!window) {
      this.keepFor(ms);
      window = { ms, from: 0, sum: this.costs.reduce((sum, cost) => sum + cost, 0n) };
      this.windows.push(window);
    }
    this.advance(window, now);
    return window;
  }

  private advance(window: Window, now: number): void {
    while (window.from < this.times.length && this.times[window.from]! + window.ms <= now) {
      window.sum -= this.costs[window.from]!;
      window.from++;
    }
  }

  private positionOf(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Drops what no window counts any more; rare enough that its cost spreads over many events. */
  private trim(now: number): void {
    for (const window of this.windows) this.advance(window, now);
    let over = 0;
    while (over < this.times.length && this.times[over]! + this.keptMs <= now) over++;
    this.times.splice(0, over);
    this.costs.splice(0, over);
    for (const window of this.windows) window.from -= over;
    if (this.times.length > this.mostEvents * 0.75) this.coarsen();
    this.trimAt = Math.min(this.mostEvents, Math.max(fewest, 2 * this.times.length));
  }

  /**
   * Merges events that lie in one cell of a grid over the longest window, under the time of the
   * newest: they may leave later than they should, by at most a cell, but never earlier.
   */
  private coarsen(): void {
    const cellMs = this.keptMs / (this.mostEvents / 2);
    const cellOf = (time: number): number => Math.floor(time / cellMs);
    const times: number[] = [];
    const costs: bigint[] = [];
    const begins = new Map(this.windows.map(({ from }) => [from, 0]));
    for (let position = 0; position < this.times.length; position++) {
      const time = this.times[position]!;
      const last = times.length - 1;
      // What has left a window is not brought back into it by a merge.
      const begin = begins.has(position);
      if (!begin && last >= 0 && cellOf(times[last]!) === cellOf(time)) {
        times[last] = time;
        costs[last]! += this.costs[position]!;
      } else {
        times.push(time);
        costs.push(this.costs[position]!);
      }
      if (begin) begins.set(position, times.length - 1);
    }
    begins.set(this.times.length, times.length);
    for (const window of this.windows) window.from = begins.get(window.from)!;
    this.times = times;
    this.costs = costs;
  }
}
