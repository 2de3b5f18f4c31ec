import { amountText } from './amount';
import type { CheckedCharge } from './checkedCharges';
import type { ChargeResult } from './counterStore';
import { SlidingCounter } from './slidingCounter';

export type Refused = Extract<ChargeResult, { granted: false }>;

/** What was counted, as much of it as taking it back needs. */
export interface Counted {
  readonly key: string;
  readonly counter: SlidingCounter;
  readonly time: number;
  readonly cost: bigint;
  /** From then on the event may have been dropped, and there is nothing to take back. */
  readonly until: number;
}

// Counters of ended sessions and edited rules are swept once there are this many.
const sweepAbove = 1024;
const sweepEveryMs = 60_000;

/** Counters by name, on a clock that the caller reads. */
export class WindowCounters {
  private readonly counters = new Map<string, SlidingCounter>();
  private sweepAt = sweepAbove;
  private sweptAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly mostEvents: number) {}

  get size(): number {
    return this.counters.size;
  }

  /** The first charge that does not fit, or undefined if all do. Counts nothing. */
  refusal(charges: readonly CheckedCharge[], now: number): Refused | undefined {
    for (let index = 0; index < charges.length; index++) {
      const charge = charges[index]!;
      const { key, windowMs, max, cost } = charge;
      const counter = this.counters.get(key);
      const sum = counter?.sumWithin(windowMs, now) ?? 0n;
      if (sum + cost <= max) continue;
      const wait =
        counter && cost <= max ? counter.waitFor(windowMs, sum + cost - max, now) : undefined;
      return refusalOf(charge, index, sum, wait);
    }
    return undefined;
  }

  /** Counts a call that `refusal` found to fit at the same instant. */
  count(charges: readonly CheckedCharge[], now: number): Counted[] {
    if (this.counters.size >= this.sweepAt || now - this.sweptAt >= sweepEveryMs) this.sweep(now);
    const counted: Counted[] = [];
    // Every window is known before an event is added, so that none drops what another counts.
    for (const { key, windowMs } of charges) this.counter(key).keepFor(windowMs);
    for (const { key, cost, repeats } of charges) {
      if (!repeats) counted.push(this.add(key, now, cost, 0));
    }
    return counted;
  }

  add(key: string, now: number, cost: bigint, keepMs: number): Counted {
    const counter = this.counter(key);
    counter.keepFor(keepMs);
    const time = counter.add(now, cost);
    return { key, counter, time, cost, until: time + counter.keepMs };
  }

  takeBack({ counter, time, cost, until }: Counted, now: number): void {
    if (now < until) counter.takeBack(time, cost);
  }

  get(key: string): SlidingCounter | undefined {
    return this.counters.get(key);
  }

  entries(): IterableIterator<[string, SlidingCounter]> {
    return this.counters.entries();
  }

  forget(prefix: string): void {
    for (const key of this.counters.keys()) if (key.startsWith(prefix)) this.counters.delete(key);
  }

  sweep(now: number): void {
    for (const [key, counter] of this.counters) if (counter.isOver(now)) this.counters.delete(key);
    this.sweepAt = Math.max(sweepAbove, 2 * this.counters.size);
    this.sweptAt = now;
  }

  private counter(key: string): SlidingCounter {
    let counter = this.counters.get(key);
    if (!counter) {
      counter = new SlidingCounter(this.mostEvents);
      this.counters.set(key, counter);
    }
    return counter;
  }
}

/** What is said of a charge that does not fit; `waitMs` until it does, if ever. */
export function refusalOf(
  { max }: CheckedCharge,
  index: number,
  sum: bigint,
  waitMs: number | undefined,
): Refused {
  return {
    granted: false,
    index,
    retryAfterSeconds: waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000)),
    remaining: amountText(max > sum ? max - sum : 0n),
  };
}
