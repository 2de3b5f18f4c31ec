import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import { RawSession, textOf } from '../support/rawClient';
import { connectClient } from '../support/sdkClient';
import { startGateway } from '../support/testGateway';
import { until } from '../support/waiting';

// One client must not see what belongs to another (CVE-2026-25536: a shared transport gave answers
// to whoever had used the same id; CVE-2026-52869: a session that was bound to nobody).

const policy = { default: 'allow' };
const servers = { s: { fixture: ['echoBytes.mjs'] as const } };

describe('two clients of one server', () => {
  it('with equal ids in flight get their own answers only', async () => {
    const gateway = await startGateway({ policy, servers });
    const sessions = [await RawSession.open(gateway), await RawSession.open(gateway)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, id) =>
        sessions.map(async (session, owner) => {
          const params = { name: 'echo', arguments: { owner, id } };
          const { messages } = await session.post({
            jsonrpc: '2.0',
            id,
            method: 'tools/call',
            params,
          });
          expect(messages).toHaveLength(1);
          return { owner, id, got: messages[0] };
        }),
      ).flat(),
    );
    expect(answers).toHaveLength(100);
    for (const { owner, id, got } of answers) {
      expect(got?.id).toBe(id);
      const sent = JSON.parse(Buffer.from(textOf(got), 'base64').toString('utf8'));
      expect(sent.params.arguments).toEqual({ owner, id });
    }
  });

  it('hear the notifications of their own server process only', async () => {
    const listChanged = { s: { fixture: ['listChanged.mjs'] as const } };
    const gateway = await startGateway({ policy, servers: listChanged });
    const [one, other] = [await RawSession.open(gateway), await RawSession.open(gateway)];
    const [heardByOne, heardByOther] = [one.openStream(), other.openStream()];
    const { messages } = await one.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'read_file', arguments: {} },
    });
    const heard = [...messages, ...heardByOne.messages].map(({ method }) => method);
    expect(heard).toContain('notifications/tools/list_changed');
    await other.ask('ping');
    expect(heardByOther.messages).toEqual([]);
  });

  it('cannot use or end the session of one another through another server', async () => {
    const gateway = await startGateway({ policy, servers: { s: {}, t: {} } });
    const session = await RawSession.open(gateway);
    const { status } = await session.post({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(status).toBe(200);
    const other = await RawSession.open(gateway, 't');
    const foreign = await other.post(
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { 'mcp-session-id': session.sessionId },
    );
    expect(foreign.status).toBe(404);
  });

  it('do not cancel each other’s calls', async () => {
    const gateway = await startGateway({ policy });
    const [one, other] = [await RawSession.open(gateway), await RawSession.open(gateway)];
    const call = one.openCall('a', 'hold');
    await until(() => gateway.callsOf().includes('hold'));
    const cancel = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'a' },
    };
    await other.send(cancel);
    await one.call('release');
    await call.ended;
    expect(textOf(call.messages.at(-1))).toBe('held');
  });
});

describe('200 clients at once, all with the same ids', () => {
  it('get their own answers and progress, and nothing of the others', async () => {
    const url = await echoServer();
    const launch = async (): Promise<Launch> => ({ type: 'http', url, headers: {} });
    const gateway = await startGateway({ policy, servers: { s: { launch } } });
    const sessions = await Promise.all(Array.from({ length: 200 }, () => RawSession.open(gateway)));
    const ids = [1, 'x'];
    const answers = sessions.flatMap((session, owner) =>
      ids.map(async (id) => {
        const params = { name: 'echo', arguments: { owner }, _meta: { progressToken: 1 } };
        const { messages } = await session.post({
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params,
        });
        return { owner, id, messages };
      }),
    );
    for (const { owner, id, messages } of await Promise.all(answers)) {
      expect(messages).toMatchObject([
        { method: 'notifications/progress', params: { progressToken: 1, message: `${owner}` } },
        { id, result: { content: [{ text: `${owner}` }] } },
      ]);
    }
    expect(gateway.records).toHaveLength(400);
    expect(new Set(gateway.records.map(({ caller }) => caller.session)).size).toBe(200);
  }, 300_000);
});

/** An HTTP server that reports progress and then echoes, each after the others had their turn. */
async function echoServer(): Promise<string> {
  let sessions = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      ...(method === 'initialize' ? { 'mcp-session-id': `session-${sessions++}` } : {}),
    });
    const say = (message: object): void => {
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
    };
    if (method === 'initialize') {
      const serverInfo = { name: 'echo', version: '1' };
      const { protocolVersion } = params;
      say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } });
    } else {
      const text = String(params.arguments.owner);
      const progress = { progressToken: params._meta.progressToken, progress: 1, message: text };
      say({ method: 'notifications/progress', params: progress });
      await nextTurn();
      say({ id, result: { content: [{ type: 'text', text }] } });
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

describe('50 calls of five SDK clients at once', () => {
  it('are each answered with what they sent', async () => {
    const gateway = await startGateway({ policy, servers });
    const clients = await Promise.all(Array.from({ length: 5 }, () => connectClient(gateway)));
    const calls = clients.flatMap((client, owner) =>
      Array.from({ length: 10 }, async (_, call) => {
        const result = await client.callTool({ name: 'echo', arguments: { owner, call } });
        const [{ text }] = result.content as [{ text: string }];
        const sent = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
        expect(sent.params.arguments).toEqual({ owner, call });
      }),
    );
    await Promise.all(calls);
  });
});
