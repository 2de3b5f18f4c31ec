import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const named = z.looseObject({ name: z.string() });

export const pinRecordSchema = z.object({
  /** How it is started or reached, as the person has confirmed it. */
  server: z.unknown().optional(),
  /** What it said of itself; null where that was nothing. Absent before it was first heard. */
  instructions: z.string().nullish(),
  /** The approved definitions. Absent before the first listing. */
  tools: z.array(named).optional(),
  prompts: z.array(named).optional(),
});

/** What the person has confirmed of one server. */
export type PinRecord = Readonly<z.infer<typeof pinRecordSchema>>;

export interface PinStore {
  /** `undefined` where nothing was confirmed. The same object as long as nothing changes. */
  read(): PinRecord | undefined;
  write(record: PinRecord): void;
}

const fileSchema = z.object({ version: z.literal(1), pins: pinRecordSchema });

/**
 * A file outside every workspace, read again whenever it has changed, so that windows agree. One
 * that cannot be read confirms nothing.
 */
export class PinFile implements PinStore {
  private stamp = '';
  private record: PinRecord | undefined;
  private isFresh = false;

  constructor(private readonly path: string) {}

  /** As of this turn of the event loop, as a listing asks for each of its tools. */
  read(): PinRecord | undefined {
    if (this.isFresh) return this.record;
    this.isFresh = true;
    setImmediate(() => {
      this.isFresh = false;
    });
    const stamp = stampOf(this.path);
    if (stamp === this.stamp) return this.record;
    this.stamp = stamp;
    this.record = undefined;
    try {
      this.record = fileSchema.parse(JSON.parse(readFileSync(this.path, 'utf8'))).pins;
    } catch {
      // Absent or damaged: nothing is confirmed.
    }
    return this.record;
  }

  write(record: PinRecord): void {
    const partial = `${this.path}.${randomUUID()}`;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    try {
      // Entries may hold secrets.
      writeFileSync(partial, JSON.stringify({ version: 1, pins: record }), { mode: 0o600 });
      renameSync(partial, this.path);
      this.record = record;
      this.stamp = stampOf(this.path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw error;
    }
  }
}

/** The file of a server: one for each folder and label. */
export function pinFileOf(directory: string, folder: string, label: string): PinFile {
  const name = createHash('sha256').update(`${folder}\0${label}`).digest('hex');
  return new PinFile(join(directory, `${name}.json`));
}

/** For as long as the process runs. */
export class PinsForNow implements PinStore {
  constructor(private record?: PinRecord) {}

  read(): PinRecord | undefined {
    return this.record;
  }

  write(record: PinRecord): void {
    this.record = record;
  }
}

/** Each write makes a new file, so a stamp that stays the same proves that the text did. */
function stampOf(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : 'absent';
  } catch (error) {
    return `unreadable:${(error as NodeJS.ErrnoException).code}`;
  }
}
