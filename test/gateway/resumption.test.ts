import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startForwarder } from '../conformance/forwarder';
import { startConformanceServer } from '../conformance/server';
import { initialize, type OpenResponse, RawSession, textOf } from './support/rawClient';
import { connectClient } from './support/sdkClient';
import { startGateway, type TestGateway } from './support/testGateway';
import { until } from './support/waiting';

const servers = { s: { fixture: ['progress.mjs'] } } as const;
const policy = { default: 'allow' };
const token = { progressToken: 1 };

/** A session whose client says which version it speaks, as one that can resume does. */
async function resumable(gateway: TestGateway): Promise<RawSession> {
  const session = await RawSession.open(gateway);
  session.headers = { 'mcp-protocol-version': '2025-11-25' };
  return session;
}

function eventIds({ text }: OpenResponse): string[] {
  return [...text().matchAll(/^id: (.*)$/gm)].map((match) => match[1]!);
}

/** What can be said of a stream in one line: the progress it told of, and its answer. */
function story({ messages }: OpenResponse): unknown[] {
  return messages.map((message) => message.params?.progress ?? textOf(message));
}

async function cutAfter(call: OpenResponse, messages: number): Promise<string> {
  await until(() => call.messages.length === messages);
  call.cut();
  await call.ended;
  return eventIds(call).at(-1)!;
}

describe('a client whose connection is lost in a long call', () => {
  it('gets its answer once, and the call is made once', async () => {
    const gateway = await startGateway({ policy, servers });
    const way = await startForwarder(gateway.gateway.urlOf('s'), gateway.gateway.token);
    onTestFinished(() => way.close());
    const transport = new StreamableHTTPClientTransport(new URL(way.url), {
      reconnectionOptions: {
        initialReconnectionDelay: 10,
        maxReconnectionDelay: 10,
        reconnectionDelayGrowFactor: 1,
        maxRetries: 5,
      },
    });
    const client = new Client({ name: 'c', version: '1' });
    onTestFinished(() => client.close());
    const answers: unknown[] = [];
    await client.connect(transport as Transport);
    const seen = transport.onmessage!;
    transport.onmessage = (message) => {
      if ('result' in message) answers.push(message.id);
      seen(message);
    };
    const steps: number[] = [];
    const call = client.callTool({ name: 'hold', arguments: {} }, undefined, {
      onprogress: ({ progress }) => void steps.push(progress),
    });
    await until(() => steps.length === 1);
    way.cut();
    const other = await RawSession.open(gateway);
    expect(textOf(await other.call('read_file'))).toBe('read_file done');
    await client.callTool({ name: 'step', arguments: {} });
    await client.callTool({ name: 'release', arguments: {} });
    expect((await call).content).toEqual([{ type: 'text', text: 'held, 2 steps' }]);
    expect(steps).toEqual([1, 2]);
    expect(new Set(answers).size).toBe(answers.length);
    expect(gateway.callsOf().filter((name) => name === 'hold')).toHaveLength(1);
  });

  it('is told what it missed after the last event it got, and nothing else', async () => {
    const gateway = await startGateway({ policy, servers });
    const session = await resumable(gateway);
    const call = session.openCall('c', 'hold', {}, token);
    const last = await cutAfter(call, 1);
    await session.call('step');
    const again = session.openStream(last);
    await until(() => again.messages.length === 1);
    await session.call('step');
    await session.call('release');
    await again.ended;
    expect(story(call)).toEqual([1]);
    expect(story(again)).toEqual([2, 3, 'held, 3 steps']);
    const whole = session.openStream(eventIds(call)[0]);
    await whole.ended;
    expect(story(whole)).toEqual([1, 2, 3, 'held, 3 steps']);
    const none = session.openStream(eventIds(again).at(-1));
    await none.ended;
    expect(none.messages).toEqual([]);
  });

  it('has its stream on the newest connection, where an older one still seems open', async () => {
    const gateway = await startGateway({ policy, servers });
    const session = await resumable(gateway);
    const call = session.openCall('c', 'hold', {}, token);
    await until(() => call.messages.length === 1);
    const again = session.openStream(eventIds(call).at(-1));
    await call.ended;
    await session.call('release');
    await again.ended;
    expect([story(call), story(again)]).toEqual([[1], ['held, 1 steps']]);
  });

  it('cannot go on after an event that was never sent, or with the stream of another session', async () => {
    const gateway = await startGateway({ policy, servers });
    const session = await resumable(gateway);
    const call = session.openCall('c', 'hold', {}, token);
    const last = await cutAfter(call, 1);
    const stranger = await resumable(gateway);
    for (const [who, event] of [
      [session, '99-1'],
      [session, 'x'],
      [session, ''],
      [stranger, last],
    ] as const) {
      const response = who.openStream(event);
      await response.ended;
      expect(response.text()).toContain('There is no such event to resume after.');
    }
    await session.call('release');
  });

  it('does not hear of another call of its session that was under way', async () => {
    const gateway = await startGateway({ policy });
    const session = await resumable(gateway);
    const stream = session.openStream();
    await until(() => eventIds(stream).length === 1);
    const call = session.openCall('c', 'hold');
    await until(() => gateway.callsOf().includes('hold'));
    stream.cut();
    await stream.ended;
    await session.call('release');
    await call.ended;
    const again = session.openStream(eventIds(stream).at(-1));
    gateway.writePolicy({ default: 'allow', hide: ['x'] });
    gateway.policies.current();
    await until(() => again.messages.length === 1);
    expect(again.messages[0]?.method).toBe('notifications/tools/list_changed');
    expect(textOf(call.messages.at(-1))).toBe('held');
  });
});

