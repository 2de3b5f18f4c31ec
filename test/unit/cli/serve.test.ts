import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAlive, until } from '../../gateway/support/waiting';
import { CliProgram, finished } from './cliProgram';

const program = new CliProgram();
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/servers/${name}`, import.meta.url));

interface Ready {
  readonly url: string;
  readonly token: string;
  readonly servers: Readonly<Record<string, string>>;
}

interface Serving {
  readonly child: ChildProcess;
  readonly ready: Ready;
  readonly stderr: () => string;
}

async function serve(
  file: string,
  env: Record<string, string>,
  ...args: string[]
): Promise<Serving> {
  const config = program.file('mcp.json');
  const server = { command: process.execPath, args: [fixture(file)], env };
  writeFileSync(config, JSON.stringify({ servers: { 'my server': server } }));
  const child = program.start(['serve', '--config', config, ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await until(() => stdout.includes('\n') || child.exitCode !== null);
  return { child, ready: JSON.parse(stdout), stderr: () => stderr };
}

async function connect({ ready }: Serving): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  onTestFinished(() => client.close());
  const headers = { authorization: `Bearer ${ready.token}` };
  const url = new URL(ready.servers['my server']!);
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport,
  );
  return client;
}

async function pidsIn(file: string): Promise<number[]> {
  const text = await until(() => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  });
  return text.split(' ').map(Number);
}

const call = (name: string): { name: string; arguments: Record<string, unknown> } => ({
  name,
  arguments: { secret: 'value' },
});

describe('toolgate serve', () => {
  it('says on one line where it listens, and stands in front of the servers', async () => {
    const policy = program.file('policy.json');
    writeFileSync(policy, '{ "version": "1", "default": "deny", "tools": { "read_file": {} } }');
    const audit = program.file('audit');
    const serving = await serve('plain.mjs', {}, '--policy', policy, '--audit', audit);
    expect(serving.ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      token: expect.stringMatching(/^[\w-]{43}$/),
      servers: {
        'my server': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/s\/[\w-]+\/mcp$/),
      },
    });
    const client = await connect(serving);
    expect((await client.callTool(call('read_file'))).isError).toBeFalsy();
    const refused = await client.callTool(call('write_file'));
    expect(refused._meta).toMatchObject({
      'toolgate/decision': { code: 'denied', rule: '/default' },
    });

    const command = readFileSync(`/proc/${serving.child.pid}/cmdline`, 'utf8');
    expect(command).not.toContain(serving.ready.token);
    serving.child.kill('SIGTERM');
    const { code } = await finished(serving.child);
    expect(code).toBe(0);
    const written = readdirSync(audit).map((name) => readFileSync(`${audit}/${name}`, 'utf8'));
    const entries = written
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries).toMatchObject([
      { server: 'my server', tool: 'read_file', verdict: 'allow', argumentKeys: ['secret'] },
      {
        server: 'my server',
        tool: 'write_file',
        verdict: 'deny',
        code: 'denied',
        rule: '/default',
      },
    ]);
    expect(written.join('')).not.toMatch(new RegExp(`value|${serving.ready.token}`));
    expect(serving.stderr()).not.toContain(serving.ready.token);
  });

  it.each([
    [[], 'approval_unavailable'],
    [['--approve', 'deny'], 'approval_denied'],
    [['--approve', 'allow'], undefined],
  ])('answers questions as its flags %j say', async (flags, code) => {
    const client = await connect(await serve('plain.mjs', {}, ...flags));
    const { _meta } = await client.callTool(call('delete_repo'));
    expect((_meta?.['toolgate/decision'] as { code: string } | undefined)?.code).toBe(code);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends with its children and theirs within 5 s of %s, even if it is sent twice',
    async (signal) => {
      const file = program.file(`pids-${signal}`);
      const serving = await serve('grandchild.mjs', { PID_FILE: file });
      await connect(serving);
      const pids = await pidsIn(file);
      expect(pids.map(isAlive)).toEqual([true, true]);
      const started = performance.now();
      serving.child.kill(signal);
      setTimeout(() => serving.child.kill(signal), 50);
      await finished(serving.child);
      expect(performance.now() - started).toBeLessThan(5000);
      expect(pids.map(isAlive)).toEqual([false, false]);
    },
  );

  it('halts at SIGUSR2: open and later calls are told so, and the servers are gone', async () => {
    const file = program.file('pids-halted');
    const serving = await serve('grandchild.mjs', { PID_FILE: file });
    const client = await connect(serving);
    const pids = await pidsIn(file);
    const open = client.callTool(call('hold'));
    expect((await client.callTool(call('read_file'))).isError).toBeFalsy();
    serving.child.kill('SIGUSR2');
    for (const answer of [open, open.then(() => client.callTool(call('read_file')))]) {
      expect((await answer)._meta).toMatchObject({ 'toolgate/decision': { code: 'halted' } });
    }
    await until(() => !pids.some(isAlive), 5000);
    expect(serving.child.exitCode).toBeNull();
  });

  it('goes on when nobody reads its log any more', async () => {
    const serving = await serve('garbage.mjs', {});
    serving.child.stderr!.destroy();
    const client = await connect(serving);
    for (let count = 0; count < 5; count++) await client.callTool(call('read_file'));
    expect(serving.child.exitCode).toBeNull();
  });

  it('that is killed outright takes every server with it that reads its input', async () => {
    const file = program.file('pids-killed');
    const serving = await serve('ownPid.mjs', { PID_FILE: file });
    await connect(serving);
    const pids = await pidsIn(file);
    serving.child.kill('SIGKILL');
    await until(() => !pids.some(isAlive), 5000);
  });
});
