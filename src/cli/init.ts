import { access, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { visibleLine } from '../common/visibleText';
import { LayeredPolicies } from '../gateway/policySource';
import { type PresetServer, presetFor } from '../policy/presetFor';
import { type PresetName, presetNames } from '../policy/presets';
import { guarded, readServers } from './configuredServers';
import { inspectServers } from './inspectServers';
import { readOptions, required, UsageError } from './usage';

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
  const policies = new LayeredPolicies([]);
  const configured = await readServers(configPath);
  const inspected = await inspectServers(
    configured.map((server) => guarded(server, configPath, policies)),
  );
  const servers: PresetServer[] = [];
  const failures: Failure[] = [];
  for (const { label, failure, tools } of inspected) {
    if (failure !== undefined) failures.push({ label, reason: failure });
    // Half a listing would look like a whole one.
    const known = failure === undefined ? tools : [];
    servers.push({
      label,
      tools: known.map(({ name, risk }) => {
        return { name, ...risk, evidence: risk.evidence.map((reason) => reason.text) };
      }),
    });
  }
  return { servers, failures };
}

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
