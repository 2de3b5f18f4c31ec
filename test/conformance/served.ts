import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repoRoot } from '../vscode/install';
import { browseSignIns } from './browser';

export interface ServedToolgate {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** `toolgate serve` in a process of its own, in front of one server, with everything allowed. `entry` is laid over its configuration. */
export async function serveToolgate(upstream: string, entry: object = {}): Promise<ServedToolgate> {
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-conformance-'));
  const config = join(folder, 'mcp.json');
  const policy = join(folder, 'policy.json');
  await writeFile(
    config,
    JSON.stringify({ servers: { s: { type: 'http', url: upstream, ...entry } } }),
  );
  await writeFile(policy, JSON.stringify({ version: '1', default: 'allow' }));
  const program = join(repoRoot, 'dist/cli.js');
  const args = ['serve', '--config', config, '--policy', policy, '--sign-in'];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  browseSignIns(child.stderr);
  const ended = once(child, 'exit');
  const line = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk)),
    ended.then(([code]) => Promise.reject(new Error(`toolgate serve ended with code ${code}`))),
  ]);
  const { token, servers } = JSON.parse(line) as { token: string; servers: { s: string } };
  return {
    url: servers.s,
    token,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
