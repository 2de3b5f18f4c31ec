import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Launch } from '../../src/config/launch';
import { type ServerTransport, startEverything } from './support/everything';
import { type Observation, observe } from './support/observation';
import { RawSession, textOf } from './support/rawClient';
import { connectClient, transportTo } from './support/sdkClient';
import { nodeLaunch, publishedServer, startGateway } from './support/testGateway';
import { until } from './support/waiting';

const policy = { default: 'allow' };

function direct(launch: Launch): Transport {
  switch (launch.type) {
    case 'stdio': {
      const { command, args, env, cwd } = launch;
      return new StdioClientTransport({
        command,
        args: [...args],
        env: { ...env },
        cwd,
        stderr: 'ignore',
      });
    }
    case 'sse':
      return new SSEClientTransport(new URL(launch.url));
    case 'http':
      return new StreamableHTTPClientTransport(new URL(launch.url)) as Transport;
  }
}

async function throughGateway(launch: Launch): Promise<Observation> {
  const gateway = await startGateway({ policy, servers: { s: { launch: async () => launch } } });
  return observe(transportTo(gateway));
}

describe('the server "everything" behind the gateway', () => {
  it.each<ServerTransport>(['stdio', 'sse', 'streamableHttp'])(
    'over %s looks to its client exactly as it does without the gateway',
    async (transport) => {
      const server = await startEverything(transport);
      onTestFinished(() => server.stop());
      const seen = await throughGateway(server.launch);
      const expected = await observe(direct(server.launch));
      // How many steps of a cancelled call are heard is a matter of chance, and so is whether the
      // stream was open already when the server announced its tools.
      const steady = (heard: readonly string[]): string[] =>
        [...heard].filter((text) => !/"total":40|tools\/list_changed/.test(text));
      expect(steady(seen.heard)).toEqual(steady(expected.heard));
      expect({ ...seen, heard: [] }).toEqual({ ...expected, heard: [] });
      expect(Object.keys(seen.answers).length).toBe(31);
      expect(seen.asked.map((message) => (message as { method: string }).method)).toEqual([
        'roots/list',
        'sampling/createMessage',
        'elicitation/create',
      ]);
      expect(seen.heard.filter((text) => text.includes('"total":4,'))).toHaveLength(4);
    },
  );

  it('is found over SSE when the configuration says HTTP and the server only speaks SSE', async () => {
    const server = await startEverything('sse');
    onTestFinished(() => server.stop());
    const launch = { ...server.launch, type: 'http' } as Launch;
    const seen = await throughGateway(launch);
    expect(seen.hello).toMatchObject({ serverInfo: { name: 'mcp-servers/everything' } });
    expect(seen.heard.filter((text) => text.includes('"total":4,'))).toHaveLength(4);
  });

  it('can serve two clients over one HTTP server, each in a session of its own', async () => {
    const { launch, stop } = await startEverything('streamableHttp');
    onTestFinished(stop);
    const gateway = await startGateway({ policy, servers: { s: { launch: async () => launch } } });
    const clients = [await connectClient(gateway), await connectClient(gateway)];
    const answers = await Promise.all(
      clients.map((client, index) =>
        client.callTool({ name: 'echo', arguments: { message: String(index) } }),
      ),
    );
    expect(answers.map(({ content }) => content)).toEqual([
      [{ type: 'text', text: 'Echo: 0' }],
      [{ type: 'text', text: 'Echo: 1' }],
    ]);
  });

  it.each<ServerTransport>(['sse', 'streamableHttp'])(
    'that dies in the middle of a call over %s leaves its agent with an error',
    async (transport) => {
      const { launch, stop } = await startEverything(transport);
      onTestFinished(stop);
      const gateway = await startGateway({
        policy,
        servers: { s: { launch: async () => launch } },
      });
      const session = await RawSession.open(gateway);
      const call = session.openCall(1, 'trigger-long-running-operation', { duration: 60 });
      await session.ask('ping');
      stop();
      await call.ended;
      expect(call.messages.at(-1)).toMatchObject({ id: 1, error: { code: -32010 } });
      expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['lost']);
    },
  );
});

