import { createHash } from 'node:crypto';
import { type CheckedCharge, checkedCharges } from './checkedCharges';
import { CounterLog, endText, type LogEnd, readEnd } from './counterLog';
import { type Change, type ChangeLine, CounterState, changeOf } from './counterState';
import {
  type Charge,
  type ChargeResult,
  type CounterStore,
  CountersUnavailable,
} from './counterStore';
import { type ClockReading, type ClockSources, LogicalClock, systemClocks } from './logicalClock';
import { TokenLock } from './tokenLock';
import type { Counted } from './windowCounters';

const mostAtOnce = 1000;

/** Work that needs the lock. It adds what it changed to `changes`; `done` follows once that is on disk. */
interface Job {
  run(state: CounterState, now: number, changes: Change[]): void;
  done(): void;
  fail(error: CountersUnavailable): void;
}

interface Held {
  readonly state: CounterState;
  readonly end: LogEnd;
}

/**
 * Counters in a directory of their own, shared by all processes that use it. They outlive restarts
 * of the process and of the machine. Keys are written as digests.
 */
export class FileCounters implements CounterStore {
  private readonly lock: TokenLock;
  private readonly log: CounterLog;
  private waiting: Job[] = [];
  private working: Promise<void> | undefined;
  private known: Held | undefined;
  private clock: { readonly lineage: string; readonly time: LogicalClock } | undefined;
  private disposed = false;

  /** The parent of `directory` may exist; `directory` itself is made here and holds nothing else. */
  constructor(
    private readonly directory: string,
    private readonly clocks: ClockSources = systemClocks(),
  ) {
    this.log = new CounterLog(directory);
    this.lock = new TokenLock(directory, async (fresh) => {
      const clock = LogicalClock.start(clocks).read();
      return endText(await new CounterLog(fresh).write(CounterState.empty(clock).lines(clock)));
    });
  }

  async charge(charges: readonly Charge[]): Promise<ChargeResult> {
    const checked = checkedCharges(charges).map((charge) => ({
      ...charge,
      key: createHash('sha256').update(charge.key).digest('base64url'),
    }));
    return new Promise((resolve, reject) => {
      let result: ChargeResult;
      this.enqueue({
        run: (state, now, changes) => {
          result = this.count(checked, state, now, changes);
        },
        done: () => resolve(result),
        fail: reject,
      });
    });
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.working;
  }

  private count(
    checked: readonly CheckedCharge[],
    state: CounterState,
    now: number,
    changes: Change[],
  ): ChargeResult {
    const refused = state.counters.refusal(checked, now);
    if (refused) return refused;
    const counted = state.counters.count(checked, now);
    for (const event of counted) changes.push(changeOf('+', event));
    return {
      granted: true,
      release: () => this.takeBack(counted.splice(0), state.lineage),
    };
  }

  /** Where it fails, the charge stays counted: nothing is spent twice. */
  private takeBack(counted: readonly Counted[], lineage: string): Promise<void> {
    if (counted.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.enqueue({
        run: (state, now, changes) => {
          if (state.lineage !== lineage) return;
          for (const event of counted) {
            if (now >= event.until) continue;
            state.counters.get(event.key)?.takeBack(event.time, event.cost);
            changes.push(changeOf('-', event));
          }
        },
        done: resolve,
        fail: () => resolve(),
      });
    });
  }

  private enqueue(job: Job): void {
    if (this.disposed) {
      job.fail(new CountersUnavailable('The counters are closed.'));
      return;
    }
    this.waiting.push(job);
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    // Calls that arrive together are counted under one lock and written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const jobs = this.waiting.splice(0, mostAtOnce);
      try {
        await this.runAll(jobs);
        for (const job of jobs) job.done();
      } catch (error) {
        const unavailable = this.unavailable(error);
        for (const job of jobs) job.fail(unavailable);
      }
    }
    this.working = undefined;
  }

  private async runAll(jobs: readonly Job[]): Promise<void> {
    const name = await this.lock.take();
    let replaced: LogEnd | undefined;
    try {
      const { held, more } = await this.current(name);
      // Should anything fail from here on, what is in memory is no longer what is on disk.
      this.known = undefined;
      const reading = this.clockFor(held.state).read();
      const changes: Change[] = [];
      for (const job of jobs) job.run(held.state, reading.time, changes);
      const saved = await this.save(held, changes, reading, more);
      if (saved.end.generation !== held.end.generation) replaced = held.end;
      await this.lock.give(endText(saved.end));
      this.known = saved;
    } catch (error) {
      this.known = undefined;
      await this.lock.give(name).catch(() => {});
      throw error;
    }
    // Not before the new one is known to all; until then a crash must find the old one.
    if (replaced) await this.log.remove(replaced);
  }

  /** The counters as the token says they are: from memory as far as they are known. */
  private async current(name: string): Promise<{ held: Held; more: boolean }> {
    const { known } = this;
    if (known && endText(known.end) === name) return { held: known, more: false };
    const end = readEnd(name);
    if (!end) {
      throw new CountersUnavailable(
        `The counters in ${this.directory} are damaged. Remove the folder to begin anew.`,
      );
    }
    if (known?.end.generation === end.generation && known.end.length < end.length) {
      const lines = await this.log.between(known.end, end);
      if (lines) {
        known.state.apply(lines);
        return { held: { state: known.state, end }, more: false };
      }
    }
    const { values, more } = await this.log.read(end);
    await this.log.keepOnly(end);
    return { held: { state: CounterState.read(values), end }, more };
  }

  private clockFor(state: CounterState): LogicalClock {
    if (this.clock?.lineage === state.lineage) this.clock.time.follow(state.clock);
    else {
      this.clock = { lineage: state.lineage, time: new LogicalClock(state.clock, this.clocks) };
    }
    return this.clock.time;
  }

  private async save(
    held: Held,
    changes: readonly Change[],
    clock: ClockReading,
    anew: boolean,
  ): Promise<Held> {
    if (changes.length === 0 && !anew) return held;
    const { state, end } = held;
    if (!anew && !state.isLong) {
      const line: ChangeLine = { clock, changes };
      try {
        const longer = await this.log.append(end, [line]);
        state.wrote(line);
        return { state, end: longer };
      } catch {
        // A copy is gone or damaged. All of it is in memory, so both can be written again.
      }
    }
    return { state, end: await this.log.write(state.lines(clock)) };
  }

  private unavailable(error: unknown): CountersUnavailable {
    if (error instanceof CountersUnavailable) return error;
    const { message } = error as Error;
    return new CountersUnavailable(`The counters in ${this.directory} cannot be used: ${message}`, {
      cause: error,
    });
  }
}
