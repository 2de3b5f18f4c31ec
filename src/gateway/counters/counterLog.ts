import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { chain, partLength, unchain } from './chainedLines';
import { CountersUnavailable } from './counterStore';

/** How far a log goes: which one, its length, and the digest of its last line. */
export interface LogEnd {
  readonly generation: string;
  readonly length: number;
  readonly check: string;
}

const copies = ['a', 'b'];

/** A log end as a name that a file can have. */
export function endText({ generation, length, check }: LogEnd): string {
  return `${generation}-${length}-${check}`;
}

export function readEnd(text: string): LogEnd | undefined {
  const match = /^([0-9a-f]{12})-(\d{1,15})-([0-9a-f]{12,16})$/.exec(text);
  const [, generation, length, check] = match ?? [];
  if (generation === undefined || length === undefined || check === undefined) return undefined;
  return { generation, length: Number(length), check };
}

/**
 * A log kept twice, so that one damaged file loses nothing. How long it must be is known from
 * elsewhere (`LogEnd`), so that a shorter one is noticed, too. Only who holds the lock may call.
 */
export class CounterLog {
  constructor(private readonly directory: string) {}

  /** Writes a new log; nothing refers to it before the caller says so. */
  async write(values: Iterable<unknown>): Promise<LogEnd> {
    const generation = randomBytes(6).toString('hex');
    const files = await Promise.all(
      copies.map((copy) => open(this.pathOf(generation, copy), 'wx', 0o600)),
    );
    let end: LogEnd = { generation, length: 0, check: generation };
    let waiting = '';
    const write = async (): Promise<void> => {
      const at = end.length - waiting.length;
      await Promise.all(files.map((file) => writeAt(file, waiting, at)));
      waiting = '';
    };
    try {
      for (const value of values) {
        const { text, check } = chain(end.check, [value]);
        end = { generation, length: end.length + text.length, check };
        waiting += text;
        // In parts, so that a large state does not keep the editor waiting.
        if (waiting.length >= partLength) await write();
      }
      await write();
      await Promise.all(files.map((file) => file.datasync()));
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
    await this.syncNames();
    return end;
  }

  /** Adds to both files. What a crashed process left behind the end is overwritten. */
  async append(end: LogEnd, values: readonly unknown[]): Promise<LogEnd> {
    const { text, check } = chain(end.check, values);
    await Promise.all(
      copies.map(async (copy) => {
        const file = await open(this.pathOf(end.generation, copy), 'r+');
        try {
          const { size } = await file.stat();
          if (size < end.length)
            throw new CountersUnavailable('A file of the counters is damaged.');
          if (size > end.length) await file.truncate(end.length);
          await writeAt(file, text, end.length);
          await file.datasync();
        } finally {
          await file.close();
        }
      }),
    );
    return { ...end, length: end.length + text.length, check };
  }

  /** The lines between two ends of one log, or undefined if neither file has them. */
  async between(start: LogEnd, end: LogEnd): Promise<unknown[] | undefined> {
    for (const copy of copies) {
      const text = await this.textOf(end.generation, copy, start.length, end.length);
      const { values, check, length } = await unchain(start.check, text);
      if (length === end.length - start.length && check === end.check) return values;
    }
    return undefined;
  }

  /**
   * All lines, and whether there are some behind the end: those of a process that ended before it
   * could say that it had counted, or of a machine that lost power. They count.
   */
  async read(end: LogEnd): Promise<{ values: unknown[]; more: boolean }> {
    const { generation } = end;
    for (const copy of copies) {
      const text = await this.textOf(generation, copy, 0, Number.POSITIVE_INFINITY);
      const upToEnd = await unchain(generation, text.slice(0, end.length));
      if (upToEnd.length !== end.length || upToEnd.check !== end.check) continue;
      const behind = await unchain(end.check, text.slice(end.length));
      return { values: [...upToEnd.values, ...behind.values], more: text.length > end.length };
    }
    const paths = copies.map((copy) => this.pathOf(generation, copy)).join(' and ');
    throw new CountersUnavailable(
      `The counters are damaged: neither ${paths} can be read. Remove ${this.directory} to begin anew.`,
    );
  }

  async remove({ generation }: LogEnd): Promise<void> {
    for (const copy of copies) await unlink(this.pathOf(generation, copy)).catch(() => {});
  }

  /** Removes every other log. */
  async keepOnly({ generation }: LogEnd): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const [kind, of] = name.split('.');
      if (kind === 'counters' && of !== generation) {
        await unlink(join(this.directory, name)).catch(() => {});
      }
    }
  }

  private async textOf(
    generation: string,
    copy: string,
    from: number,
    to: number,
  ): Promise<string> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.pathOf(generation, copy), 'r');
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(size, to) - from));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.toString('latin1', 0, bytesRead);
    } catch (error) {
      // The other copy may do. What may pass, such as too many open files, is no damage.
      if (['ENOENT', 'EIO', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
        return '';
      throw error;
    } finally {
      await file?.close();
    }
  }

  /** Makes the names of new files last; Windows has no such call, and needs none. */
  private async syncNames(): Promise<void> {
    if (process.platform === 'win32') return;
    const directory = await open(this.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  private pathOf(generation: string, copy: string): string {
    return join(this.directory, `counters.${generation}.${copy}`);
  }
}

async function writeAt(file: FileHandle, text: string, position: number): Promise<void> {
  const bytes = Buffer.from(text, 'latin1');
  let written = 0;
  while (written < bytes.length) {
    const left = bytes.length - written;
    written += (await file.write(bytes, written, left, position + written)).bytesWritten;
  }
}
