import { z } from 'zod';
import type { Log } from '../common/log';
import { type PinRecord, PinsForNow, pinRecordSchema } from '../gateway/pins/pinStore';
import { ServerPins } from '../gateway/pins/serverPins';
import { readInput, UsageError } from './usage';

const fileSchema = z.object({
  version: z.literal(1),
  servers: z.array(pinRecordSchema.extend({ label: z.string() })),
});

export type LabelledPins = PinRecord & { readonly label: string };

/** The pins that a team has reviewed, as `toolgate pins export` wrote them. */
export async function readPins(path: string): Promise<readonly LabelledPins[]> {
  const text = await readInput(path);
  try {
    return fileSchema.parse(JSON.parse(text)).servers;
  } catch {
    throw new UsageError(`${path} is no file that "toolgate pins export" wrote.`);
  }
}

export function pinFileText(servers: readonly LabelledPins[]): string {
  const byLabel = servers.toSorted((a, b) => (a.label < b.label ? -1 : 1));
  return `${JSON.stringify({ version: 1, servers: byLabel }, undefined, 2)}\n`;
}

/** Pins that hold as they are: nobody is here to confirm anything. */
export function pinsFrom(label: string, all: readonly LabelledPins[], log: Log): ServerPins {
  const own = all.find((pins) => pins.label === label);
  const none = { instructions: null, tools: [], prompts: [] };
  return fixedPins(label, new PinsForNow({ ...none, ...own }), log);
}

/** Pins that take everything for approved that is seen first. */
export function fixedPins(label: string, store: PinsForNow, log: Log): ServerPins {
  return new ServerPins({
    label,
    store,
    log,
    newTools: () => 'review',
    isReadOnly: () => false,
    reasonsFor: () => [],
  });
}
