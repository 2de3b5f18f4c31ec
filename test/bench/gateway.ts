import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Endpoint, type Figures, LoadClient } from './load';
import { ensurePeers, peerArguments } from './peers';

// One call through the gateway, with policy, limit and record on, against a relay that does
// nothing and against two other fronts, over the same server, in one run. Rounds alternate, so that
// a busy machine hits all alike. Quote the ratios, not the times.

const rounds = 5;
const warmUp = 2000;
const calls = 1500;
const burst = 6000;
const lanes = 32;
const idleSessions = 200;

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly endpoint: Endpoint;
  readonly client: LoadClient;
  readonly memoryAtRest: number;
}

async function main(): Promise<void> {
  await ensurePeers();
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-bench-'));
  const echo = resolve('test/bench/fixtures/echoServer.mjs');
  const config = join(folder, 'mcp.json');
  const policy = join(folder, 'policy.json');
  await writeFile(
    config,
    JSON.stringify({ servers: { echo: { command: process.execPath, args: [echo] } } }),
  );
  await writeFile(
    policy,
    JSON.stringify({
      version: '1',
      default: 'deny',
      tools: { echo: { rate_limit: { max: 100_000, window: 1 } } },
    }),
  );
  const toolgate = (audit: string): Promise<Contender> =>
    announced('toolgate', [
      ...['dist/cli.js', 'serve', '--config', config, '--policy', policy],
      ...['--audit', join(folder, audit)],
    ]);
  const contenders = [
    await announced('bare relay', ['test/bench/fixtures/bareRelay.mjs', echo]),
    await toolgate('audit'),
    await peer('mcp-proxy', [echo]),
    await peer('supergateway', [echo]),
  ];
  try {
    const results = contenders.map((): Figures[] => []);
    for (const { client } of contenders) await client.measure(warmUp, warmUp, lanes);
    for (let round = 0; round < rounds; round++) {
      for (const [index, { client }] of contenders.entries()) {
        results[index]!.push(await client.measure(calls, burst, lanes));
      }
    }
    await report(contenders, results.map(medians));
    const fresh = await toolgate('idle');
    contenders.push(fresh);
    await reportIdle(fresh);
  } finally {
    for (const { child, client } of contenders) {
      client.close();
      child.kill('SIGTERM');
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** A front that prints where it listens. */
async function announced(name: string, args: readonly string[]): Promise<Contender> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const { token, servers } = JSON.parse(line.toString()) as {
    token?: string;
    servers: Record<string, string>;
  };
  return connected(name, child, { url: servers.echo!, token });
}

/** A front that is told where to listen. */
async function peer(
  name: 'mcp-proxy' | 'supergateway',
  server: readonly string[],
): Promise<Contender> {
  const port = await freePort();
  const args = peerArguments(name, port, server);
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  return connected(name, child, { url: `http://127.0.0.1:${port}/mcp`, token: undefined });
}

async function connected(
  name: string,
  child: ChildProcess,
  endpoint: Endpoint,
): Promise<Contender> {
  const client = new LoadClient(endpoint);
  const until = performance.now() + 20_000;
  for (;;) {
    try {
      await client.connect();
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  return { name, child, endpoint, client, memoryAtRest: await residentMiB(child) };
}

function medians(all: readonly Figures[]): Figures {
  const median = (pick: (figures: Figures) => number): number =>
    all.map(pick).sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
  return {
    p50: median((figures) => figures.p50),
    p95: median((figures) => figures.p95),
    p99: median((figures) => figures.p99),
    callsPerSecond: median((figures) => figures.callsPerSecond),
  };
}

async function report(
  contenders: readonly Contender[],
  figures: readonly Figures[],
): Promise<void> {
  const bare = figures[0]!;
  const rows = await Promise.all(
    contenders.map(async ({ name, child, memoryAtRest }, index) => {
      const { p50, p95, p99, callsPerSecond } = figures[index]!;
      const times = [p50, p95, p99].map((ms) => ms.toFixed(3));
      const memory = [memoryAtRest, await residentMiB(child)].map((mib) => mib.toFixed(0));
      const ratios = [p50 / bare.p50, callsPerSecond / bare.callsPerSecond].map((ratio) =>
        ratio.toFixed(2),
      );
      return [name, ...times, callsPerSecond.toFixed(0), ...ratios, ...memory];
    }),
  );
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  console.log(
    `${rounds} rounds of ${calls} calls in turn and ${burst} by ${lanes} lanes, medians\n`,
  );
  console.log(
    '| | p50 ms | p95 ms | p99 ms | calls/s | p50 ratio | calls/s ratio | MiB at rest | MiB after |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

/** What sessions cost that do nothing. The servers behind them are processes of their own. */
async function reportIdle({ child, endpoint }: Contender): Promise<void> {
  const before = await residentMiB(child);
  const clients = Array.from({ length: idleSessions }, () => new LoadClient(endpoint));
  for (let first = 0; first < clients.length; first += 10) {
    await Promise.all(clients.slice(first, first + 10).map((client) => client.connect()));
  }
  const after = await residentMiB(child);
  console.log(`\n${idleSessions} idle sessions: ${(after - before).toFixed(0)} MiB more`);
  for (const client of clients) client.close();
}

async function residentMiB(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

void main();
