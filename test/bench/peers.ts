import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostRoot } from '../vscode/install';
import { run } from '../vscode/process';

/** Other HTTP fronts for stdio servers, from npm, for the comparison only. */
const peers = { 'mcp-proxy': '6.7.19', supergateway: '4.0.0' } as const;

/** Installs them beside the editor of the tests, once. They are no dependencies of the project. */
export async function ensurePeers(): Promise<void> {
  const folder = peerFolder();
  if (existsSync(join(folder, 'package-lock.json'))) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const specs = Object.entries(peers).map(([name, version]) => `${name}@${version}`);
  await run('npm', ['install', '--ignore-scripts', ...specs], { cwd: folder });
}

/** The arguments for Node that put a peer in front of a server, on a port. */
export function peerArguments(
  peer: keyof typeof peers,
  port: number,
  server: readonly string[],
): string[] {
  const program = join(peerFolder(), 'node_modules', '.bin', peer);
  return peer === 'mcp-proxy'
    ? [
        ...[program, '--host', '127.0.0.1', '--port', String(port), '--server', 'stream'],
        ...['--', process.execPath, ...server],
      ]
    : [
        ...[program, '--stdio', [process.execPath, ...server].join(' '), '--port', String(port)],
        ...['--outputTransport', 'streamableHttp', '--stateful', '--logLevel', 'none'],
      ];
}

function peerFolder(): string {
  return join(hostRoot, 'peers');
}
