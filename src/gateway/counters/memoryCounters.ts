import { checkedCharges } from './checkedCharges';
import {
  type Charge,
  type ChargeResult,
  type CounterStore,
  CountersUnavailable,
} from './counterStore';
import { WindowCounters } from './windowCounters';

// Per counter; beyond them an event may leave up to 1/25,000 of its window late.
const mostEvents = 50_000;

/**
 * Counters that live as long as the gateway. There is no `await` inside `charge`, so parallel calls
 * cannot overbook.
 */
export class MemoryCounters implements CounterStore {
  private readonly counters = new WindowCounters(mostEvents);
  private disposed = false;
  private latest = Number.NEGATIVE_INFINITY;

  /** `clock` is monotonic milliseconds, so that setting the clock back refills nothing. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  charge(charges: readonly Charge[]): ChargeResult {
    if (this.disposed) throw new CountersUnavailable('The counters are closed.');
    const checked = checkedCharges(charges);
    const now = this.now();
    const refused = this.counters.refusal(checked, now);
    if (refused) return refused;
    const counted = this.counters.count(checked, now);
    return {
      granted: true,
      release: async () => {
        const then = this.now();
        for (const event of counted.splice(0)) this.counters.takeBack(event, then);
      },
    };
  }

  /** Forgets the counters whose key begins with `prefix`, as when a session has ended. */
  forget(prefix: string): void {
    this.counters.forget(prefix);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.counters.forget('');
  }

  private now(): number {
    // Whole milliseconds, so that times and windows add exactly.
    this.latest = Math.max(this.latest, Math.floor(this.clock()));
    return this.latest;
  }
}
