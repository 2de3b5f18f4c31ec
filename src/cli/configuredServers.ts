import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { resolveLaunch } from '../config/launch';
import { type ConfiguredServer, parseMcpConfig } from '../config/mcpConfig';
import type { GuardedServer } from '../gateway/gateway';
import { pathFacts } from '../gateway/pathFacts';
import type { ServerPins } from '../gateway/pins/serverPins';
import type { PolicySource } from '../gateway/policySource';
import { readInput, UsageError } from './usage';

/** The servers of an MCP configuration of either shape. */
export async function readServers(path: string): Promise<readonly ConfiguredServer[]> {
  const text = await readInput(path);
  const shape = /"mcpServers"/.test(text) && !/"servers"/.test(text) ? 'mcpServers' : 'servers';
  const { servers, problems } = parseMcpConfig(text, shape);
  const [first] = problems;
  if (first) throw new UsageError(`${path}:${first.line}:${first.column}: ${first.message}`);
  return servers;
}

/** A server of the configuration at `configPath` (absolute) as the gateway starts or dials it. */
export function guarded(
  server: ConfiguredServer,
  configPath: string,
  policies: PolicySource,
  pins?: ServerPins,
): GuardedServer {
  const { label, entry } = server;
  const parent = dirname(configPath);
  const path = basename(parent) === '.vscode' ? dirname(parent) : parent;
  return {
    id: idOf(label),
    label,
    version: '1',
    policies,
    pins,
    workspace: path,
    paths: pathFacts(path),
    resolveLaunch: async () => {
      if (!entry) throw new Error('Its entry in the configuration is not valid.');
      return resolveLaunch(entry, {
        folder: { name: basename(path), path },
        homedir: homedir(),
        cwd: process.cwd(),
        processEnv: process.env,
        platform: process.platform,
        readFile: (file) => readFile(file, 'utf8'),
        resolver: {
          config: async () => undefined,
          command: async () => undefined,
          input: async (id) => process.env[`TOOLGATE_INPUT_${id}`],
        },
      });
    },
  };
}

/** Goes into the URL of a server, whatever its label holds. */
export function idOf(label: string): string {
  return createHash('sha256').update(label).digest('hex').slice(0, 16);
}
