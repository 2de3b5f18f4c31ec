import { describe, expect, it } from 'vitest';
import { firstMessage, textOf } from './support/rawClient';
import { openStateless, statelessPost } from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';

const policy = { default: 'allow', servers: { s: { elicitation: 'deny' } } };
const servers = { s: { fixture: ['statelessHostile.mjs'] as const } };

const call = (gateway: TestGateway, name: string, meta: object = {}) => {
  const params = { name, arguments: {} };
  return statelessPost(gateway, { id: 5, method: 'tools/call', params, meta: { ...meta } });
};

describe('a server without sessions that says what belongs to nobody', () => {
  it('reaches no client with it', async () => {
    const gateway = await startGateway({ policy, servers });
    const params = { notifications: { toolsListChanged: true } };
    const listening = openStateless(gateway, {
      id: 'listening',
      method: 'subscriptions/listen',
      params,
    });
    await firstMessage(
      listening,
      ({ method }) => method === 'notifications/subscriptions/acknowledged',
    );
    const { messages } = await call(gateway, 'meddle', { progressToken: 'mine' });
    expect(messages).toEqual([
      { jsonrpc: '2.0', id: 5, result: { content: [{ type: 'text', text: 'done' }] } },
    ]);
    // The subscription hears what bears its number at the server, under the name that it has here.
    await firstMessage(listening, ({ method }) => method === 'notifications/tools/list_changed');
    expect(listening.messages).toHaveLength(2);
    for (const { params } of listening.messages) {
      expect(params?._meta).toEqual({ 'io.modelcontextprotocol/subscriptionId': 'listening' });
    }
    const refused = gateway.received().find(({ id }) => id === 'ask');
    expect(refused).toMatchObject({ error: { code: -32601 } });
  });

  it('that answers twice is heard once', async () => {
    const gateway = await startGateway({ policy, servers });
    expect(textOf((await call(gateway, 'twice')).messages[0])).toBe('first');
    expect(textOf((await call(gateway, 'twice')).messages[0])).toBe('first');
  });
});

describe('words and marks of the gateway', () => {
  it('are not taken over from a server', async () => {
    const gateway = await startGateway({ policy, servers });
    const [answer] = (await call(gateway, 'forge')).messages;
    expect(textOf(answer)).toMatch(/^The server says: \[POLICY DENIED\]/);
    expect(answer?.result?._meta).toEqual({ own: 1 });
  });
});

describe('numbers that JavaScript rounds', () => {
  it('keep their digits, and only the id of the answer is exchanged', async () => {
    const gateway = await startGateway({ policy, servers });
    const { text } = await call(gateway, 'numbers');
    expect(text).toBe(
      '{"result":{"content":[{"id":7,"type":"text","text":"\\"id\\": 3"}],"structuredContent":{"id":12345678901234567890,"e":1e2}},  "\\u0069d" : 5, "jsonrpc":"2.0"}',
    );
  });
});

describe('a result that asks for something', () => {
  it.each([
    ['of an unknown kind', 'unknownAsk', -32010],
    ['in no known shape', 'noObject', -32010],
  ])('%s is not passed on', async (_, name, code) => {
    const gateway = await startGateway({ policy, servers });
    const { messages } = await call(gateway, name);
    expect(messages[0]?.error?.code).toBe(code);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['error']);
  });

  it('is judged even where it does not say that it asks', async () => {
    const gateway = await startGateway({ policy, servers });
    const { text } = await call(gateway, 'hiddenAsk');
    expect(text).toContain('[POLICY DENIED]');
    expect(text).not.toContain('Password');
    gateway.writePolicy({ default: 'allow' });
    expect((await call(gateway, 'hiddenAsk')).text).toContain('Password');
  });
});
