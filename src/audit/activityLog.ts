import { mkdirSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Emitter } from '../common/event';
import type { CallRecord, Recorder } from '../gateway/enforcer';
import { type ActivityEntry, activityEntry } from './activityEntry';

const largestFile = 8 * 1024 * 1024;
const keptFiles = 4;
// What may be lost when the process dies, and how much memory a full disk can cost.
const mostWaiting = 10_000;
const retryMs = 1000;

/**
 * The record on disk: one JSON line for each decision, newest last, in files of up to 8 MiB. While
 * it cannot be written, `failure` says why and the gateway lets no call through.
 */
export class ActivityLog implements Recorder {
  private waiting: string[] = [];
  private writing: Promise<void> | undefined;
  private problem: string | undefined;
  private size: number | undefined;
  private readonly recorded = new Emitter<ActivityEntry>();

  readonly onDidRecord = this.recorded.event;

  constructor(
    private readonly directory: string,
    private readonly withValues: () => boolean,
  ) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  get failure(): string | undefined {
    return this.waiting.length >= mostWaiting ? 'The record cannot keep up.' : this.problem;
  }

  get path(): string {
    return join(this.directory, 'activity.jsonl');
  }

  record(record: CallRecord): void {
    // While nothing can be written an agent may go on calling. What was made is kept all the same.
    if (this.waiting.length >= mostWaiting && !record.judgement.forward) return;
    const entry = activityEntry(record, this.withValues());
    this.waiting.push(`${JSON.stringify(entry)}\n`);
    this.recorded.fire(entry);
    this.writing ??= this.write();
  }

  /** Resolves when all that was recorded is on disk, or has failed to get there. */
  async flush(): Promise<void> {
    await this.writing;
  }

  /** The newest entries, newest first. Lines that cannot be read are left out. */
  async latest(count: number): Promise<ActivityEntry[]> {
    await this.flush();
    const entries: ActivityEntry[] = [];
    for (let file = 0; file < keptFiles && entries.length < count; file++) {
      const text = await readFile(this.fileAt(file), 'utf8').catch(() => '');
      const lines = text.split('\n').reverse();
      for (const line of lines) {
        if (entries.length >= count) break;
        const entry = readEntry(line);
        if (entry) entries.push(entry);
      }
    }
    return entries;
  }

  private async write(): Promise<void> {
    // Calls that arrive together are written together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      try {
        await this.append(lines.join(''));
        this.problem = undefined;
      } catch (error) {
        this.problem = (error as Error).message;
        this.size = undefined;
        this.waiting = [...lines, ...this.waiting];
        setTimeout(() => {
          this.writing ??= this.write();
        }, retryMs).unref();
        break;
      }
    }
    this.writing = undefined;
  }

  private async append(text: string): Promise<void> {
    this.size ??= await this.prepare();
    if (this.size > largestFile) {
      for (let file = keptFiles - 2; file >= 0; file--) {
        await rename(this.fileAt(file), this.fileAt(file + 1)).catch(() => {});
      }
      this.size = 0;
    }
    await appendFile(this.path, text, { mode: 0o600 });
    this.size += Buffer.byteLength(text);
  }

  /** Makes the folder and the file, ends a line that was cut short, and resolves with the size. */
  private async prepare(): Promise<number> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const file = await open(this.path, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      if (size === 0) return 0;
      const last = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      if (last.buffer[0] !== 0x0a) await file.appendFile('\n');
      return size;
    } finally {
      await file.close();
    }
  }

  private fileAt(index: number): string {
    return index === 0 ? this.path : join(this.directory, `activity.${index}.jsonl`);
  }
}

function readEntry(line: string): ActivityEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as ActivityEntry);
  } catch {
    return undefined;
  }
}
