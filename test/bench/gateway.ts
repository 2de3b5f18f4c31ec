import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Figures, LoadClient } from './load';

// One call through the gateway, with policy, limit and record on, against a relay that does
// nothing, in front of the same server, in one run. Rounds alternate, so that a busy machine hits
// both alike. Quote the ratios, not the times.

const rounds = 5;
const warmUp = 500;
const calls = 1500;
const burst = 6000;
const lanes = 32;

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly client: LoadClient;
  readonly memoryAtRest: number;
}

async function main(): Promise<void> {
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
  const contenders = [
    await start('bare relay', ['test/bench/fixtures/bareRelay.mjs', echo]),
    await start('toolgate', [
      ...['dist/cli.js', 'serve', '--config', config, '--policy', policy],
      ...['--audit', join(folder, 'audit')],
    ]),
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
  } finally {
    for (const { child, client } of contenders) {
      client.close();
      child.kill('SIGTERM');
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(name: string, args: string[]): Promise<Contender> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as {
    token?: string;
    servers: Record<string, string>;
  };
  const client = new LoadClient({ url: ready.servers.echo!, token: ready.token });
  await client.connect();
  return { name, child, client, memoryAtRest: await residentMiB(child) };
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
  const [bare, own] = figures as [Figures, Figures];
  const rows = await Promise.all(
    contenders.map(async ({ name, child, memoryAtRest }, index) => {
      const { p50, p95, p99, callsPerSecond } = figures[index]!;
      const times = [p50, p95, p99].map((ms) => ms.toFixed(3));
      const memory = [memoryAtRest, await residentMiB(child)].map((mib) => mib.toFixed(0));
      return [name, ...times, callsPerSecond.toFixed(0), ...memory];
    }),
  );
  const ratio = (pick: (figures: Figures) => number): string => (pick(own) / pick(bare)).toFixed(2);
  rows.push([
    'ratio',
    ratio(({ p50 }) => p50),
    ratio(({ p95 }) => p95),
    ratio(({ p99 }) => p99),
    ratio(({ callsPerSecond }) => callsPerSecond),
    '',
    '',
  ]);
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`);
  console.log(
    `${rounds} rounds of ${calls} calls in turn and ${burst} by ${lanes} lanes, medians\n`,
  );
  console.log('| | p50 ms | p95 ms | p99 ms | calls/s | MiB at rest | MiB after |');
  console.log('|---|---|---|---|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

async function residentMiB(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

void main();
