const mostLines = 1000;
const windowMs = 1000;

/** Passes on a thousand lines a second; of the rest it says how much there was. */
export class BoundedLog {
  private since = 0;
  private lines = 0;
  private lostBytes = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  /** While it is, nothing is kept: what comes need not be split into lines first. */
  get isFull(): boolean {
    const now = performance.now();
    if (now - this.since > windowMs) {
      this.since = now;
      this.lines = 0;
      const lost = this.lostBytes;
      this.lostBytes = 0;
      if (lost > 0) this.onLine(`(${lost} more bytes were not kept)`);
    }
    return this.lines >= mostLines;
  }

  add(line: string): void {
    this.lines++;
    this.onLine(line);
  }

  lose(bytes: number): void {
    this.lostBytes += bytes;
  }
}
