import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { until } from '../../gateway/support/waiting';
import { CliProgram } from './cliProgram';

const cli = new CliProgram();
const fixture = fileURLToPath(new URL('../../fixtures/servers/offers.mjs', import.meta.url));
const secret = 'correct-horse-battery-staple';

const tool = (name: string, more: object = {}): object => ({
  name,
  description: `Reads ${name}.`,
  inputSchema: { type: 'object', properties: { mode: { enum: ['a', 'b'] } } },
  ...more,
});

const first = {
  tools: [tool('read'), tool('list')],
  prompts: [{ name: 'p' }],
  instructions: 'Hi.',
};

/** Writes the configuration of a server that offers this. */
function configure(offers: object, args: readonly string[] = []): string {
  const [config, file] = [cli.file('mcp.json'), cli.file('offers.json')];
  writeFileSync(file, JSON.stringify(offers));
  const env = { OFFERS: file, TOKEN: secret };
  const s = { command: process.execPath, args: [fixture, ...args], env };
  writeFileSync(config, JSON.stringify({ servers: { s } }));
  return config;
}

async function exported(): Promise<string> {
  const file = cli.file('pins.json');
  const config = configure(first);
  const { code, stderr } = await cli.run(['pins', 'export', '--config', config, '--out', file]);
  expect([code, stderr]).toEqual([0, '']);
  return file;
}

const verify = (config: string, file: string) =>
  cli.run(['pins', 'verify', '--config', config, '--pins', file]);

describe('toolgate pins', () => {
  it('writes what the servers say of themselves, and no values of variables', async () => {
    const text = readFileSync(await exported(), 'utf8');
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      servers: [
        {
          label: 's',
          server: { args: [fixture], env: ['OFFERS', 'TOKEN'] },
          instructions: 'Hi.',
          tools: [tool('read'), tool('list'), { name: 'announce' }],
          prompts: [{ name: 'p' }],
        },
      ],
    });
  });

  it('verifies what is as it was', async () => {
    const file = await exported();
    expect(await verify(configure(first), file)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('names each difference by tool and field', async () => {
    const file = await exported();
    const changed = {
      tools: [
        tool('read', {
          description: 'Reads, and sends.',
          inputSchema: { type: 'object', properties: { mode: { enum: ['a', 'c'] } } },
        }),
        tool('wipe'),
      ],
      prompts: [{ name: 'p', description: 'New.' }],
    };
    const { code, stdout } = await verify(configure(changed, ['--fast']), file);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      's: configuration: args[1]: added',
      's: instructions: gone',
      's: tool read: description: changed',
      's: tool read: inputSchema.properties.mode.enum[1]: changed',
      's: tool list: gone',
      's: tool wipe: new',
      's: prompt p: description: added',
      '',
    ]);
  });

  it('fails when a server does, and names it', async () => {
    const file = await exported();
    const config = cli.file('mcp.json');
    writeFileSync(config, JSON.stringify({ servers: { s: { command: 'no-such-program' } } }));
    const { code, stderr } = await verify(config, file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^toolgate: s: .*no-such-program/);
    const again = await cli.run(['pins', 'export', '--config', config]);
    expect([again.code, again.stdout]).toEqual([1, '']);
  });

  it.each([
    [['pins'], '"export" or "verify"'],
    [['pins', 'verify', '--config', 'mcp.json'], '--pins is missing'],
    [['pins', 'verify', '--config', 'mcp.json', '--pins', fixture], 'is no file that'],
  ])('%j is a mistake', async (args, message) => {
    const { code, stderr } = await cli.run(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

it('serve refuses what the pins do not have, and lets the rest pass', async () => {
  const pins = await exported();
  const policy = cli.file('policy.json');
  writeFileSync(policy, JSON.stringify({ version: '1', default: 'allow' }));
  const config = configure({ ...first, tools: [tool('read'), tool('list', { title: 'Other' })] });
  const child = cli.start(['serve', '--config', config, '--policy', policy, '--pins', pins]);
  let out = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const ready = JSON.parse(await until(() => out.includes('\n') && out));
  const headers: Record<string, string> = {
    authorization: `Bearer ${ready.token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const post = async (method: string, params: object): Promise<[Headers, string]> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(ready.servers.s, { method: 'POST', headers, body });
    return [response.headers, await response.text()];
  };
  const clientInfo = { name: 'test', version: '1' };
  const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const [answer] = await post('initialize', hello);
  headers['mcp-session-id'] = answer.get('mcp-session-id')!;
  const called = async (name: string): Promise<string> =>
    (await post('tools/call', { name, arguments: {} }))[1];
  expect(await called('read')).toContain('read done');
  expect(await called('list')).toContain('"code":"tool_changed"');
});
