import { existsSync, readFileSync } from 'node:fs';
import { vi } from 'vitest';

/** Resolves with the first value of `read` that is not undefined or false; fails after a while. */
export async function until<T>(
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 10_000,
): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await read();
      if (value === undefined || value === false) throw new Error(`not yet: ${read.toString()}`);
      return value as T;
    },
    { timeout, interval: 5 },
  );
}

/** Whether a process runs. One that has ended and waits for its parent to look does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
