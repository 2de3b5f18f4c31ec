import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the person has confirmed for a policy file: its text, or that there is none. */
export type Confirmed = { readonly text: string | undefined };

/** Remembers which policies the person has confirmed. */
export interface ConfirmedPolicies {
  /** `undefined` for a file that has never been seen. */
  read(path: string): Confirmed | undefined;
  write(path: string, confirmed: Confirmed): void;
}

const recordSchema = z.object({ version: z.literal(1), text: z.string().nullable() });

/**
 * Kept in files outside every workspace, where an agent that may edit the workspace does not come.
 * A record that cannot be read counts as one that was never written.
 */
export class ConfirmedPolicyFiles implements ConfirmedPolicies {
  constructor(private readonly directory: string) {}

  read(path: string): Confirmed | undefined {
    try {
      const { text } = recordSchema.parse(JSON.parse(readFileSync(this.fileFor(path), 'utf8')));
      return { text: text ?? undefined };
    } catch {
      return undefined;
    }
  }

  write(path: string, { text }: Confirmed): void {
    const file = this.fileFor(path);
    const partial = `${file}.${randomUUID()}`;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    writeFileSync(partial, JSON.stringify({ version: 1, text: text ?? null }), { mode: 0o600 });
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
