import {
  ClientNotificationSchema,
  ClientRequestSchema,
  ServerNotificationSchema,
  ServerRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  clientNotifications,
  clientRequests,
  serverNotifications,
  serverRequests,
} from '../../../src/gateway/methods';
import { RawSession, textOf } from '../support/rawClient';
import { startGateway, type TestGateway } from '../support/testGateway';
import { until } from '../support/waiting';

// Another way to the same server than `tools/call` (CVE-2026-14537: a legacy endpoint past the
// scopes): each method has a verdict of its own, and what has none goes nowhere.

const policy = { default: 'allow' };
const policyWith = (block: object) => ({ default: 'allow', servers: { s: block } });

/** The methods that the server has been sent since its session began. */
function reached(gateway: TestGateway): unknown[] {
  return gateway.received().slice(2);
}

describe('a method', () => {
  it.each([
    'shell/exec',
    'tools/Call',
    'tools/call ',
    'TOOLS/CALL',
    'tools//call',
    'notifications/initialized',
    'sampling/createMessage',
    'roots/list',
    'elicitation/create',
    '__proto__',
    'toString',
    '',
  ])('%j is not known as a request of a client: it is refused and goes nowhere', async (method) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const answer = await session.ask(method, { name: 'read_file', arguments: {} });
    expect(answer.error?.code).toBe(-32601);
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it.each([
    'tools/call',
    'initialize',
    'ping',
    'notifications/tools/list_changed',
    'notifications/vendor',
    'notifications/Initialized',
  ])('%s without an id is dropped without an answer', async (method) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const params = { name: 'delete_repo', arguments: {} };
    const { status, text } = await session.post({ jsonrpc: '2.0', method, params });
    expect([status, text]).toEqual([202, '']);
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it.each(['notifications/progress', 'notifications/roots/list_changed'])(
    '%s of a client goes on',
    async (method) => {
      const gateway = await startGateway({ policy });
      const session = await RawSession.open(gateway);
      await session.send({ jsonrpc: '2.0', method, params: { a: 1 } });
      await session.ask('ping');
      expect(reached(gateway)).toMatchObject([{ method, params: { a: 1 } }, { method: 'ping' }]);
    },
  );

  it('answers nothing that the server has not asked', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    await session.send({ jsonrpc: '2.0', id: 1, result: { roots: [] } });
    await session.send({ jsonrpc: '2.0', id: 'x', error: { code: 1, message: 'no' } });
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it('is refused under an id that is still open', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    session.openCall('same', 'hold');
    await expect.poll(() => gateway.callsOf()).toEqual(['hold']);
    const { messages } = await session.post({ jsonrpc: '2.0', id: 'same', method: 'ping' });
    expect(messages).toMatchObject([{ id: 'same', error: { code: -32600 } }]);
    await session.call('release');
  });
});

describe('what an agent asks besides tools', () => {
  const blocks = [
    ['resources', 'resources/read', { uri: 'file:///x' }],
    ['resources', 'resources/list', {}],
    ['resources', 'resources/subscribe', { uri: 'file:///x' }],
    ['resources', 'completion/complete', { ref: { type: 'ref/resource', uri: 'x' } }],
    ['prompts', 'prompts/get', { name: 'p' }],
    ['prompts', 'prompts/list', {}],
    ['prompts', 'completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }],
  ] as const;

  it.each(blocks)('denied as %s: %s never reaches the server', async (kind, method, params) => {
    const gateway = await startGateway({ policy: policyWith({ [kind]: 'deny' }) });
    const session = await RawSession.open(gateway);
    const { error } = await session.ask(method, params);
    expect(error).toMatchObject({
      code: -32011,
      message: `[POLICY DENIED] Refused by the rule for ${kind} of server "s".`,
      data: { 'toolgate/decision': { code: 'denied', rule: `/servers/s/${kind}` } },
    });
    expect(gateway.received().map((message) => message.method)).not.toContain(method);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });

  it('goes on when the person allows it', async () => {
    const servers = { s: { fixture: ['unknownMethods.mjs'] } } as const;
    const gateway = await startGateway({
      servers,
      policy: policyWith({ resources: 'require_approval' }),
    });
    const session = await RawSession.open(gateway);
    void session.ask('resources/read', { uri: 'file:///x' }).catch(() => {});
    await gateway.approver.answer({ kind: 'allow_once' });
    await until(() => gateway.received().some(({ method }) => method === 'resources/read'));
  });
});

describe('every method of the protocol', () => {
  const methodsOf = (schema: { readonly options: readonly object[] }): string[] =>
    schema.options
      .map((option) => (option as { shape: { method: { value: string } } }).shape.method.value)
      .sort();

  it.each([
    ['requests of a client', ClientRequestSchema, clientRequests],
    ['notifications of a client', ClientNotificationSchema, clientNotifications],
    ['requests of a server', ServerRequestSchema, serverRequests],
    ['notifications of a server', ServerNotificationSchema, serverNotifications],
  ])('has a verdict: %s', (_, schema, known) => {
    expect([...known].sort()).toEqual(methodsOf(schema));
  });

  // What each request of a client is judged as. `free`: it asks the server for nothing that a policy
  // speaks of, or only for what came of a call that was judged.
  const verdicts: Record<string, 'judged' | 'resources' | 'prompts' | 'free'> = {
    ping: 'free',
    'completion/complete': 'resources',
    'logging/setLevel': 'free',
    'prompts/get': 'prompts',
    'prompts/list': 'prompts',
    'resources/list': 'resources',
    'resources/templates/list': 'resources',
    'resources/read': 'resources',
    'resources/subscribe': 'resources',
    'resources/unsubscribe': 'resources',
    'tools/call': 'judged',
    'tools/list': 'free',
    'tasks/get': 'free',
    'tasks/result': 'free',
    'tasks/list': 'free',
    'tasks/cancel': 'free',
  };
  const ask = async (session: RawSession, method: string): Promise<void> => {
    const params = { name: 'read_file', uri: 'x', taskId: 't', arguments: {} };
    session.openPost({ jsonrpc: '2.0', id: method, method, params });
  };

  it('reaches a server under a policy that denies all, only if no policy speaks of it', async () => {
    expect(Object.keys(verdicts).sort()).toEqual(
      [...clientRequests].filter((method) => method !== 'initialize').sort(),
    );
    const blocks = { resources: 'deny', prompts: 'deny' };
    const gateway = await startGateway({ policy: { default: 'deny', servers: { s: blocks } } });
    const session = await RawSession.open(gateway);
    for (const method of Object.keys(verdicts)) await ask(session, method);
    const free = Object.keys(verdicts).filter((method) => verdicts[method] === 'free');
    await until(() => reached(gateway).length >= free.length);
    await session.ask('ping');
    const methods = (reached(gateway) as { method: string }[]).map(({ method }) => method);
    expect(methods.sort()).toEqual([...free, 'ping'].sort());
  });

  it('reaches a server under a policy that allows all', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    for (const method of Object.keys(verdicts)) await ask(session, method);
    await until(() => reached(gateway).length === Object.keys(verdicts).length);
  });
});
