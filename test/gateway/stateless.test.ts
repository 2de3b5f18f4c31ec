import { Client } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEverything } from './support/everything';
import { RawSession, refusalIn, textOf } from './support/rawClient';
import { connectClient } from './support/sdkClient';
import {
  connectModern,
  openStateless,
  statelessPost,
  statelessServer,
  transportOf,
  transports,
} from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';
import { isAlive, until } from './support/waiting';

const policy = { default: 'allow' };

async function callTool(client: Client, name: string, args: object = {}): Promise<unknown> {
  const { content } = await client.callTool({ name, arguments: { ...args } });
  return JSON.parse((content[0] as { text: string }).text);
}

/** Asks first whether the server knows the new revision, as clients do by default that can both. */
async function connectEither(gateway: TestGateway): Promise<Client> {
  const client = new Client(
    { name: 'both', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  );
  onTestFinished(() => client.close());
  await client.connect(transportOf(gateway.gateway.urlOf('s'), gateway.gateway.token));
  return client;
}

describe.each(transports)('a client without a session, and such a server over %s', (transport) => {
  const startWith = async (setup: object = {}): Promise<TestGateway> => {
    const servers = { s: await statelessServer(transport, { modern: true }) };
    return startGateway({ policy, servers, ...setup });
  };

  it('discovers, lists, reads and calls, with what both say of themselves', async () => {
    const gateway = await startWith();
    const client = await connectModern(gateway);
    expect(client.getServerVersion()).toMatchObject({ name: 'stateless' });
    expect(client.getServerCapabilities()?.extensions).toEqual({
      'io.modelcontextprotocol/ui': { a: 1 },
    });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'read_file',
      'delete_repo',
      'write_file',
      'query',
    ]);
    expect((await client.readResource({ uri: 'file:///x' })).contents).toHaveLength(1);
    expect(await callTool(client, 'read_file', { path: 'a' })).toMatchObject({
      args: { path: 'a' },
      client: { 'io.modelcontextprotocol/clientInfo': { name: 'modern-client' } },
    });
    expect(gateway.records.map(({ caller, outcome }) => [caller.client, outcome])).toEqual([
      ['modern-client', 'ok'],
    ]);
  });

  it('gets a session id from nobody, and needs none', async () => {
    const gateway = await startWith();
    const answer = await statelessPost(gateway, { method: 'tools/list' });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('mcp-session-id');
    const stray = { 'mcp-session-id': 'made-up' };
    expect((await statelessPost(gateway, { method: 'tools/list' }, stray)).status).toBe(200);
  });

  it('does not see hidden tools, and cannot call them', async () => {
    const gateway = await startWith({ policy: { default: 'allow', hide: ['delete_*'] } });
    const client = await connectModern(gateway);
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('delete_repo');
    const refused = await client.callTool({ name: 'delete_repo', arguments: {} });
    expect(refused).toMatchObject({
      isError: true,
      _meta: { 'toolgate/decision': { code: 'hidden' } },
    });
    expect(await callTool(client, 'read_file')).toMatchObject({ args: {} });
  });

  it('gets no list that it may keep beyond the next edit of the policy', async () => {
    const gateway = await startWith();
    const [direct] = (await statelessPost(gateway, { method: 'tools/list' })).messages;
    expect(direct?.result).toMatchObject({ ttlMs: 0, cacheScope: 'private' });
    const client = await connectModern(gateway);
    const names = async () => (await client.listTools()).tools.map(({ name }) => name);
    expect(await names()).toContain('delete_repo');
    gateway.writePolicy({ default: 'allow', hide: ['delete_*'] });
    expect(await names()).not.toContain('delete_repo');
  });

  it('is told when a policy edit changes the tools, if it listens', async () => {
    const gateway = await startWith();
    const client = await connectModern(gateway);
    let changes = 0;
    client.setNotificationHandler('notifications/tools/list_changed', () => void changes++);
    const subscription = await client.listen({ toolsListChanged: true });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    gateway.writePolicy({ default: 'allow', hide: ['delete_*'] });
    gateway.policyFile.refresh();
    await until(() => changes === 1);
    await callTool(client, 'change');
    await until(() => changes === 2);
    await subscription.close();
  });

  it('hears of nothing that the policy denies, and of the rest', async () => {
    const gateway = await startWith({
      policy: { default: 'allow', servers: { s: { resources: 'deny' } } },
    });
    const client = await connectModern(gateway);
    const subscription = await client.listen({
      toolsListChanged: true,
      resourceSubscriptions: ['file:///x'],
    });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true });
    await subscription.close();
    const read = await statelessPost(gateway, {
      method: 'resources/read',
      params: { uri: 'file:///x' },
    });
    expect(read.messages[0]?.error?.code).toBe(-32011);
  });

  it('hears the progress and the log of its own call', async () => {
    const gateway = await startWith();
    const meta = { progressToken: 'mine', 'io.modelcontextprotocol/logLevel': 'info' };
    const params = { name: 'report', arguments: { say: 'hello' } };
    const { messages } = await statelessPost(gateway, {
      id: 'x',
      method: 'tools/call',
      params,
      meta,
    });
    expect(messages.map(({ method, params, id }) => [method ?? id, params?.progressToken])).toEqual(
      [
        ['notifications/progress', 'mine'],
        ['notifications/message', undefined],
        ['x', undefined],
      ],
    );
  });

  it('shares nothing with another of the same name whose ids and tokens are the same', async () => {
    const gateway = await startWith();
    const held = [1, 2].map(() =>
      statelessPost(gateway, {
        id: 7,
        method: 'tools/call',
        params: { name: 'hold', arguments: {} },
      }),
    );
    const own = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const say = `from ${index}`;
        const params = { name: 'report', arguments: { say } };
        const meta = { progressToken: 7 };
        const { messages } = await statelessPost(gateway, {
          id: 7,
          method: 'tools/call',
          params,
          meta,
        });
        expect(messages[0]?.params).toMatchObject({ progressToken: 7, message: say });
        expect(messages[1]).toMatchObject({ id: 7 });
        expect(messages).toHaveLength(2);
        return textOf(messages[1]);
      }),
    );
    expect(new Set(own).size).toBe(20);
    await statelessPost(gateway, {
      id: 7,
      method: 'tools/call',
      params: { name: 'release', arguments: {} },
    });
    const answers = await Promise.all(held);
    expect(answers.map(({ messages }) => messages.map(({ id }) => id))).toEqual([[7], [7]]);
    const texts = answers.map(({ messages }) => textOf(messages[0]));
    expect(new Set(texts).size).toBe(2);
  });

  it('cancels by leaving, and the server hears of it', async () => {
    const gateway = await startGateway({ policy });
    const record = gateway.recordPath('s');
    const server = await statelessServer(transport, { modern: true, record });
    gateway.setServers({ s: { ...server, version: '2' } });
    const noted = (text: string) => gateway.receivedLines().some((line) => line.includes(text));
    const params = { name: 'hold', arguments: {} };
    const call = openStateless(gateway, { method: 'tools/call', params });
    await until(() => noted('"held":'));
    call.cut();
    await until(() => noted('"aborted":true'));
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  it('shares the limits of a session with others of its name only', async () => {
    const limit = { max: 2, window: 3600, scope: 'session' };
    const gateway = await startWith({
      policy: { default: 'allow', tools: { read_file: { limits: [limit] } } },
    });
    const call = async (client: string): Promise<unknown> => {
      const params = { name: 'read_file', arguments: {} };
      const { messages } = await statelessPost(gateway, { method: 'tools/call', params, client });
      return messages[0]?.result?.isError ?? false;
    };
    expect([await call('one'), await call('one'), await call('one')]).toEqual([false, false, true]);
    expect(await call('other')).toBe(false);
  });

  it('waits for the person, who sees who calls', async () => {
    const gateway = await startWith({ policy: { default: 'require_approval' } });
    const client = await connectModern(gateway, { name: 'asker' });
    const call = callTool(client, 'read_file', { path: 'a' });
    expect(await gateway.approver.question()).toMatchObject({ tool: 'read_file', client: 'asker' });
    await gateway.approver.answer({ kind: 'allow_once' });
    expect(await call).toMatchObject({ args: { path: 'a' } });
  });

  it('is refused methods that the revision does not have, with status 404', async () => {
    const gateway = await startWith();
    for (const method of ['ping', 'logging/setLevel', 'resources/subscribe', 'vendor/x']) {
      const { status, messages } = await statelessPost(gateway, { method });
      expect([method, status, messages[0]?.error?.code]).toEqual([method, 404, -32601]);
    }
  });

  it('finds its tools in the view before an agent has asked', async () => {
    const gateway = await startWith();
    await gateway.gateway.inspect('s');
    const names = gateway.gateway.catalogueOf('s')?.names;
    expect(names).toEqual(['read_file', 'delete_repo', 'write_file', 'query']);
  });
});

