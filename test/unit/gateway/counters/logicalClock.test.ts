import { describe, expect, it } from 'vitest';
import { LogicalClock, systemClocks } from '../../../../src/gateway/counters/logicalClock';
import { TestClocks } from './support/clocks';

const hour = 3_600_000;

describe('the time of counters that outlive the process', () => {
  it('passes as time does, asleep or not', () => {
    const clocks = new TestClocks();
    const clock = LogicalClock.start(clocks);
    clocks.advance(1500);
    expect(clock.read().time).toBe(1500);
    clocks.sleep(hour);
    expect(clock.read().time).toBe(hour + 1500);
  });

  it.each(['first', undefined])(
    'neither jumps nor stops when the clock is set (boot %s)',
    (boot) => {
      const clocks = new TestClocks(boot);
      const clock = LogicalClock.start(clocks);
      for (const change of [hour, -hour, -5 * hour, 4 * hour]) {
        const before = clock.read().time;
        clocks.setWall(change);
        expect(clock.read().time).toBe(before);
        clocks.advance(1000);
        expect(clock.read().time).toBe(before + 1000);
      }
    },
  );

  it('goes on where the last process stopped, by the time since the machine started', () => {
    const clocks = new TestClocks();
    const base = LogicalClock.start(clocks).read();
    for (const change of [hour, -hour]) {
      const later = clocks.inAnotherProcess();
      later.setWall(change);
      later.advance(2000);
      expect(new LogicalClock(base, later).read().time).toBe(2000);
    }
  });

  it('goes by the wall clock across a restart of the machine, but never back', () => {
    const clocks = new TestClocks();
    const base = LogicalClock.start(clocks).read();
    clocks.restartMachine(30_000, 'second');
    expect(new LogicalClock(base, clocks).read().time).toBe(30_000);
    clocks.setWall(-hour);
    const clock = new LogicalClock(base, clocks);
    expect(clock.read().time).toBe(0);
    clocks.advance(1000);
    expect(clock.read().time).toBe(1000);
  });

  it('takes the smaller difference where starts of the machine cannot be told apart', () => {
    const clocks = new TestClocks(undefined);
    const base = LogicalClock.start(clocks).read();
    const forward = clocks.inAnotherProcess();
    forward.boot = undefined;
    forward.advance(1000);
    forward.setWall(hour);
    expect(new LogicalClock(base, forward).read().time).toBe(1000);
    const back = clocks.inAnotherProcess();
    back.boot = undefined;
    back.advance(1000);
    back.setWall(-hour);
    expect(new LogicalClock(base, back).read().time).toBe(0);
    clocks.restartMachine(30_000, undefined);
    expect(new LogicalClock(base, clocks).read().time).toBe(30_000);
  });

  it('never goes back when it follows another process', () => {
    const clocks = new TestClocks();
    const clock = LogicalClock.start(clocks);
    const base = clock.read();
    clocks.advance(5000);
    expect(clock.read().time).toBe(5000);
    clock.follow(base);
    expect(clock.read().time).toBe(5000);
    clock.follow({ ...clock.read(), time: 9000 });
    expect(clock.read().time).toBe(9000);
  });

  it('reads the clocks of this machine', () => {
    const clocks = systemClocks();
    const clock = LogicalClock.start(clocks);
    expect(clock.read().time).toBeLessThan(1000);
    if (process.platform === 'linux') expect(clocks.boot).toMatch(/^[0-9a-f-]{36}\/pid:\[\d+\]$/);
  });
});
