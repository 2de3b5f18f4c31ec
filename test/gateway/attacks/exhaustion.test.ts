import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import { CliProgram } from '../../unit/cli/cliProgram';
import { type GatewayProgram, startProgram } from '../support/gatewayProgram';
import { type RawMessage, RawSession, refusalIn, send, textOf } from '../support/rawClient';
import { startGateway } from '../support/testGateway';
import { until } from '../support/waiting';

// A server or an agent that gives more than can be carried. What it costs is bounded, and the
// gateway works on for the others.

const program = new CliProgram();
const policy = {
  default: 'allow',
  tools: { tool_1: { args: { properties: { id: { maxLength: 3 } } } } },
};

async function open(kind: string, amount: number): Promise<[GatewayProgram, RawSession]> {
  const server = ['heavy.mjs', kind, String(amount)] as const;
  const busy = await startProgram(program, server, policy);
  const session = await RawSession.open(busy, busy.serverId);
  // What a program does for the first time takes longest.
  await session.ask('tools/list', { cursor: 'small' });
  await session.call('small');
  await busy.longestDelay();
  return [busy, session];
}

/**
 * 50 ms, or on a slow or busy machine three times what it takes to read the same text and write it
 * again: no gateway does without either.
 */
function bearable(json: string): number {
  const times = [1, 2, 3].map(() => {
    const { user, system } = process.cpuUsage();
    JSON.stringify(JSON.parse(json));
    const after = process.cpuUsage();
    return (after.user + after.system - user - system) / 1000;
  });
  return Math.max(50, 3 * Math.min(...times));
}

/**
 * Asks four times for the same, and expects that the gateway was not held up. The least counts: what
 * holds up a gateway does so each time, and what a busy machine adds, it does not.
 */
async function expectNotHeldUp(
  busy: GatewayProgram,
  ask: () => Promise<RawMessage>,
): Promise<void> {
  const delays: number[] = [];
  let json = '';
  for (let count = 0; count < 4; count++) {
    json = JSON.stringify(await ask());
    delays.push(await busy.longestDelay());
  }
  expect(Math.min(...delays)).toBeLessThan(bearable(json));
}

describe('a server that gives too much', { timeout: 120_000 }, () => {
  it('lists 10,000 tools: each is judged, and no one waits for it', async () => {
    const [busy, session] = await open('tools', 10_000);
    await expectNotHeldUp(busy, async () => {
      const answer = await session.ask('tools/list');
      const tools = answer.result?.tools as { inputSchema: object }[];
      expect(tools).toHaveLength(10_000);
      expect(tools[1]?.inputSchema).toMatchObject({ properties: { id: { maxLength: 3 } } });
      return answer;
    });
    expect(busy.mostMemory()).toBeLessThan(400);
  });

  it('has a schema of 5 MB', async () => {
    const [busy, session] = await open('schema', 5_000_000);
    await expectNotHeldUp(busy, async () => {
      const answer = await session.ask('tools/list');
      expect(answer.result?.tools).toHaveLength(7);
      return answer;
    });
    expect(busy.mostMemory()).toBeLessThan(400);
  });

  it('has a schema that refers to itself, under a rule that narrows it', async () => {
    const servers = { s: { fixture: ['heavy.mjs', 'loops'] as const } };
    const args = { properties: { next: { type: 'object', maxProperties: 2 } } };
    const gateway = await startGateway({
      servers,
      policy: { default: 'allow', tools: { loop: { args } } },
    });
    const session = await RawSession.open(gateway);
    const { result } = await session.ask('tools/list');
    expect(result?.tools).toHaveLength(7);
    const deep = { next: { next: { next: {} } }, self: { self: {} } };
    expect(textOf(await session.call('loop', deep))).toBe('loop done');
    expect(refusalIn(await session.call('loop', { next: 1 }))?.code).toBe('invalid_arguments');
  });

  it('gives a result of 15 MB: it is passed on whole', async () => {
    const [busy, session] = await open('result', 15_000_000);
    await expectNotHeldUp(busy, async () => {
      const answer = await session.call('read_file');
      expect(textOf(answer)).toHaveLength(15_000_000);
      return answer;
    });
    expect(busy.mostMemory()).toBeLessThan(500);
  });

  it.each(['application/json', 'text/event-stream'])(
    'gives more than can be carried over HTTP, as %s',
    async (type) => {
      const url = await endlessAnswers(type);
      const launch = async (): Promise<Launch> => ({ type: 'http', url, headers: {} });
      const gateway = await startGateway({
        policy,
        servers: { s: { launch } },
        serverBounds: { most: 1_000_000, mostReadWhole: 1_000_000 },
      });
      const session = await RawSession.open(gateway);
      expect(textOf(await session.call('small'))).toHaveLength(900_000);
      const { error } = await session.call('endless');
      expect(error?.message).toBe(
        'Toolgate: the server "s" failed. It sent a message larger than 1 MiB.',
      );
    },
  );

  it('prints without a line end, on either of its outputs', async () => {
    for (const output of ['stdout', 'stderr']) {
      const busy = await startProgram(program, ['endlessLine.mjs', output], policy);
      const session = await RawSession.open(busy, busy.serverId);
      const answer = await session.call('read_file');
      if (output === 'stdout') expect(answer.error?.message).toMatch(/larger than 16 MiB/);
      else expect(textOf(answer)).toBe('read_file done');
      expect(busy.mostMemory()).toBeLessThan(250);
    }
  });

  it('prints what is no message without end: it is ended', async () => {
    const servers = { s: { fixture: ['endlessLine.mjs', 'stray'] as const } };
    const gateway = await startGateway({ servers, policy });
    const session = await RawSession.open(gateway);
    const { error } = await session.call('read_file');
    expect(error?.message).toMatch(/more than 100000 lines that are not MCP messages/);
    // A thousand in each second that it takes, which on a busy machine are some.
    expect(gateway.log.length).toBeLessThan(50_000);
  });

  it('prints lines without end: what is kept of them is bounded, and calls go on', async () => {
    const servers = { s: { fixture: ['endlessLine.mjs', 'lines'] as const } };
    const gateway = await startGateway({ servers, policy });
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    await until(() =>
      gateway.log.find((line) => /^\[s\] \(\d+ more bytes were not kept\)$/.test(line)),
    );
    expect(gateway.log.length).toBeLessThan(10_000);
  });

  it('offers page after page to an agent: what is remembered of them is bounded', async () => {
    const servers = { s: { fixture: ['pages.mjs', 'new'] as const } };
    const gateway = await startGateway({ servers, policy });
    const session = await RawSession.open(gateway);
    for (let page = 0; page < 25; page++) {
      const cursor = page === 0 ? {} : { cursor: String(page) };
      const { result } = await session.ask('tools/list', cursor);
      expect(result?.nextCursor).toBe(String(page + 1));
    }
    expect(gateway.gateway.catalogueOf('s')?.names).toHaveLength(20_000);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });
});

