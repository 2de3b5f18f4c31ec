import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Follows the record while it grows, also into the next file. Every line is read once. */
export class RecordReader {
  private descriptor: number | undefined;
  private rest = '';

  constructor(private readonly directory: string) {}

  /** The lines since the last time. */
  read(): string[] {
    const lines: string[] = [];
    for (;;) {
      this.descriptor ??= this.open();
      if (this.descriptor === undefined) return lines;
      lines.push(...this.drain(this.descriptor));
      if (this.isNewest(this.descriptor)) return lines;
      // What was written between the last read and the rotation.
      lines.push(...this.drain(this.descriptor));
      closeSync(this.descriptor);
      this.descriptor = undefined;
    }
  }

  private get path(): string {
    return join(this.directory, 'activity.jsonl');
  }

  private open(): number | undefined {
    return existsSync(this.path) ? openSync(this.path, 'r') : undefined;
  }

  private isNewest(descriptor: number): boolean {
    const newest = statSync(this.path, { throwIfNoEntry: false });
    return !newest || newest.ino === fstatSync(descriptor).ino;
  }

  private drain(descriptor: number): string[] {
    const buffer = Buffer.alloc(1024 * 1024);
    for (
      let count = readSync(descriptor, buffer);
      count > 0;
      count = readSync(descriptor, buffer)
    ) {
      this.rest += buffer.toString('utf8', 0, count);
    }
    const lines = this.rest.split('\n');
    this.rest = lines.pop()!;
    return lines;
  }
}
