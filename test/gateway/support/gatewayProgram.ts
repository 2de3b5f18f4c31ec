import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CliProgram } from '../../unit/cli/cliProgram';
import { until } from './waiting';

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

/** The gateway as a program: its event loop and its memory are its own. */
export interface GatewayProgram {
  readonly gateway: { readonly origin: string; readonly token: string };
  readonly serverId: string;
  readonly pid: number;
  /** The longest time in milliseconds for which its event loop was held up since this was asked. */
  longestDelay(): Promise<number>;
  /** The most memory that it has held so far, in MiB. */
  mostMemory(): number;
}

/** Starts a gateway in front of one server of `test/fixtures/servers`. */
export async function startProgram(
  program: CliProgram,
  server: readonly [file: string, ...args: string[]],
  policy: object,
): Promise<GatewayProgram> {
  const [file, ...args] = server;
  const [config, rules] = [program.file('mcp.json'), program.file('policy.json')];
  const entry = { command: process.execPath, args: [fixture(`servers/${file}`), ...args] };
  writeFileSync(config, JSON.stringify({ servers: { s: entry } }));
  writeFileSync(rules, JSON.stringify({ version: '1', ...policy }));
  const delayFile = program.file('delay');
  const probe = { NODE_OPTIONS: `--require ${fixture('loopDelay.cjs')}`, LOOP_DELAY: delayFile };
  const command = ['serve', '--config', config, '--policy', rules];
  const child = program.start(command, { ...process.env, ...probe });
  let stdout = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr!.resume();
  await until(() => stdout.includes('\n'), 60_000);
  const { url, token, servers } = JSON.parse(stdout);
  return {
    gateway: { origin: url, token },
    serverId: /\/s\/([\w-]+)\/mcp$/.exec(servers.s)![1]!,
    pid: child.pid!,
    longestDelay: async () => {
      rmSync(delayFile, { force: true });
      child.kill('SIGWINCH');
      await until(() => existsSync(delayFile), 60_000);
      return Number(readFileSync(delayFile, 'utf8'));
    },
    mostMemory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
    },
  };
}
