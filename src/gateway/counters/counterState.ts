import { randomBytes } from 'node:crypto';
import { amountText, parseSum } from './amount';
import { CountersUnavailable } from './counterStore';
import type { ClockReading } from './logicalClock';
import { type Counted, WindowCounters } from './windowCounters';

// Beyond these, an event may leave up to 1/2048 of its window late; in return the file stays small.
const mostEvents = 4096;
const version = 1;
// A log is begun anew when it holds these, and twice as many as it began with.
const manyChanges = 2000;

/** The first line of a log: which set of counters it holds, and their time when it was begun. */
interface Heading {
  readonly version: typeof version;
  readonly lineage: string;
  readonly clock: ClockReading;
}

/** One counter as it was when the log was begun. */
interface CounterLine {
  readonly counter: string;
  readonly keepMs: number;
  readonly events: readonly (readonly [time: number, cost: string])[];
}

export type Change = readonly [
  sign: '+' | '-',
  key: string,
  time: number,
  cost: string,
  keepMs: number,
];

/** What one batch of calls changed. */
export interface ChangeLine {
  readonly clock: ClockReading;
  readonly changes: readonly Change[];
}

/** The counters of a log, in memory, and how they are written as lines. */
export class CounterState {
  readonly counters = new WindowCounters(mostEvents);
  /** How many events the log began with, and how many changes follow. */
  private begun = 0;
  private changed = 0;

  private constructor(
    /** Tells these counters from those that came before the person removed the files. */
    readonly lineage: string,
    private latest: ClockReading,
  ) {}

  static empty(clock: ClockReading): CounterState {
    return new CounterState(randomBytes(6).toString('hex'), clock);
  }

  static read([heading, ...lines]: readonly unknown[]): CounterState {
    const { version: found, lineage, clock } = heading as Heading;
    if (found !== version) {
      throw new CountersUnavailable('The counters were written by another version of Toolgate.');
    }
    const state = new CounterState(lineage, clock);
    state.apply(lines);
    return state;
  }

  /** The last time at which something was written. */
  get clock(): ClockReading {
    return this.latest;
  }

  get isLong(): boolean {
    return this.changed > manyChanges + 2 * this.begun;
  }

  /** Takes note of what was changed here and is in the log now. */
  wrote({ clock, changes }: ChangeLine): void {
    this.latest = clock;
    this.changed += changes.length;
  }

  apply(lines: readonly unknown[]): void {
    for (const line of lines as readonly (CounterLine | ChangeLine)[]) {
      if ('counter' in line) {
        for (const [time, cost] of line.events) {
          this.counters.add(line.counter, time, parseSum(cost), line.keepMs);
        }
        this.begun += line.events.length;
        continue;
      }
      for (const [sign, key, time, cost, keepMs] of line.changes) {
        const amount = parseSum(cost);
        if (sign === '+') this.counters.add(key, time, amount, keepMs);
        else this.counters.get(key)?.takeBack(time, amount);
      }
      this.wrote(line);
    }
  }

  /** All lines of a log that begins now. */
  *lines(clock: ClockReading): Generator<Heading | CounterLine> {
    this.counters.sweep(clock.time);
    this.latest = clock;
    this.begun = 0;
    this.changed = 0;
    yield { version, lineage: this.lineage, clock };
    for (const [key, counter] of this.counters.entries()) {
      const events = [...counter.events(clock.time)].map(
        ([time, cost]) => [time, amountText(cost)] as const,
      );
      this.begun += events.length;
      yield { counter: key, keepMs: counter.keepMs, events };
    }
  }
}

export function changeOf(sign: '+' | '-', { key, time, cost, counter }: Counted): Change {
  return [sign, key, time, amountText(cost), counter.keepMs];
}
