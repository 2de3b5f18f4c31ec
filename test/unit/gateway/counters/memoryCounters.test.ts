import { describe, expect, it } from 'vitest';
import { CountersUnavailable } from '../../../../src/gateway/counters/counterStore';
import { MemoryCounters } from '../../../../src/gateway/counters/memoryCounters';
import { one } from './support/charges';
import { describeCounters } from './support/contract';

describeCounters('counters in memory', {
  open: async () => {
    let now = 1234.567;
    return {
      store: new MemoryCounters(() => now),
      advance: (ms) => {
        now += ms;
      },
    };
  },
  close: async () => {},
  exactClock: true,
  propertyRuns: 1000,
});

describe('counters in memory', () => {
  it('answer at once, so that nothing comes between', () => {
    const store = new MemoryCounters();
    expect(store.charge(one('1', '1')).granted).toBe(true);
    expect(store.charge(one('1', '1')).granted).toBe(false);
  });

  it('forget the counters of a session, and only those', async () => {
    const store = new MemoryCounters();
    const ended = store.charge(one('1', '1', 60, 'session 1/a'));
    store.charge(one('1', '1', 60, 'session 2/a'));
    store.forget('session 1/');
    expect(store.charge(one('1', '1', 60, 'session 1/a')).granted).toBe(true);
    if (ended.granted) await ended.release();
    expect(store.charge(one('1', '1', 60, 'session 1/a')).granted).toBe(false);
    expect(store.charge(one('1', '1', 60, 'session 2/a')).granted).toBe(false);
  });

  it('refill nothing when their clock goes back', () => {
    let now = 10_000_000;
    const store = new MemoryCounters(() => now);
    store.charge(one('1', '2'));
    now -= 3_600_000;
    store.charge(one('1', '2'));
    expect(store.charge(one('1', '2')).granted).toBe(false);
    now = 10_000_000 + 60_000;
    expect(store.charge(one('2', '2')).granted).toBe(true);
  });

  it('keep counting exactly when more events are in a window than are kept apart', () => {
    let now = 0;
    const store = new MemoryCounters(() => now);
    let granted = 0;
    while (now < 250_000) {
      now += 1;
      if (store.charge(one('1', '250000', 3600)).granted) granted++;
    }
    expect(granted).toBe(250_000);
    const refused = store.charge(one('1', '250000', 3600));
    // 1/25,000 of the window is 144 ms.
    expect(refused).toMatchObject({ granted: false, remaining: '0', retryAfterSeconds: 3351 });
    now += 3_350_000;
    expect(store.charge(one('1', '250000', 3600)).granted).toBe(false);
    now += 144;
    expect(store.charge(one('1', '250000', 3600)).granted).toBe(true);
  });

  it('count no more once they are closed', async () => {
    const store = new MemoryCounters();
    await store.dispose();
    expect(() => store.charge(one('1', '1'))).toThrow(CountersUnavailable);
  });
});
