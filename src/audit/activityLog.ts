import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Emitter } from '../common/event';
import type { Caller, CallRecord, Judgement, Recorder } from '../gateway/enforcer';
import { type ActivityEntry, activityEntry, begun } from './activityEntry';

const largestFile = 8 * 1024 * 1024;
const keptFiles = 4;
// What may be lost when the process dies, and how much memory a full disk can cost.
const mostWaiting = 10_000;
const retryMs = 1000;
const flushEveryMs = 2;

/**
 * The record on disk: one JSON line for each decision, newest last, in files of up to 8 MiB. While
 * it cannot be written, `failure` says why and the gateway lets no call through.
 *
 * Lines are written synchronously, those of two milliseconds together: a few microseconds, where
 * the thread pool costs a call several times its own work.
 */
export class ActivityLog implements Recorder {
  /** What came since the last flush. Laid out there, off the way of the call. */
  private fresh: { readonly record: CallRecord; readonly withValues: boolean }[] = [];
  private lines: string[] = [];
  private scheduled: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private problem: string | undefined;
  private file: { readonly descriptor: number; size: number } | undefined;
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
    return this.isFull ? 'The record cannot keep up.' : this.problem;
  }

  get path(): string {
    return join(this.directory, 'activity.jsonl');
  }

  begin(judgement: Judgement, caller: Caller): void {
    const record = { judgement, caller, durationMs: 0, outcome: begun } as const;
    this.lines.push(lineOf(activityEntry(record, this.withValues())));
    this.flush();
  }

  record(record: CallRecord): void {
    // While nothing can be written an agent may go on calling. What was made is kept all the same.
    if (this.isFull && !record.judgement.forward) return;
    this.fresh.push({ record, withValues: this.withValues() });
    this.scheduled ??= setTimeout(() => this.flush(), flushEveryMs);
  }

  /** Writes what has been recorded; a failure is in `failure` afterwards, and tried again. */
  flush(): void {
    clearTimeout(this.scheduled);
    this.scheduled = undefined;
    const entries = this.fresh.map(({ record, withValues }) => activityEntry(record, withValues));
    this.fresh = [];
    this.lines.push(...entries.map(lineOf));
    if (this.lines.length === 0) return;
    try {
      this.append(this.lines.join(''));
      this.lines = [];
      this.problem = undefined;
    } catch (error) {
      this.problem = (error as Error).message;
      this.close();
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.flush(), retryMs).unref();
    }
    for (const entry of entries) this.recorded.fire(entry);
  }

  /** Writes what is left and lets go of the file. */
  dispose(): void {
    this.flush();
    clearTimeout(this.retry);
    this.close();
  }

  /**
   * The newest entries, newest first. Lines that cannot be read are left out, and those of calls
   * that had only begun and have come to their end since.
   */
  async latest(count: number): Promise<ActivityEntry[]> {
    this.flush();
    const entries: ActivityEntry[] = [];
    const seen = new Set<string>();
    for (let file = 0; file < keptFiles && entries.length < count; file++) {
      const text = await readFile(this.fileAt(file), 'utf8').catch(() => '');
      const lines = text.split('\n').reverse();
      for (const line of lines) {
        if (entries.length >= count) break;
        const entry = readEntry(line);
        if (!entry || seen.has(entry.id)) continue;
        seen.add(entry.id);
        entries.push(entry);
      }
    }
    return entries;
  }

  private get isFull(): boolean {
    return this.lines.length + this.fresh.length >= mostWaiting;
  }

  private append(text: string): void {
    // A file without a name is one that was deleted: nobody would ever read what goes there.
    if (this.file && fstatSync(this.file.descriptor).nlink === 0) this.close();
    if (this.file && this.file.size > largestFile) this.rotate();
    this.file ??= this.open();
    const bytes = Buffer.from(text);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.file.descriptor, bytes, written);
    }
    this.file.size += written;
  }

  private rotate(): void {
    this.close();
    for (let file = keptFiles - 2; file >= 0; file--) {
      try {
        renameSync(this.fileAt(file), this.fileAt(file + 1));
      } catch {
        // There are not that many files yet.
      }
    }
  }

  /** Makes the folder and the file, and ends a line that was cut short. */
  private open(): { readonly descriptor: number; size: number } {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const descriptor = openSync(this.path, 'a+', 0o600);
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
    const isCut = size > 0 && last[0] !== 0x0a;
    return { descriptor, size: size + (isCut ? writeSync(descriptor, '\n') : 0) };
  }

  private close(): void {
    if (this.file) closeSync(this.file.descriptor);
    this.file = undefined;
  }

  private fileAt(index: number): string {
    return index === 0 ? this.path : join(this.directory, `activity.${index}.jsonl`);
  }
}

function lineOf(entry: ActivityEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function readEntry(line: string): ActivityEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as ActivityEntry);
  } catch {
    return undefined;
  }
}
