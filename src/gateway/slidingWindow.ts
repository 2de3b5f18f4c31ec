/**
 * Counts events in sliding windows. A reservation is taken for several limits at once or not at
 * all; there is no `await` inside, so parallel calls cannot overbook.
 */
export interface WindowLimit {
  /** Names the counter. */
  readonly key: string;
  readonly max: number;
  readonly windowSeconds: number;
}

export type Reservation<L extends WindowLimit> =
  | { readonly granted: true; release(): void }
  | { readonly granted: false; readonly limit: L; readonly retryAfterSeconds: number };

// Counters of ended sessions and edited rules are swept once there are this many.
const sweepAbove = 1024;

export class SlidingWindows {
  /** Times of the counted events, oldest first, and the longest window anyone asked about. */
  private readonly counters = new Map<string, { times: number[]; windowMs: number }>();

  /** `now` is monotonic milliseconds, so that setting the clock back refills nothing. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  reserve<L extends WindowLimit>(limits: readonly L[]): Reservation<L> {
    const now = this.now();
    for (const limit of limits) {
      const times = this.timesWithin(limit, now);
      if (times.length >= limit.max) {
        // The call fits when all but `max - 1` of the counted ones have left the window.
        const freeing = times[times.length - limit.max]!;
        // In this order, so that rounding adds no second.
        const retryAfter = Math.ceil((freeing - now) / 1000 + limit.windowSeconds);
        return { granted: false, limit, retryAfterSeconds: Math.max(1, retryAfter) };
      }
    }
    const taken = limits.map((limit) => {
      const times = this.timesWithin(limit, now);
      times.push(now);
      return times;
    });
    return {
      granted: true,
      release: () => {
        for (const times of taken.splice(0)) {
          const index = times.lastIndexOf(now);
          if (index >= 0) times.splice(index, 1);
        }
      },
    };
  }

  /** Forgets the counters whose key begins with `prefix`, as when a session has ended. */
  forget(prefix: string): void {
    for (const key of this.counters.keys()) if (key.startsWith(prefix)) this.counters.delete(key);
  }

  private timesWithin(limit: WindowLimit, now: number): number[] {
    const windowMs = limit.windowSeconds * 1000;
    let counter = this.counters.get(limit.key);
    if (!counter) {
      if (this.counters.size >= sweepAbove) this.sweep(now);
      counter = { times: [], windowMs };
      this.counters.set(limit.key, counter);
    }
    counter.windowMs = windowMs;
    const { times } = counter;
    let expired = 0;
    while (expired < times.length && times[expired]! <= now - windowMs) expired++;
    if (expired > 0) times.splice(0, expired);
    return times;
  }

  private sweep(now: number): void {
    for (const [key, { times, windowMs }] of this.counters) {
      const latest = times[times.length - 1];
      if (latest === undefined || latest <= now - windowMs) this.counters.delete(key);
    }
  }
}
