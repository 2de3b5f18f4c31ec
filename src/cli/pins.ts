import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { silentLog } from '../common/log';
import { visibleLine } from '../common/visibleText';
import type { JsonValue } from '../config/jsoncDocument';
import type { ConfiguredServer } from '../config/mcpConfig';
import { type Difference, differencesBetween } from '../gateway/pins/definition';
import { PinsForNow } from '../gateway/pins/pinStore';
import { LayeredPolicies } from '../gateway/policySource';
import { guarded, readServers } from './configuredServers';
import { inspectServers } from './inspectServers';
import { fixedPins, type LabelledPins, pinFileText, readPins } from './pinFile';
import { readOptions, required, UsageError } from './usage';

/**
 * `toolgate pins`: writes down what the servers of a configuration say of themselves, and tells
 * where they have come to say something else.
 */
export async function pins(args: string[]): Promise<number> {
  const [action, ...rest] = args;
  if (action === 'export') return exportPins(rest);
  if (action === 'verify') return verifyPins(rest);
  throw new UsageError('pins: "export" or "verify" must follow.');
}

async function exportPins(args: string[]): Promise<number> {
  const { options } = readOptions(args, ['config', 'out']);
  const { known, failed } = await learn(required(options.config, '--config'));
  // Half of the pins would look like all of them.
  if (failed) return 1;
  const text = pinFileText(known);
  if (options.out === undefined) process.stdout.write(text);
  else await write(options.out, text);
  return 0;
}

async function verifyPins(args: string[]): Promise<number> {
  const { options } = readOptions(args, ['config', 'pins']);
  const configPath = required(options.config, '--config');
  const pinned = await readPins(required(options.pins, '--pins'));
  const { known, failed } = await learn(configPath);
  const lines = [...new Set([...pinned, ...known].map(({ label }) => label))].flatMap((label) => {
    const isServer = (each: LabelledPins): boolean => each.label === label;
    return differenceLines(label, pinned.find(isServer), known.find(isServer), failed);
  });
  for (const line of lines) process.stdout.write(`${visibleLine(line)}\n`);
  return lines.length > 0 || failed ? 1 : 0;
}

/** Everything that the servers say of themselves. Those that fail are named on stderr. */
async function learn(
  config: string,
): Promise<{ readonly known: readonly LabelledPins[]; readonly failed: boolean }> {
  const configPath = resolve(config);
  const policies = new LayeredPolicies([]);
  const servers = (await readServers(configPath)).map((server) => {
    const store = new PinsForNow({ server: portable(server) });
    const own = fixedPins(server.label, store, silentLog);
    return { label: server.label, store, guarded: guarded(server, configPath, policies, own) };
  });
  const inspected = await inspectServers(servers.map((server) => server.guarded));
  const failures = inspected.filter(({ failure }) => failure !== undefined);
  for (const { label, failure } of failures) {
    process.stderr.write(`toolgate: ${visibleLine(`${label}: ${failure}`)}\n`);
  }
  const failed = new Set(failures.map(({ label }) => label));
  const known = servers.flatMap(({ label, store }) => {
    const record = store.read();
    return record && !failed.has(label) ? [{ label, ...record }] : [];
  });
  return { known, failed: failed.size > 0 };
}

/** What of an entry is the same on every machine, and no secret: of values only the names. */
function portable({ value }: ConfiguredServer): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const names = (key: string): object => {
    const member = value[key];
    const isMap = typeof member === 'object' && member !== null && !Array.isArray(member);
    return isMap ? { [key]: Object.keys(member).sort() } : {};
  };
  return { ...value, ...names('env'), ...names('headers') };
}

function differenceLines(
  label: string,
  before: LabelledPins | undefined,
  after: LabelledPins | undefined,
  hasFailed: boolean,
): readonly string[] {
  if (!before) return [`${label}: new`];
  // One that failed was named already, and says nothing that could be compared.
  if (!after) return hasFailed ? [] : [`${label}: gone`];
  const entry = differencesBetween(before.server, after.server);
  return [
    ...fieldLines(`${label}: configuration`, entry),
    ...textLines(`${label}: instructions`, before.instructions, after.instructions),
    ...listLines(`${label}: tool`, before.tools, after.tools),
    ...listLines(`${label}: prompt`, before.prompts, after.prompts),
  ];
}

type Named = NonNullable<LabelledPins['tools']>;

function listLines(
  prefix: string,
  before: Named | undefined = [],
  after: Named | undefined = [],
): readonly string[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((list) => list.find((each) => each.name === name));
    if (!old) return [`${prefix} ${name}: new`];
    if (!now) return [`${prefix} ${name}: gone`];
    return fieldLines(`${prefix} ${name}`, differencesBetween(old, now));
  });
}

function fieldLines(prefix: string, differences: readonly Difference[]): readonly string[] {
  return differences.map(
    ({ field, kind }) => `${prefix}: ${field === '' ? 'all' : field}: ${kind}`,
  );
}

function textLines(
  prefix: string,
  before: string | null | undefined,
  after: string | null | undefined,
): readonly string[] {
  if ((before ?? null) === (after ?? null)) return [];
  return [`${prefix}: ${before == null ? 'new' : after == null ? 'gone' : 'changed'}`];
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be written (${error.code}).`);
  });
}