describe('a client that speaks both', () => {
  it.each(transports)(
    'stays without a session with a server over %s that can',
    async (transport) => {
      const servers = { s: await statelessServer(transport) };
      const client = await connectEither(await startGateway({ policy, servers }));
      expect(client.getProtocolEra()).toBe('modern');
      expect(await callTool(client, 'read_file')).toMatchObject({ args: {} });
    },
  );

  it.each(['stdio', 'streamableHttp', 'sse'] as const)(
    'falls back with an older server over %s, as it does without a gateway',
    async (transport) => {
      const { launch, stop } = await startEverything(transport);
      onTestFinished(stop);
      const servers = { s: { launch: async () => launch } };
      const gateway = await startGateway({ policy, servers });
      for (let time = 0; time < 2; time++) {
        const client = await connectEither(gateway);
        expect(client.getProtocolEra()).toBe('legacy');
        const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
        expect(content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
      }
    },
  );

  it('falls back with an older server that does not answer what it does not know', async () => {
    const gateway = await startGateway({ policy });
    const client = await connectEither(gateway);
    expect(client.getProtocolEra()).toBe('legacy');
    expect(await client.callTool({ name: 'read_file', arguments: {} })).toMatchObject({
      content: [{ text: 'read_file done' }],
    });
  });

  it('hears why a server could not be started', async () => {
    const servers = { s: { fixture: ['exitAtStart.mjs'] as const } };
    await expect(connectEither(await startGateway({ policy, servers }))).rejects.toThrow(
      /failed\. It exited with code/,
    );
  });
});

describe('an older server', () => {
  it('is asked for nothing by a client that only speaks the new revision', async () => {
    const gateway = await startGateway({ policy });
    const params = { name: 'read_file', arguments: {} };
    for (let time = 0; time < 2; time++) {
      const { status, messages } = await statelessPost(gateway, { method: 'tools/call', params });
      expect([status, messages[0]?.error?.code]).toEqual([400, -32600]);
      expect(messages[0]?.error?.message).toContain('initialize');
    }
    expect(gateway.callsOf()).toEqual([]);
    expect(gateway.records).toEqual([]);
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });
});

describe('an older client', () => {
  it.each(transports)(
    'keeps its session with a server over %s that speaks both',
    async (transport) => {
      const servers = { s: await statelessServer(transport) };
      const client = await connectClient(await startGateway({ policy, servers }));
      expect((await client.listTools()).tools).toHaveLength(4);
      const result = await client.callTool({ name: 'read_file', arguments: { path: 'a' } });
      expect(JSON.stringify(result)).toContain('path');
    },
  );

  it('does not find the session of a client without one', async () => {
    const servers = { s: await statelessServer('stdio') };
    const gateway = await startGateway({ policy, servers });
    await statelessPost(gateway, { method: 'tools/list', client: 'modern' });
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/list' } as const;
    const session = await RawSession.open(gateway);
    expect((await session.post(body, { 'mcp-session-id': 'modern' })).status).toBe(404);
    expect((await session.post(body)).status).toBe(200);
  });
});

describe('a server process without sessions that dies', () => {
  it('is started again by the next request, and what is used up stays used up', async () => {
    const limit = { max: 2, window: 3600, scope: 'session' };
    const servers = { s: await statelessServer('stdio', { modern: true }) };
    const gateway = await startGateway({
      policy: { default: 'allow', tools: { read_file: { limits: [limit] } } },
      servers,
    });
    const call = async (name = 'read_file') => {
      const params = { name, arguments: {} };
      return (await statelessPost(gateway, { method: 'tools/call', params })).messages[0];
    };
    const first = JSON.parse(textOf(await call()));
    const dying = call('hold');
    await until(() => gateway.callsOf().includes('hold'));
    process.kill(first.pid, 'SIGKILL');
    expect((await dying)?.error?.code).toBe(-32010);
    const second = JSON.parse(textOf(await call()));
    expect(second.pid).not.toBe(first.pid);
    expect((await call())?.result?.isError).toBe(true);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual([
      'ok',
      'lost',
      'ok',
      'not_forwarded',
    ]);
  });
});

describe('stopping a server', () => {
  it('ends its process and its subscriptions, and the next request begins anew', async () => {
    const servers = { s: await statelessServer('stdio', { modern: true }) };
    const gateway = await startGateway({ policy, servers });
    const params = { notifications: { toolsListChanged: true } };
    const listening = openStateless(gateway, { id: 'l', method: 'subscriptions/listen', params });
    await until(() => listening.messages.length === 1);
    const read = { method: 'tools/call', params: { name: 'read_file', arguments: {} } };
    const { pid } = JSON.parse(textOf((await statelessPost(gateway, read)).messages[0]));
    gateway.gateway.stopServer('s');
    await listening.ended;
    await until(() => !isAlive(pid));
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    const next = JSON.parse(textOf((await statelessPost(gateway, read)).messages[0]));
    expect(next.pid).not.toBe(pid);
  });
});

describe('when everything is halted, a client without a session', () => {
  const halting = { default: 'allow', tools: { delete_repo: { action: 'require_approval' } } };
  const ask = (name: string, id: string) => {
    return { id, method: 'tools/call', params: { name, arguments: {} } };
  };

  it('is told so at once, whatever it waits for, and the server ends', async () => {
    const servers = { s: { fixture: ['statelessPlain.mjs'] as const } };
    const gateway = await startGateway({ policy: halting, servers });
    const inFlight = openStateless(gateway, ask('hold', 'a'));
    await until(() => gateway.callsOf().includes('hold'));
    const waiting = openStateless(gateway, ask('delete_repo', 'b'));
    await gateway.approver.question();
    gateway.halt.halt();
    await Promise.all([inFlight.ended, waiting.ended]);
    expect(textOf(inFlight.messages.at(-1))).toContain('The server had this call already');
    expect(textOf(waiting.messages.at(-1))).toContain('No call is made');
    const later = await statelessPost(gateway, ask('read_file', 'c'));
    expect(refusalIn(later.messages[0]!)?.code).toBe('halted');
    const listed = await statelessPost(gateway, { method: 'tools/list', client: 'new' });
    expect(listed.messages[0]?.error?.code).toBe(-32011);
    expect(gateway.callsOf()).toEqual(['hold']);
    expect(gateway.records.map(({ judgement: { call }, outcome }) => [call.tool, outcome])).toEqual(
      [
        ['hold', 'lost'],
        ['delete_repo', 'not_forwarded'],
        ['read_file', 'not_forwarded'],
      ],
    );
    gateway.halt.resume();
    expect(textOf((await statelessPost(gateway, ask('read_file', 'd'))).messages[0])).toBe(
      'read_file done',
    );
  });

  it('is told so while the server still starts, and that is recorded', async () => {
    const servers = { s: { fixture: ['hang.mjs'] as const } };
    const gateway = await startGateway({ policy: halting, servers });
    const call = openStateless(gateway, ask('read_file', 'a'));
    const list = openStateless(gateway, { method: 'tools/list' });
    await until(() => gateway.gateway.stateOf('s').kind === 'starting');
    gateway.halt.halt();
    await Promise.all([call.ended, list.ended]);
    expect(refusalIn(call.messages[0]!)?.code).toBe('halted');
    expect(list.messages[0]?.error?.code).toBe(-32011);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['not_forwarded']);
  });
});
