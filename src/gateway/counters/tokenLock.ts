import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CountersUnavailable } from './counterStore';
import { isGone, newLockOwner, processIdOf } from './lockOwner';

// A listing made while the token is renamed may miss it, so its absence must last.
const missingMs = 500;
const pauseMs = 3;

/**
 * A lock among processes that is one empty file, the token, in a directory: its name says the state
 * that the lock guards, and who holds it or that it is free. Renaming it takes it, gives it back,
 * and takes it over from a holder that is gone. A rename succeeds for one only, since the old name
 * is then no more, and names are never used twice: two cannot get in, however late they look.
 */
export class TokenLock {
  private readonly owner = newLockOwner();
  /** The state under which this process holds the token, even if giving it back failed. */
  private held: string | undefined;
  private lastGiven: string | undefined;
  private gaveAt = Number.NEGATIVE_INFINITY;
  private othersAt = Number.NEGATIVE_INFINITY;

  /**
   * `fill` makes the first content of the directory and returns its state, a name of letters,
   * digits and hyphens.
   */
  constructor(
    private readonly directory: string,
    private readonly fill: (directory: string) => Promise<string>,
    private readonly patienceMs = 5000,
  ) {}

  /** Resolves with the state once this process holds the token. */
  async take(): Promise<string> {
    if (this.held !== undefined) return this.held;
    const start = performance.now();
    // Where others want it too, they get a turn.
    if (start - this.othersAt < 1000 && start - this.gaveAt < pauseMs) await pause();
    // Mostly nobody else has had it since.
    if (this.lastGiven !== undefined && (await this.takeFrom(this.lastGiven, 'free'))) {
      return this.lastGiven;
    }
    let seenAt = start;
    for (;;) {
      const tokens = await this.tokens();
      const now = performance.now();
      const [token] = tokens;
      if (token && tokens.length === 1) {
        seenAt = now;
        const [state, owner] = token;
        this.othersAt = now;
        if ((owner === 'free' || isGone(owner)) && (await this.takeFrom(state, owner))) {
          return state;
        }
        if (now - start > this.patienceMs) throw this.heldTooLong(state, owner);
        if (owner === 'free') continue;
      } else if (now - seenAt > missingMs) {
        throw new CountersUnavailable(
          `The counters in ${this.directory} are damaged. Remove the folder to begin anew.`,
        );
      }
      await pause();
    }
  }

  /** Gives the token back, now with the state that it guards from here on. */
  async give(state: string): Promise<void> {
    if (this.held === undefined) return;
    const from = this.pathOf(this.held, this.owner);
    for (let attempt = 0; ; attempt++) {
      try {
        await rename(from, this.pathOf(state, 'free'));
        break;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') this.held = undefined;
        else if (isPassing(error) && attempt < 100) {
          await pause();
          continue;
        }
        throw error;
      }
    }
    this.held = undefined;
    this.lastGiven = state;
    this.gaveAt = performance.now();
  }

  private async takeFrom(state: string, owner: string): Promise<boolean> {
    try {
      await rename(this.pathOf(state, owner), this.pathOf(state, this.owner));
      this.held = state;
      return true;
    } catch (error) {
      if (isPassing(error)) return false;
      throw error;
    }
  }

  private async tokens(): Promise<[state: string, owner: string][]> {
    let names: string[] = [];
    try {
      names = await readdir(this.directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (names.length === 0) {
      await this.create();
      names = await readdir(this.directory);
    }
    return names.flatMap((name) => {
      const [kind, state, owner] = name.split('.');
      return kind === 'token' && state !== undefined && owner !== undefined
        ? [[state, owner] as [string, string]]
        : [];
    });
  }

  /** Makes the directory in one step, whole; whoever comes second finds it not empty. */
  private async create(): Promise<void> {
    const parent = dirname(this.directory);
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const nonce = randomBytes(6).toString('hex');
    const fresh = join(parent, `${basename(this.directory)}-${nonce}.new`);
    await mkdir(fresh, { mode: 0o700 });
    try {
      const state = await this.fill(fresh);
      await writeFile(join(fresh, `token.${state}.free`), '', { flag: 'wx', mode: 0o600 });
      // Some systems rename a directory onto no other, others onto an empty one.
      await rmdir(this.directory).catch(() => {});
      await rename(fresh, this.directory).catch((error) => {
        if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error))) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }

  private pathOf(state: string, owner: string): string {
    return join(this.directory, `token.${state}.${owner}`);
  }

  private heldTooLong(state: string, owner: string): CountersUnavailable {
    if (owner === 'free') return new CountersUnavailable('The counters are too busy.');
    return new CountersUnavailable(
      `The counters are held by process ${processIdOf(owner)}. If it no longer runs, rename ${this.pathOf(state, owner)} so that it ends in ".free".`,
    );
  }
}

/** Whether another process was quicker, or, on Windows, is just looking at the file. */
function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === 'ENOENT' ||
    (process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(code))
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
}
