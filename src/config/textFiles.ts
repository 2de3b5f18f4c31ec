import { randomUUID } from 'node:crypto';
import {
  chmod,
  type FileHandle,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from './configError';

/** The file operations that guarding needs; a test puts a crash into them. */
export interface TextFiles {
  /** Undefined when there is no such file. Throws `notUtf8`. */
  read(file: string): Promise<string | undefined>;
  /**
   * Atomic and durable: after a crash the file has its old text or all of the new one. It keeps
   * its mode; a new file gets the mode given, or that of the file `like` which it is.
   */
  write(file: string, text: string, like?: string | number): Promise<void>;
  remove(file: string): Promise<void>;
}

export const nodeTextFiles: TextFiles = {
  async read(file) {
    try {
      const bytes = await readFile(file);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!(error instanceof TypeError)) throw error;
      throw new ConfigError('notUtf8', `Save ${file} as UTF-8 first.`, { file });
    }
  },

  async write(file, text, like) {
    // Renaming over a symbolic link would replace the link, not the file it leads to.
    const target = await realpath(file).catch(() => file);
    const model = typeof like === 'string' ? await modeOf(like) : like;
    const permissions = (await modeOf(target)) ?? model;
    await mkdir(dirname(target), { recursive: true });
    const temporary = join(dirname(target), `.${randomUUID()}.toolgate.tmp`);
    try {
      await filled(await open(temporary, 'wx', permissions), text);
      // Again, as the umask took its part of the first.
      if (permissions !== undefined) await chmod(temporary, permissions);
      await renamed(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(dirname(target));
  },

  async remove(file) {
    await rm(await realpath(file).catch(() => file), { force: true });
  },
};

async function modeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && found.mode & 0o777;
}

async function filled(handle: FileHandle, text: string): Promise<void> {
  try {
    await handle.writeFile(text, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** On Windows a virus scanner or an indexer may hold the target open for a moment. */
async function renamed(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (process.platform !== 'win32' || attempt === 6) throw error;
      await delay(20 * 2 ** attempt);
    }
  }
}

/** Makes the rename itself durable. Not every file system can; the file is written all the same. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
