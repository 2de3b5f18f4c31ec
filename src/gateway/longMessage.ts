import { StringDecoder } from 'node:string_decoder';

// Reading less at once takes less than a millisecond.
const longFrom = 1024 * 1024;
// Of a longer string, the outline has the beginning. It is what a person would see first, and all
// that is looked at.
const longestString = 4096;
// So far into it there must be a letter, else whatever judges its first words has not seen them.
const firstWordsWithin = 512;
// An outline that gets as long as this saves nothing.
const longestOutline = 4 * 1024 * 1024;

const space = 0x20;
const openBrace = 0x7b;
const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const carriageReturn = 0x0d;

/**
 * The bytes of a message that is too long to be read at once, and an outline of it: the same JSON
 * with its long strings cut off. The bytes are held once, as they came, and can be passed on as they
 * are. `outline` is undefined where cutting could hide something.
 */
export class LongText {
  constructor(
    readonly parts: readonly Buffer[],
    readonly length: number,
    readonly outline: string | undefined,
  ) {}

  /** All of it. Takes as long as it is long. */
  toString(): string {
    return Buffer.concat(this.parts).toString('utf8');
  }
}

/** The text of a message as it came. */
export type RawText = string | LongText;

/** Collects the bytes of one line. Once it is long, each part is outlined when it comes. */
export class LineParts {
  private parts: Buffer[] = [];
  private outliner: Outliner | undefined;
  length = 0;

  add(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
    if (this.outliner) this.outliner.add(part);
    else if (this.length > longFrom) {
      this.outliner = new Outliner();
      for (const early of this.parts) this.outliner.add(early);
    }
  }

  /** Whether it begins as a message does. */
  get isObject(): boolean {
    const first = this.parts.find((part) => part.some((byte) => byte > space));
    return first?.find((byte) => byte > space) === openBrace;
  }

  /** The line that has come to its end; then the next begins. */
  take(): RawText {
    const { parts, outliner, length } = this;
    this.clear();
    if (outliner) return new LongText(parts, length, outliner.end());
    return (parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8');
  }

  clear(): void {
    this.parts = [];
    this.outliner = undefined;
    this.length = 0;
  }
}

/** Leaves out what is in long strings. Knows of JSON only where its strings begin and end. */
class Outliner {
  private readonly kept: Buffer[] = [];
  private keptLength = 0;
  /** A string that goes on in the next part: its beginning, and whether that is all of it so far. */
  private head: Buffer[] = [];
  private headLength = 0;
  private inString = false;
  private isCut = false;
  private isEscaped = false;
  /** The last string was cut. If it is a key, its end may matter. */
  private afterCut = false;
  private isUnsure = false;

  add(part: Buffer): void {
    // Such bytes cannot be passed on as they are: they would end the line of an event early.
    this.isUnsure ||= part.includes(carriageReturn) || this.keptLength > longestOutline;
    if (this.isUnsure) return;
    let at = this.inString ? this.longString(part, 0) : 0;
    let from = at;
    while (!this.inString) {
      if (this.afterCut) this.lookForColon(part, at);
      const start = part.indexOf(quote, at) + 1;
      if (start === 0) break;
      const end = this.endOfString(part, start);
      at = end + 1;
      if (end >= 0 && end - start <= longestString) continue;
      this.keep(part.subarray(from, start));
      at = from = this.longString(part, start, end);
    }
    if (!this.inString) this.keep(part.subarray(from));
  }

  end(): string | undefined {
    if (this.isUnsure || this.inString) return undefined;
    return Buffer.concat(this.kept).toString('utf8');
  }

  /** Reads on in a string, and says where it has been read up to. */
  private longString(part: Buffer, start: number, end = this.endOfString(part, start)): number {
    const stop = end < 0 ? part.length : end;
    const room = longestString - this.headLength;
    this.isCut ||= stop - start > room;
    if (room > 0) {
      this.head.push(part.subarray(start, Math.min(stop, start + room)));
      this.headLength += Math.min(stop - start, room);
    }
    this.inString = end < 0;
    if (this.inString) return stop;
    this.closeString();
    return end + 1;
  }

  private closeString(): void {
    const head = Buffer.concat(this.head);
    if (this.isCut) {
      const value = beginningOf(new StringDecoder('utf8').write(head));
      this.isUnsure ||= !/[\p{L}\p{N}]/u.test(value.slice(0, firstWordsWithin));
      this.keep(Buffer.from(JSON.stringify(value).slice(1)));
      this.afterCut = true;
    } else this.keep(Buffer.concat([head, Buffer.from('"')]));
    this.head = [];
    this.headLength = 0;
    this.isCut = false;
  }

  /** The index of the quote that ends a string, or -1 if that is not in this part. */
  private endOfString(part: Buffer, start: number): number {
    let from = this.isEscaped ? start + 1 : start;
    this.isEscaped = false;
    for (;;) {
      const end = part.indexOf(quote, from);
      const last = (end < 0 ? part.length : end) - 1;
      let escapes = 0;
      while (last - escapes >= from && part[last - escapes] === backslash) escapes++;
      const isEscape = escapes % 2 === 1;
      if (end < 0) this.isEscaped = isEscape;
      if (end < 0 || !isEscape) return end;
      from = end + 1;
    }
  }

  private lookForColon(part: Buffer, start: number): void {
    let at = start;
    while (at < part.length && part[at]! <= space) at++;
    if (at === part.length) return;
    this.afterCut = false;
    this.isUnsure ||= part[at] === colon;
  }

  private keep(bytes: Buffer): void {
    this.kept.push(bytes);
    this.keptLength += bytes.length;
  }
}

/** The value of a string of JSON that was cut off, maybe within an escape. */
function beginningOf(head: string): string {
  for (let length = head.length; length > head.length - 6; length--) {
    try {
      return JSON.parse(`"${head.slice(0, length)}"`) as string;
    } catch {
      // cut within an escape
    }
  }
  return '';
}
