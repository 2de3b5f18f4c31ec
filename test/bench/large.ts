import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// What large answers cost the gateway: how much memory it holds while it passes one on, and for how
// long nothing else gets its turn. Each row is a gateway of its own, after a first answer of its kind.

interface Row {
  readonly what: string;
  readonly mode?: string;
  readonly ask: (client: Client) => Promise<number>;
}

const call = (name: string, mib: number) => (client: Client) =>
  client.ask('tools/call', { name, arguments: { mib } });

const rows: readonly Row[] = [
  {
    what: 'a small answer',
    ask: (client) => client.ask('tools/call', { name: 'x', arguments: {} }),
  },
  { what: 'a text of 10 MiB', ask: call('text', 10) },
  { what: 'a text of 100 MiB', ask: call('text', 100) },
  { what: '10 MiB in texts of 1 KiB', ask: call('texts', 10) },
  { what: '15 MiB in texts of 1 KiB', ask: call('texts', 15) },
  { what: 'a tool with a schema of 5 MiB', ask: (client) => client.ask('tools/list', {}) },
  { what: '10,000 tools over 100 pages', mode: 'pages', ask: (client) => client.listAll() },
];

async function main(): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`);
  console.log('| | MiB passed on | ms | longest stop, ms | MiB at rest | MiB at most |');
  console.log('|---|---|---|---|---|---|');
  for (const row of rows) console.log(`| ${(await measure(row)).join(' | ')} |`);
}

async function measure({ what, mode, ask }: Row): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-large-'));
  const config = join(folder, 'mcp.json');
  const policy = join(folder, 'policy.json');
  const server = resolve('test/fixtures/servers/large.mjs');
  const env = { MODE: mode ?? '', NODE_OPTIONS: '' };
  const entry = { command: process.execPath, args: [server], env };
  await writeFile(config, JSON.stringify({ servers: { s: entry } }));
  await writeFile(policy, JSON.stringify({ version: '1', default: 'allow' }));
  const child = spawn(
    process.execPath,
    ['dist/cli.js', 'serve', '--config', config, '--policy', policy],
    {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: `--require ${resolve('test/bench/fixtures/loopWatch.cjs')}`,
      },
    },
  );
  try {
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const { token, servers } = JSON.parse(String(line));
    const client = new Client(servers.s, token);
    await client.ask('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'large', version: '1' },
    });
    await ask(client);
    await longestStop(child);
    const rest = await memory(child, 'VmRSS');
    await writeFile(`/proc/${child.pid}/clear_refs`, '5');
    const started = performance.now();
    const bytes = await ask(client);
    const ms = performance.now() - started;
    const stop = await longestStop(child);
    const most = await memory(child, 'VmHWM');
    client.close();
    const figures = [bytes / 1024 / 1024, ms, stop, rest, most].map((value) => value.toFixed(0));
    return [what, ...figures];
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long the event loop has stood still at most since this was last asked. */
async function longestStop(child: ChildProcess): Promise<number> {
  child.send('report');
  const [ms] = (await once(child, 'message')) as [number];
  return ms;
}

async function memory(child: ChildProcess, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

/** Counts the bytes of answers; reads only those in which it looks for a cursor. */
class Client {
  private readonly agent = new Agent({ keepAlive: true });
  private session: string | undefined;
  private nextId = 1;

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async ask(method: string, params: object): Promise<number> {
    return (await this.send(method, params, false)).bytes;
  }

  async listAll(): Promise<number> {
    let total = 0;
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { bytes, text } = await this.send('tools/list', cursor === '' ? {} : { cursor }, true);
      total += bytes;
      cursor = JSON.parse(text).result.nextCursor;
    }
    return total;
  }

  close(): void {
    this.agent.destroy();
  }

  private send(
    method: string,
    params: object,
    keep: boolean,
  ): Promise<{ readonly bytes: number; readonly text: string }> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    if (this.session !== undefined) headers['mcp-session-id'] = this.session;
    return new Promise((done, fail) => {
      const sent = request(this.url, { method: 'POST', headers, agent: this.agent }, (response) => {
        let bytes = 0;
        const chunks: Buffer[] = [];
        this.session ??= response.headers['mcp-session-id'] as string;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (keep) chunks.push(chunk);
        });
        response.on('end', () => {
          if (response.statusCode !== 200) return fail(new Error(`HTTP ${response.statusCode}`));
          done({ bytes, text: Buffer.concat(chunks).toString() });
        });
      });
      sent.on('error', fail);
      sent.end(JSON.stringify({ jsonrpc: '2.0', id: this.nextId++, method, params }));
    });
  }
}

void main();
