import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SoakClient, WrongAnswer } from './client';
import { RecordReader } from './recordReader';

// Endurance: many clients, mixed traffic, servers that are killed, a policy that is edited, clients
// that are slow or leave. Nothing may be lost, doubled, left unanswered, or missing in the record,
// and memory must not grow. The arguments of each call hold a key of their own, which the record
// keeps, so that each call can be found there.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1800' },
    clients: { type: 'string', default: '50' },
  },
});
const seconds = Number(values.seconds);
const clientCount = Number(values.clients);
const restMs = 40;
const killEveryMs = 2000;
const editEveryMs = 1500;
const sampleEveryMs = 1000;

interface Tally {
  answered: number;
  refused: number;
  lost: number;
  aborted: number;
  unjudged: number;
  reconnects: number;
  kills: number;
  edits: number;
}

const tally: Tally = {
  ...{ answered: 0, refused: 0, lost: 0, aborted: 0, unjudged: 0 },
  ...{ reconnects: 0, kills: 0, edits: 0 },
};
const problems: string[] = [];
/** Calls by their key: whether the record must have them, may have them, or must not. */
const expected = new Map<string, 'once' | 'atMostOnce' | 'never'>();
const recorded = new Map<string, number>();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'toolgate-soak-'));
  const audit = join(folder, 'audit');
  const program = resolve('test/soak/server.mjs');
  const http = spawn(process.execPath, [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(http.stdout, 'data')) as [Buffer];
  const stdio = { command: process.execPath, args: [program] };
  const servers = { a: stdio, b: stdio, h: { url: `http://127.0.0.1:${port.toString().trim()}/` } };
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ servers }));
  writePolicy(folder);
  const gateway = spawn(
    process.execPath,
    [
      ...['dist/cli.js', 'serve', '--config', join(folder, 'mcp.json')],
      ...['--policy', join(folder, 'policy.json'), '--audit', audit],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [line] = (await once(gateway.stdout, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { token: string; servers: Record<string, string> };

  const reader = new RecordReader(audit);
  const memory: { readonly at: number; readonly mib: number }[] = [];
  const started = performance.now();
  const timers = [
    setInterval(() => killOneServer(gateway), killEveryMs),
    setInterval(() => writePolicy(folder), editEveryMs),
    setInterval(() => {
      memory.push({ at: performance.now() - started, mib: residentMiB(gateway) });
      readRecord(reader);
    }, sampleEveryMs),
  ];
  const urls = Object.values(ready.servers);
  const lanes = Array.from({ length: clientCount }, (_, index) =>
    lane({ url: urls[index % urls.length]!, token: ready.token }, index, started + seconds * 1000),
  );
  await Promise.all(lanes);
  for (const timer of timers) clearInterval(timer);

  const children = childrenOf(gateway.pid!);
  const stopping = performance.now();
  gateway.kill('SIGTERM');
  const [code] = (await once(gateway, 'exit')) as [number | null];
  const stopMs = performance.now() - stopping;
  if (code !== 0) problems.push(`the gateway ended with ${code}`);
  if (stopMs > 5000) problems.push(`it took ${stopMs.toFixed(0)} ms to end`);
  const left = children.filter(isAlive);
  if (left.length > 0) problems.push(`${left.length} server processes outlived it`);
  readRecord(reader);
  compareRecord();
  http.kill();
  report(memory);
  rmSync(folder, { recursive: true, force: true });
  if (problems.length > 0) process.exitCode = 1;
}

/** One client, until the time is over. */
async function lane(
  endpoint: { readonly url: string; readonly token: string },
  index: number,
  until: number,
): Promise<void> {
  const client = new SoakClient(endpoint);
  for (let call = 0; performance.now() < until; call++) {
    try {
      if (!client.hasSession) {
        tally.reconnects++;
        if (!(await client.connect())) continue;
      }
      await oneCall(client, `k_${index}_${call}`);
      if (Math.random() < 0.01) await client.end();
      await new Promise((done) => setTimeout(done, Math.random() * 2 * restMs));
    } catch (error) {
      if (error instanceof WrongAnswer) problems.push(`client ${index}: ${error.message}`);
      else problems.push(`client ${index}: ${String(error)}`);
      client.forgetSession();
    }
  }
  await client.end();
  client.dispose();
}

async function oneCall(client: SoakClient, key: string): Promise<void> {
  const dice = Math.random();
  const name =
    dice < 0.55
      ? 'echo'
      : dice < 0.75
        ? 'slow'
        : dice < 0.8
          ? 'big'
          : dice < 0.9
            ? 'limited'
            : 'forbidden';
  const leaves = name === 'slow' && Math.random() < 0.2;
  const args = { [key]: key };
  const params = {
    name,
    arguments: args,
    ...(Math.random() < 0.5 ? { _meta: { progressToken: key } } : {}),
  };
  if (leaves) {
    expected.set(key, 'atMostOnce');
    tally.aborted++;
    const signal = AbortSignal.timeout(Math.floor(Math.random() * 60));
    await client.ask('tools/call', params, { signal }).catch((error: unknown) => {
      if (error instanceof WrongAnswer) throw error;
    });
    return;
  }
  expected.set(key, 'once');
  const { status, messages } = await client.ask('tools/call', params, {
    readSlowly: name === 'big' && Math.random() < 0.3,
  });
  // The session ended with its server: the call was never judged.
  if (status === 404) {
    expected.set(key, 'never');
    tally.unjudged++;
    client.forgetSession();
    return;
  }
  const answer = messages.at(-1);
  if (status !== 200 || !answer) throw new WrongAnswer(`status ${status} for ${key}`);
  if (answer.error) {
    // -32010: the server was killed in the middle.
    if (answer.error.code !== -32010) throw new WrongAnswer(`${key}: ${answer.error.message}`);
    tally.lost++;
    // A session that had ended refuses before it judges.
    if (/The session has ended/.test(answer.error.message)) expected.set(key, 'never');
    client.forgetSession();
    return;
  }
  const text = answer.result?.content?.[0]?.text ?? '';
  const isRefusal = text.startsWith('[POLICY DENIED]');
  if (name === 'forbidden' && !isRefusal) throw new WrongAnswer(`${key} got past the policy`);
  if (!isRefusal && text !== JSON.stringify(args)) throw new WrongAnswer(`${key} got ${text}`);
  if (isRefusal && name !== 'limited' && name !== 'forbidden') {
    throw new WrongAnswer(`${key} was refused: ${text}`);
  }
  if (isRefusal) tally.refused++;
  else tally.answered++;
}

/** Tightens at each edit, since nobody is here to confirm a loosening; layout changes too. */
function writePolicy(folder: string): void {
  tally.edits++;
  const hide = Array.from({ length: Math.min(tally.edits, 200) }, (_, index) => `unused_${index}`);
  const tools = { limited: { rate_limit: '120/minute' }, forbidden: { action: 'deny' } };
  const policy = { version: '1', default: 'allow', hide, tools };
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy, undefined, tally.edits % 3));
}

function killOneServer(gateway: ChildProcess): void {
  const children = childrenOf(gateway.pid!);
  const victim = children[Math.floor(Math.random() * children.length)];
  if (victim === undefined) return;
  tally.kills++;
  try {
    process.kill(victim, 'SIGKILL');
  } catch {
    // It had just ended by itself.
  }
}

function readRecord(reader: RecordReader): void {
  for (const line of reader.read()) {
    const entry = JSON.parse(line) as { argumentKeys: string[] };
    const [key] = entry.argumentKeys;
    if (key !== undefined) recorded.set(key, (recorded.get(key) ?? 0) + 1);
  }
}

function compareRecord(): void {
  for (const [key, wanted] of expected) {
    const count = recorded.get(key) ?? 0;
    const isRight = wanted === 'once' ? count === 1 : wanted === 'never' ? count === 0 : count <= 1;
    if (!isRight) problems.push(`${key} stands in the record ${count} times, expected ${wanted}`);
  }
  for (const key of recorded.keys()) {
    if (!expected.has(key)) problems.push(`${key} is in the record, and nobody called it`);
  }
}

function report(memory: readonly { readonly at: number; readonly mib: number }[]): void {
  const slope = slopeOf(memory.slice(Math.floor(memory.length / 2)));
  const last = memory.at(-1)?.mib ?? 0;
  console.log(`${seconds} s, ${clientCount} clients, Node ${process.version}`);
  console.log(
    Object.entries(tally)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
  console.log(`${recorded.size} calls in the record`);
  console.log(
    `RSS ${last.toFixed(0)} MiB at the end, ${slope.toFixed(2)} MiB a minute over the second half`,
  );
  // In a short run the heap is still growing to its working size.
  if (seconds >= 600 && slope > 1) problems.push('memory grows');
  if (last > 400) problems.push('more than 400 MiB are in use');
  for (const problem of problems.slice(0, 30)) console.log(`problem: ${problem}`);
  console.log(problems.length === 0 ? 'No problems.' : `${problems.length} problems.`);
}

/** MiB a minute, by least squares. */
function slopeOf(samples: readonly { readonly at: number; readonly mib: number }[]): number {
  const mean = (pick: (sample: { at: number; mib: number }) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const at = mean((sample) => sample.at);
  const mib = mean((sample) => sample.mib);
  const covariance = mean((sample) => (sample.at - at) * (sample.mib - mib));
  const variance = mean((sample) => (sample.at - at) ** 2);
  return (covariance / variance) * 60_000;
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
        return Number(fields[1]) === parent && fields[0] !== 'Z';
      } catch {
        return false;
      }
    })
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function residentMiB({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

void main();
