import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { until } from '../../../../gateway/support/waiting';
import { aptInstall, canAptInstall } from '../../../../vscode/apt';
import { stderrLog, which } from '../../../../vscode/process';

export const password = 'correct-horse-battery';

/** A real Redis on a free loopback port, which writes down every command before it answers. */
export class RedisServer {
  private readonly directory = mkdtempSync(join(tmpdir(), 'toolgate-redis-'));
  private child: ChildProcess | undefined;
  private port = 0;

  get url(): string {
    return `redis://:${password}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    if (which('redis-server') === undefined && canAptInstall()) {
      await aptInstall(['redis-server'], stderrLog());
    }
    this.port ||= await freePort();
    const settings = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.directory,
      requirepass: password,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    this.child = child;
    await Promise.race([
      once(child, 'spawn'),
      once(child, 'error').then(([error]) => {
        throw new Error(
          `These tests need redis-server (Debian: apt-get install redis-server): ${error.message}`,
        );
      }),
    ]);
    await until(() => this.answers());
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.ping();
      client.destroy();
      return true;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
