/** Splits bytes into lines. Text is decoded a line at a time, so no character is cut in two. */
export class LineReader {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly longest: number,
    private readonly onLine: (line: string) => void,
  ) {}

  /** False when a line has grown beyond the limit; what there was of it is dropped. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      this.parts.push(chunk.subarray(start, end));
      const line = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
      this.parts = [];
      this.length = 0;
      this.onLine(line.toString('utf8'));
      start = end + 1;
    }
    if (start < chunk.length) {
      this.parts.push(chunk.subarray(start));
      this.length += chunk.length - start;
    }
    if (this.length <= this.longest) return true;
    this.parts = [];
    this.length = 0;
    return false;
  }
}
