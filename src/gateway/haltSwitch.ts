import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';

const lookEveryMs = 500;

/**
 * The switch that stops everything. Its file, which lies outside the workspace, keeps it thrown over
 * a restart and throws it in every window that looks at the same file. That the file has gone
 * resumes nothing: programs can delete files, and only a person may resume.
 */
export class HaltSwitch implements Disposable {
  private readonly changed = new Emitter<void>();
  private halted = false;
  private timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.changed.event;

  /** Without a file it stays thrown as long as the process lives. */
  constructor(private readonly file?: string) {
    if (file === undefined) return;
    const look = (): void => {
      if (isThere(file)) this.set(true);
    };
    look();
    // Not a watcher: those miss what happens before their first look.
    this.timer = setInterval(look, lookEveryMs).unref();
  }

  get isHalted(): boolean {
    return this.halted;
  }

  /** Everything has stopped even when this throws: then only a restart would start it again. */
  halt(): void {
    this.set(true);
    if (this.file === undefined) return;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${new Date().toISOString()}\n`);
  }

  /** Throws, and stays halted, when the file cannot be taken away. */
  resume(): void {
    if (this.file !== undefined) rmSync(this.file, { force: true });
    this.set(false);
  }

  dispose(): void {
    clearInterval(this.timer);
    this.changed.dispose();
  }

  private set(halted: boolean): void {
    if (this.halted === halted) return;
    this.halted = halted;
    this.changed.fire();
  }
}

/** A file that cannot be looked at counts as there. */
function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
