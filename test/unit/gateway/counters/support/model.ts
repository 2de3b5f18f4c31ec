import { Big } from 'big.js';
import type { Charge } from '../../../../../src/gateway/counters/counterStore';

interface Event {
  readonly key: string;
  readonly time: number;
  cost: Big;
}

type Outcome =
  | { granted: true; release(): void }
  | {
      granted: false;
      index: number;
      retryAfterSeconds: number | undefined;
      remaining: string;
    };

/** What the counters should do, done in the plainest way, with another library's arithmetic. */
export class ModelCounters {
  now = 0;
  private readonly events: Event[] = [];

  charge(charges: readonly Charge[]): Outcome {
    const costs = new Map<string, Big>();
    for (const { key, cost } of charges) {
      const known = costs.get(key);
      if (!known?.gte(cost)) costs.set(key, new Big(cost));
    }
    for (const [index, charge] of charges.entries()) {
      const cost = costs.get(charge.key)!;
      const sum = this.sum(charge, this.now);
      if (sum.plus(cost).lte(charge.max)) continue;
      const left = new Big(charge.max).minus(sum);
      return {
        granted: false,
        index,
        retryAfterSeconds: this.retryAfter(charge, cost),
        remaining: left.gt(0) ? left.toFixed() : '0',
      };
    }
    const added = [...costs].map(([key, cost]) => ({ key, cost, time: this.now }));
    this.events.push(...added);
    return {
      granted: true,
      release: () => {
        for (const event of added) event.cost = new Big(0);
      },
    };
  }

  private retryAfter(charge: Charge, cost: Big): number | undefined {
    for (let seconds = 1; seconds <= charge.windowSeconds + 1; seconds++) {
      const then = this.now + seconds * 1000;
      if (this.sum(charge, then).plus(cost).lte(charge.max)) return seconds;
    }
    return undefined;
  }

  private sum({ key, windowSeconds }: Charge, at: number): Big {
    return this.events
      .filter((event) => event.key === key && event.time + windowSeconds * 1000 > at)
      .reduce((sum, { cost }) => sum.plus(cost), new Big(0));
  }
}
