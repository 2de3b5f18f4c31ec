import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Launch } from '../../../src/config/launch';
import { nodeLaunch, publishedServer } from './testGateway';

export type ServerTransport = 'stdio' | 'sse' | 'streamableHttp';

export interface RunningServer {
  readonly launch: Launch;
  stop(): void;
}

/** The published server "everything", running where its transport needs it to. */
export async function startEverything(transport: ServerTransport): Promise<RunningServer> {
  const program = publishedServer('everything');
  if (transport === 'stdio') return { launch: nodeLaunch([program, 'stdio'], '/'), stop() {} };
  const port = await freePort();
  const child = spawn(process.execPath, [program, transport], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(child);
  const url = `http://127.0.0.1:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`;
  const type = transport === 'sse' ? 'sse' : 'http';
  return { launch: { type, url, headers: {} }, stop: () => void child.kill('SIGKILL') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (chunk: Buffer) => {
      if (/on port/.test(chunk.toString())) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the server exited with code ${code}`)));
  });
}
