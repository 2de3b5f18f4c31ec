import type { ClockSources } from '../../../../../src/gateway/counters/logicalClock';

/** Clocks that stand still until they are told otherwise. */
export class TestClocks implements ClockSources {
  private wallMs = 1_700_000_000_000;
  private uptimeMs = 5_000_000;
  private monotonicMs = 42.5;

  constructor(public boot: string | undefined = 'first') {}

  readonly wall = (): number => this.wallMs;
  readonly uptime = (): number => this.uptimeMs;
  readonly monotonic = (): number => this.monotonicMs;

  advance(ms: number): void {
    this.wallMs += ms;
    this.uptimeMs += ms;
    this.monotonicMs += ms;
  }

  sleep(ms: number): void {
    this.wallMs += ms;
    this.uptimeMs += ms;
  }

  setWall(byMs: number): void {
    this.wallMs += byMs;
  }

  restartMachine(downMs: number, boot: string | undefined): void {
    this.wallMs += downMs;
    this.uptimeMs = 3000;
    this.monotonicMs = 7;
    this.boot = boot;
  }

  /** The clocks as another process, or the next one, sees them. */
  inAnotherProcess(): TestClocks {
    const other = new TestClocks(this.boot);
    other.wallMs = this.wallMs;
    other.uptimeMs = this.uptimeMs;
    return other;
  }
}
