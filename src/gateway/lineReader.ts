import { LineParts, type RawText } from './longMessage';
import type { MessageBounds } from './upstream';

/** Splits bytes into lines. Text is decoded a line at a time, so no character is cut in two. */
export class LineReader {
  private readonly line = new LineParts();

  constructor(
    private readonly bounds: MessageBounds,
    private readonly onLine: (line: RawText) => void,
  ) {}

  /** The limit beyond which a line has grown, if one has; what there was of it is dropped. */
  push(chunk: Buffer): number | undefined {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      this.line.add(chunk.subarray(start, end));
      this.onLine(this.line.take());
      start = end + 1;
    }
    if (start < chunk.length) this.line.add(chunk.subarray(start));
    const { most, mostReadWhole } = this.bounds;
    const limit = this.line.isObject ? most : mostReadWhole;
    if (this.line.length <= limit) return undefined;
    this.line.clear();
    return limit;
  }
}