describe('what the gateway does not judge', () => {
  it('reaches the server with every field that the client gave it', async () => {
    const servers = { s: { fixture: ['echoBytes.mjs'] as const } };
    const session = await RawSession.open(await startGateway({ policy, servers }));
    const message = {
      jsonrpc: '2.0',
      id: 'ein/e ID "\\',
      method: 'tools/call',
      params: {
        name: 'echo',
        arguments: { deep: [{ a: null, 'b.c': [true, 1.5, -0.1, 'ü\u2029\ud83d\ude00'] }], '': 0 },
        _meta: { progressToken: 0, 'vendor.example/x': { y: [1] } },
        task: { ttl: 5 },
        unknown: 'kept',
      },
      'x-vendor': 1,
    };
    const { messages } = await session.post(message);
    expect(messages[0]?.id).toBe(message.id);
    const arrived = Buffer.from(textOf(messages[0]), 'base64').toString('utf8');
    expect(arrived).toBe(JSON.stringify(message));
  });

  it('is cancelled at the server when the client cancels it, and then not answered', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const call = session.openCall('c', 'hold');
    await until(() => gateway.callsOf().includes('hold'));
    const cancel = { requestId: 'c', reason: 'enough', _meta: { a: 1 } };
    await session.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: cancel });
    await call.ended;
    await session.call('release');
    expect(call.messages).toEqual([]);
    expect(gateway.received().map(({ method, params }) => [method, params])).toContainEqual([
      'notifications/cancelled',
      cancel,
    ]);
    expect(gateway.records[0]?.outcome).toBe('cancelled');
  });
});

describe('the published servers', () => {
  it('"filesystem" reads and writes under the policy', async () => {
    const gateway = await startGateway({
      policy: { default: 'deny', tools: { read_text_file: {}, 'list_*': {} } },
      servers: {
        s: {
          launch: async () => {
            const folder = join(gateway.directory, 'files');
            mkdirSync(folder, { recursive: true });
            writeFileSync(join(folder, 'a.txt'), 'hello');
            return nodeLaunch([publishedServer('filesystem'), folder], folder);
          },
        },
      },
    });
    const client = await connectClient(gateway);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('write_file');
    const path = join(gateway.directory, 'files', 'a.txt');
    const read = await client.callTool({ name: 'read_text_file', arguments: { path } });
    expect(read.content).toEqual([{ type: 'text', text: 'hello' }]);
    const write = { name: 'write_file', arguments: { path, content: 'changed' } };
    expect((await client.callTool(write))._meta).toMatchObject({
      'toolgate/decision': { code: 'denied' },
    });
    expect(
      (await client.callTool({ name: 'read_text_file', arguments: { path } })).content,
    ).toEqual(read.content);
    gateway.writePolicy({ default: 'allow' });
    expect((await client.callTool(write)).isError).toBeFalsy();
  });

  it('"memory" keeps what it is told, until a rule denies it', async () => {
    const gateway = await startGateway({
      policy: { default: 'allow', tools: { 'delete_*': { action: 'deny' } } },
      servers: {
        s: {
          launch: async () =>
            nodeLaunch([publishedServer('memory')], gateway.directory, {
              MEMORY_FILE_PATH: join(gateway.directory, 'memory.jsonl'),
            }),
        },
      },
    });
    const client = await connectClient(gateway);
    const entities = [{ name: 'gate', entityType: 'thing', observations: ['opens'] }];
    await client.callTool({ name: 'create_entities', arguments: { entities } });
    const names = { entityNames: ['gate'] };
    await client.callTool({ name: 'delete_entities', arguments: names });
    const graph = await client.callTool({ name: 'read_graph', arguments: {} });
    expect(graph.structuredContent).toEqual({ entities, relations: [] });
  });
});