describe('a client that cannot resume', () => {
  const older = initialize.replace('2025-11-25', '2025-06-18');

  it.each([
    ['says nothing of its version', initialize, undefined],
    ['speaks an older one', older, '2025-06-18'],
  ])('is not sent ids, as it %s', async (_why, hello, version) => {
    const gateway = await startGateway({ policy, servers });
    const session = await RawSession.open(gateway, 's', hello);
    session.headers = { 'mcp-protocol-version': version };
    const call = session.openCall('c', 'hold', {}, token);
    await until(() => call.messages.length === 1);
    await session.call('release');
    await call.ended;
    expect(story(call)).toEqual([1, 'held, 1 steps']);
    expect(eventIds(call)).toEqual([]);
    expect(call.text()).toMatch(/^event: message\n/);
  });

  it('gets plain JSON where there is only the answer, and so does one that can', async () => {
    const gateway = await startGateway({ policy });
    const session = await resumable(gateway);
    const params = { name: 'read_file', arguments: {} };
    const { headers } = await session.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect(headers['content-type']).toBe('application/json');
  });
});

describe('a call that waits for a person while its client has lost the connection', () => {
  const ask = { default: 'require_approval' };

  it('goes on waiting, and its answer reaches the client that comes back', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await resumable(gateway);
    const call = session.openCall('c', 'read_file');
    await gateway.approver.question();
    await until(() => eventIds(call).length === 1);
    call.cut();
    await call.ended;
    expect(await gateway.approver.answer({ kind: 'allow_once' })).toBe(true);
    await until(() => gateway.records.length === 1);
    const again = session.openStream(eventIds(call)[0]);
    await again.ended;
    expect(story(again)).toEqual(['read_file done']);
  });

  it('is withdrawn when the client has not come back in half a minute', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await resumable(gateway);
    const call = session.openCall('c', 'read_file');
    const { id } = await gateway.approver.question();
    await until(() => eventIds(call).length === 1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    call.cut();
    while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(29_000);
    expect(gateway.approver.withdrawn).toEqual([]);
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    await until(() => gateway.approver.withdrawn.includes(id));
    expect(gateway.callsOf()).toEqual([]);
  });
});

describe('a server that lets its client go until the answer is there', () => {
  async function behind(): Promise<TestGateway> {
    const { url, close } = await startConformanceServer();
    onTestFinished(close);
    const launch = async () => ({ type: 'http', url, headers: {} }) as const;
    return startGateway({ policy, servers: { s: { launch } } });
  }
  const answer = 'Reconnection test completed successfully';

  it('is asked again by the gateway, which lets its own client go as long', async () => {
    const session = await resumable(await behind());
    const call = session.openCall('c', 'test_reconnection');
    await call.ended;
    expect(call.text()).toMatch(/^id: (.*)\ndata: \n\nretry: 100\n\n$/);
    const again = session.openStream(eventIds(call)[0]);
    await again.ended;
    expect(story(again)).toEqual([answer]);
  });

  it('gives a client of the SDK its answer', async () => {
    const client = await connectClient(await behind());
    const result = await client.callTool({ name: 'test_reconnection', arguments: {} });
    expect(result.content).toEqual([{ type: 'text', text: answer }]);
  });

  it('does not send away a client that would not come back', async () => {
    const session = await RawSession.open(await behind());
    expect(textOf(await session.call('test_reconnection'))).toBe(answer);
  });
});