describe('an agent that asks too much', { timeout: 120_000 }, () => {
  it('a policy’s pattern that would take other engines for ever takes no time', async () => {
    const deny_if = [{ conditions: [{ path: 'args.text', op: 'regex', value: '^(a+)+$' }] }];
    const gateway = await startGateway({
      policy: { default: 'allow', tools: { read_file: { deny_if } } },
    });
    const session = await RawSession.open(gateway);
    const started = performance.now();
    const almost = await session.call('read_file', { text: `${'a'.repeat(50_000)}!` });
    expect(textOf(almost)).toBe('read_file done');
    const all = await session.call('read_file', { text: 'a'.repeat(50_000) });
    expect(refusalIn(all)?.code).toBe('denied');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('opens sessions without end: the ones that rest longest make room', async () => {
    const gateway = await startGateway({ policy, servers: { s: { launch: nowhere } } });
    const initialize = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
    const opened = Array.from({ length: 300 }, () => send(gateway, { body: initialize }));
    const ended = await Promise.race(opened);
    expect(ended.messages[0]?.error?.message).toMatch(/The session was ended/);
  });

  it('opens requests without end in one session: the rest is refused at once', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const calls = Array.from({ length: 1001 }, (_, id) => session.openCall(id, 'hold'));
    await until(() => gateway.receivedLines().length >= 1002, 40_000);
    const refused = await until(() => calls.find((call) => call.messages.length > 0));
    expect(refused.messages).toMatchObject([{ error: { code: -32603 } }]);
    expect(calls.filter(({ messages }) => messages.length > 0)).toHaveLength(1);
    expect(gateway.callsOf()).toHaveLength(1000);
  });
});

/** An HTTP server that answers a call with just enough, or without end. */
async function endlessAnswers(type: string): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { 'content-type': type });
    const [before, after] = type === 'application/json' ? ['', ''] : ['data: ', '\n\n'];
    const say = (result: object): void => {
      response.end(`${before}${JSON.stringify({ jsonrpc: '2.0', id, result })}${after}`);
    };
    if (method === 'initialize') {
      const { protocolVersion } = params;
      const serverInfo = { name: 'endless', version: '1' };
      say({ protocolVersion, capabilities: { tools: {} }, serverInfo });
    } else if (params.name === 'small') {
      say({ content: [{ type: 'text', text: 'x'.repeat(900_000) }] });
    } else {
      response.write(`${before}{"jsonrpc":"2.0","id":${id},"result":{"content":"`);
      const pour = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', pour);
      };
      pour();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

/** A launch that is never found out. */
function nowhere(): Promise<never> {
  return new Promise(() => {});
}
