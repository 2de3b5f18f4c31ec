import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindows, type WindowLimit } from '../../../src/gateway/slidingWindow';

function windowsAt(start = 0): { windows: SlidingWindows; advance(ms: number): void } {
  let now = start;
  const advance = (ms: number): void => {
    now += ms;
  };
  return { windows: new SlidingWindows(() => now), advance };
}

const limit = (key: string, max: number, windowSeconds: number): WindowLimit => ({
  key,
  max,
  windowSeconds,
});

describe('a sliding window', () => {
  it('grants what a count of all calls in the window grants, for any limits and any pauses', () => {
    const step = fc.record({
      pause: fc.nat(3000),
      limits: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
      release: fc.boolean(),
    });
    const sizes = fc.record({
      a: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
      b: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
      c: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
    });
    fc.assert(
      fc.property(sizes, fc.array(step, { maxLength: 60 }), (size, steps) => {
        let now = 0;
        const windows = new SlidingWindows(() => now);
        const counted: { key: string; time: number }[] = [];
        const inWindow = (key: string, seconds: number): number =>
          counted.filter((one) => one.key === key && one.time > now - seconds * 1000).length;
        for (const { pause, limits: keys, release } of steps) {
          now += pause;
          const limits = keys.map((key) => limit(key, ...size[key as 'a']));
          const fits = limits.every((one) => inWindow(one.key, one.windowSeconds) < one.max);
          const reservation = windows.reserve(limits);
          expect(reservation.granted).toBe(fits);
          if (reservation.granted) {
            if (release) reservation.release();
            else counted.push(...keys.map((key) => ({ key, time: now })));
          }
        }
      }),
    );
  });

  it('says truly when a refused call fits again: not a second earlier, and then it does', () => {
    const pauses = fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { minLength: 5 });
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 3 }), (times, max) => {
        const { windows, advance } = windowsAt(12_345.678_901);
        const one = limit('k', max, 2);
        for (const pause of times) {
          advance(pause);
          const reservation = windows.reserve([one]);
          if (reservation.granted) continue;
          const { retryAfterSeconds } = reservation;
          expect(Number.isInteger(retryAfterSeconds)).toBe(true);
          expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
          expect(retryAfterSeconds).toBeLessThanOrEqual(2);
          advance(retryAfterSeconds * 1000 + 0.001);
          expect(windows.reserve([one]).granted).toBe(true);
        }
      }),
    );
  });

  it('has no edge at which two bursts pass', () => {
    const { windows, advance } = windowsAt();
    const ten = [limit('k', 10, 60)];
    advance(59_000);
    for (let call = 0; call < 10; call++) expect(windows.reserve(ten).granted).toBe(true);
    advance(2_000);
    expect(windows.reserve(ten).granted).toBe(false);
    advance(57_999);
    expect(windows.reserve(ten).granted).toBe(false);
    advance(1);
    expect(windows.reserve(ten).granted).toBe(true);
  });

  it('takes all limits or none', () => {
    const { windows } = windowsAt();
    const [wide, narrow] = [limit('wide', 5, 60), limit('narrow', 1, 60)];
    expect(windows.reserve([wide, narrow]).granted).toBe(true);
    for (let call = 0; call < 9; call++) {
      expect(windows.reserve([wide, narrow])).toMatchObject({ granted: false, limit: narrow });
    }
    for (let call = 0; call < 4; call++) expect(windows.reserve([wide]).granted).toBe(true);
    expect(windows.reserve([wide]).granted).toBe(false);
  });

  it('gives back a reservation once, however often it is released', () => {
    const { windows } = windowsAt();
    const two = [limit('k', 2, 60)];
    const first = windows.reserve(two);
    windows.reserve(two);
    if (!first.granted) throw new Error('not granted');
    first.release();
    first.release();
    expect(windows.reserve(two).granted).toBe(true);
    expect(windows.reserve(two).granted).toBe(false);
  });

  it('never refills early when the clock stands still or steps back', () => {
    let now = 100_000;
    const windows = new SlidingWindows(() => now);
    const one = [limit('k', 1, 60)];
    windows.reserve(one);
    for (const step of [0, -3_600_000, -1, 3_600_000]) {
      now += step;
      expect(windows.reserve(one).granted).toBe(false);
    }
  });

  it('counts calls that were made before the limit was changed', () => {
    const { windows, advance } = windowsAt();
    for (let call = 0; call < 5; call++) windows.reserve([limit('k', 5, 60)]);
    advance(10_000);
    expect(windows.reserve([limit('k', 6, 60)]).granted).toBe(true);
    expect(windows.reserve([limit('k', 2, 60)]).granted).toBe(false);
    expect(windows.reserve([limit('k', 6, 3600)]).granted).toBe(false);
  });

  it('forgets the counters of one session and keeps those of others', () => {
    const { windows } = windowsAt();
    const [a, b] = [[limit('a\nk', 1, 60)], [limit('b\nk', 1, 60)]];
    windows.reserve(a);
    windows.reserve(b);
    windows.forget('a');
    expect(windows.reserve(a).granted).toBe(true);
    expect(windows.reserve(b).granted).toBe(false);
  });

  it('keeps counters that still count when thousands of others are swept', () => {
    const { windows, advance } = windowsAt();
    const one = [limit('kept', 1, 3600)];
    windows.reserve(one);
    for (let key = 0; key < 5000; key++) windows.reserve([limit(`short ${key}`, 1, 1)]);
    advance(2000);
    for (let key = 0; key < 5000; key++) windows.reserve([limit(`later ${key}`, 1, 1)]);
    expect(windows.reserve(one).granted).toBe(false);
  });
});
