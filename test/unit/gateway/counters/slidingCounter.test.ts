import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingCounter } from '../../../../src/gateway/counters/slidingCounter';
import { WindowCounters } from '../../../../src/gateway/counters/windowCounters';

const mostEvents = 100;
const keepMs = 10_000;

describe('a counter with more events than it keeps apart', () => {
  it('never forgets one early, and none later than a cell of its grid', () => {
    const steps = fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 5 }), fc.boolean()), {
      minLength: 100,
      maxLength: 1500,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, fc.constantFrom(keepMs, 3000, 300), (all, windowMs) => {
        const counter = new SlidingCounter(mostEvents);
        counter.keepFor(keepMs);
        const events: { time: number; cost: bigint }[] = [];
        const sumAfter = (time: number): bigint =>
          events.reduce((sum, event) => (event.time > time ? sum + event.cost : sum), 0n);
        let now = 0;
        for (const [wait, units, takeBack] of all) {
          now += wait;
          const cost = BigInt(units);
          const time = counter.add(now, cost);
          if (takeBack) counter.takeBack(time, cost);
          else events.push({ time, cost });
          const sum = counter.sumWithin(windowMs, now);
          expect(sum).toBeGreaterThanOrEqual(sumAfter(now - windowMs));
          expect(sum).toBeLessThanOrEqual(sumAfter(now - windowMs - keepMs / (mostEvents / 2)));
          expect(counter.size).toBeLessThanOrEqual(mostEvents);
        }
        now += keepMs + keepMs / (mostEvents / 2);
        expect(counter.sumWithin(windowMs, now)).toBe(0n);
        expect(counter.isOver(now)).toBe(true);
      }),
      // Shrinking sequences as long as these takes minutes.
      { numRuns: 30, endOnFailure: true },
    );
  });

  it('takes back what it has merged', () => {
    const counter = new SlidingCounter(mostEvents);
    counter.keepFor(keepMs);
    for (let time = 0; time < 1000; time++) counter.add(time, 3n);
    for (let time = 0; time < 1000; time++) counter.takeBack(time, 3n);
    expect(counter.sumWithin(keepMs, 1000)).toBe(0n);
  });
});

describe('counters by name', () => {
  it('are dropped when none of their events counts any more', () => {
    const counters = new WindowCounters(mostEvents);
    const charge = (key: string) => [{ key, windowMs: 1000, max: 1n, cost: 1n, repeats: false }];
    for (let key = 0; key < 50_000; key++) counters.count(charge(`key ${key}`), key);
    expect(counters.size).toBeLessThanOrEqual(2100);
    counters.count(charge('last'), 200_000);
    expect(counters.size).toBe(1);
  });
});
