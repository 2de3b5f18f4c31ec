import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the person has confirmed for a policy file: its text, or that there is none. */
export type Confirmed = {
  readonly text: string | undefined;
  /** False for what was there when the file was first seen, and has only been tightened since. */
  readonly byPerson: boolean;
};

/** Remembers which policies the person has confirmed. */
export interface ConfirmedPolicies {
  /** `undefined` for a file that has never been seen. */
  read(path: string): Confirmed | undefined;
  write(path: string, confirmed: Confirmed): void;
}

const recordSchema = z.object({
  version: z.literal(1),
  text: z.string().nullable(),
  byPerson: z.boolean().default(false),
});

/**
 * Kept in files outside every workspace, where an agent that may edit the workspace does not come.
 * A record that cannot be read counts as one that was never written.
 */
export class ConfirmedPolicyFiles implements ConfirmedPolicies {
  constructor(private readonly directory: string) {}

  read(path: string): Confirmed | undefined {
    try {
      const record = JSON.parse(readFileSync(this.fileFor(path), 'utf8'));
      const { text, byPerson } = recordSchema.parse(record);
      return { text: text ?? undefined, byPerson };
    } catch {
      return undefined;
    }
  }

  write(path: string, { text, byPerson }: Confirmed): void {
    const file = this.fileFor(path);
    const partial = `${file}.${randomUUID()}`;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const record = { version: 1, text: text ?? null, byPerson };
    writeFileSync(partial, JSON.stringify(record), { mode: 0o600 });
    renameSync(partial, file);
  }

  private fileFor(path: string): string {
    return join(this.directory, `${createHash('sha256').update(path).digest('hex')}.json`);
  }
}

/** For as long as the process runs: what it was started with is the person's word. */
export class ConfirmedForNow implements ConfirmedPolicies {
  private readonly records = new Map<string, Confirmed>();

  read(path: string): Confirmed | undefined {
    return this.records.get(path);
  }

  write(path: string, confirmed: Confirmed): void {
    this.records.set(path, confirmed);
  }
}
