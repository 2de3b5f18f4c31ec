import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';

/** The clocks of this machine, in milliseconds. */
export interface ClockSources {
  /** Since the epoch; anybody may set it. */
  wall(): number;
  /** Since the machine started, sleep included. */
  uptime(): number;
  /** Since any instant of this process. */
  monotonic(): number;
  /** Tells one start of the machine from the next, where the system says so. */
  readonly boot: string | undefined;
}

/** A reading that another process, or the same after a restart, can go on from. */
export interface ClockReading {
  /** Milliseconds that are known to have passed for these counters. Never goes back. */
  readonly time: number;
  readonly wall: number;
  readonly uptime: number;
  readonly boot: string;
}

export function systemClocks(): ClockSources {
  return {
    wall: () => Date.now(),
    uptime: () => uptime() * 1000,
    monotonic: () => performance.now(),
    boot: readBoot(),
  };
}

/**
 * Time for counters that outlive the process. Within one start of the machine it goes by the time
 * since that start, so that setting the clock neither refills a counter nor stops it. Only across a
 * restart of the machine is the wall clock all there is. Where starts cannot be told apart, the
 * smaller of both differences counts.
 */
export class LogicalClock {
  private readonly seen: { time: number; monotonic: number };
  private base: ClockReading;

  constructor(
    base: ClockReading,
    private readonly sources: ClockSources,
  ) {
    this.base = base;
    this.seen = { time: base.time, monotonic: sources.monotonic() };
  }

  static start(sources: ClockSources): LogicalClock {
    return new LogicalClock(readingAt(0, sources), sources);
  }

  /** Goes on from a later reading, made by another process. */
  follow(base: ClockReading): void {
    this.base = base;
  }

  read(): ClockReading {
    const { wall, uptime, monotonic } = this.sources;
    const awake = this.seen.time + (monotonic() - this.seen.monotonic);
    const sinceBase = elapsed(this.base, wall(), uptime(), this.sources.boot);
    const time = Math.floor(Math.max(this.seen.time, awake, this.base.time + sinceBase));
    this.seen.time = Math.max(awake, time);
    this.seen.monotonic = monotonic();
    return readingAt(time, this.sources);
  }
}

function elapsed(
  base: ClockReading,
  wall: number,
  uptime: number,
  boot: string | undefined,
): number {
  const byUptime = uptime - base.uptime;
  const byWall = wall - base.wall;
  if (boot !== undefined) return Math.max(0, boot === base.boot ? byUptime : byWall);
  return Math.max(0, byUptime < 0 ? byWall : Math.min(byUptime, byWall));
}

function readingAt(time: number, { wall, uptime, boot }: ClockSources): ClockReading {
  return {
    time,
    wall: Math.floor(wall()),
    uptime: Math.ceil(uptime()),
    boot: boot ?? '',
  };
}

function readBoot(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // A container may have an uptime of its own.
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}
