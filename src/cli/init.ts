import { access, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Log } from '../common/log';
import { visibleLine } from '../common/visibleText';
import { Approvals } from '../gateway/approvals';
import { MemoryCounters } from '../gateway/counters/memoryCounters';
import { Gateway } from '../gateway/gateway';
import { HaltSwitch } from '../gateway/haltSwitch';
import { Limits } from '../gateway/limits';
import { LayeredPolicies } from '../gateway/policySource';
import { type PresetServer, presetFor } from '../policy/presetFor';
import { type PresetName, presetNames } from '../policy/presets';
import { guarded, idOf, readServers } from './configuredServers';
import { readOptions, required, UsageError } from './usage';

const startTimeoutSeconds = 60;
const mostBytes = 16 * 1024 * 1024;

/** `toolgate init`: a preset that lists the tools of the servers in a configuration. */
export async function initPolicy(args: string[]): Promise<number> {
  const { options } = readOptions(args, ['preset', 'config', 'out']);
  const preset = presetOf(required(options.preset, '--preset'));
  const configPath = resolve(required(options.config, '--config'));
  const { out } = options;
  if (out !== undefined && (await exists(out))) throw refusal(out);
  const { servers, failures } = await knownServers(configPath);
  for (const { label, reason } of failures) {
    const text = `${label}: ${reason} Its tools are left to the rules of "risk".`;
    process.stderr.write(`toolgate: ${visibleLine(text)}\n`);
  }
  const text = presetFor(preset, servers);
  if (out === undefined) process.stdout.write(text);
  else await write(out, text);
  return failures.length > 0 ? 1 : 0;
}

function presetOf(text: string): PresetName {
  const name = presetNames.find((preset) => preset === text);
  if (name) return name;
  throw new UsageError(`--preset must be one of ${presetNames.join(', ')}.`);
}

interface Failure {
  readonly label: string;
  readonly reason: string;
}

/** Starts or dials every server at once, asks for its tools and ends it. */
async function knownServers(
  configPath: string,
): Promise<{ readonly servers: readonly PresetServer[]; readonly failures: readonly Failure[] }> {
  const configured = await readServers(configPath);
  const policies = new LayeredPolicies([]);
  const gateway = new Gateway({
    approvals: new Approvals(() => startTimeoutSeconds),
    limits: new Limits(new MemoryCounters(), new MemoryCounters(), () => false),
    recorder: { failure: undefined, begin() {}, record() {} },
    halt: new HaltSwitch(),
    log: silent,
    serverLog() {},
    version: process.env.TOOLGATE_VERSION ?? '0',
    listDenied: () => true,
    clientTimeouts: () => ({}),
    startTimeoutSeconds: () => startTimeoutSeconds,
    mostBytes: () => mostBytes,
  });
  const servers: PresetServer[] = [];
  const failures: Failure[] = [];
  try {
    gateway.setServers(configured.map((server) => guarded(server, configPath, policies)));
    await Promise.all(configured.map(({ label }) => gateway.inspect(idOf(label))));
    for (const { label } of configured) {
      const state = gateway.stateOf(idOf(label));
      if (state.kind === 'failed') failures.push({ label, reason: state.error });
      const tools = gateway.catalogueOf(idOf(label))?.list() ?? [];
      servers.push({
        label,
        // Half a listing would look like a whole one.
        tools: state.kind === 'failed' ? [] : tools.map(({ name, risk }) => ({ name, ...risk })),
      });
    }
  } finally {
    await gateway.close();
  }
  return { servers, failures };
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw refusal(path);
    throw new UsageError(`${path} cannot be written (${error.code}).`);
  });
}

function refusal(path: string): UsageError {
  return new UsageError(`${path} is there already. Move it away, or give --out another name.`);
}
