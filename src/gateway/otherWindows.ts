import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';

const lookEveryMs = 2000;

const noteSchema = z.object({
  pid: z.int(),
  window: z.string(),
  pending: z.int().min(1),
  /** Milliseconds since the epoch, after which nothing waits there any more. */
  until: z.number(),
});

/** What waits in another window. */
export type WindowNote = z.infer<typeof noteSchema>;

/**
 * How many calls wait in the windows of one person, so that each can tell. A window has a small file
 * as long as calls wait in it; what they are about stays out of it. Files of processes that are gone
 * do not count.
 */
export class OtherWindows implements Disposable {
  private readonly changed = new Emitter<void>();
  private readonly timer: NodeJS.Timeout;
  private readonly own: string;
  private notes: readonly WindowNote[] = [];

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly directory: string,
    private readonly window: string,
    private readonly pid = process.pid,
  ) {
    this.own = join(directory, `${pid}.json`);
    // Not a watcher: those miss what was there before, and differ from system to system.
    this.timer = setInterval(() => this.look(), lookEveryMs).unref();
    this.look();
  }

  /** The windows besides this one in which calls wait. */
  get waiting(): readonly WindowNote[] {
    return this.notes;
  }

  /** Tells the other windows. A note that cannot be written is none: the call waits all the same. */
  tell(pending: number, until: number): void {
    try {
      if (pending === 0) return rmSync(this.own, { force: true });
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      const note: WindowNote = { pid: this.pid, window: this.window, pending, until };
      writeFileSync(this.own, JSON.stringify(note), { mode: 0o600 });
    } catch {
      // Another window then does not know.
    }
  }

  look(): void {
    const notes = readNames(this.directory)
      .map((name) => join(this.directory, name))
      .filter((file) => file !== this.own && file.endsWith('.json'))
      .flatMap((file) => readNote(file) ?? []);
    if (JSON.stringify(notes) === JSON.stringify(this.notes)) return;
    this.notes = notes;
    this.changed.fire();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.tell(0, 0);
    this.changed.dispose();
  }
}

function readNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function readNote(file: string): WindowNote | undefined {
  try {
    const note = noteSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (isAlive(note.pid)) return note.until > Date.now() ? note : undefined;
    rmSync(file, { force: true });
    return undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is one all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
