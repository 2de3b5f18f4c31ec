import { describe, expect, it } from 'vitest';
import { type RawMessage, RawSession, textOf } from './support/rawClient';
import { startGateway, type TestGateway } from './support/testGateway';

const mixed = { fixture: ['mixed.mjs'] } as const;

async function start(flows: unknown, more: object = {}): Promise<TestGateway> {
  const policy = { default: 'allow', ...(flows === undefined ? {} : { flows }), ...more };
  return startGateway({ policy, servers: { s: mixed, t: mixed } });
}

/** A session whose tools are known, as those of every client are. */
async function openSession(gateway: TestGateway, server = 's'): Promise<RawSession> {
  const session = await RawSession.open(gateway, server);
  await session.ask('tools/list');
  return session;
}

/** A call that has to be approved, and is not. */
async function askedAndDenied(gateway: TestGateway, call: Promise<RawMessage>): Promise<string> {
  const { asked } = gateway.approver;
  const question = await gateway.approver.question(asked.length);
  const reason = String(question.reason);
  gateway.approvals.answer(question.id, { kind: 'deny' });
  expect(textOf(await call)).toContain('[POLICY DENIED]');
  return reason;
}

describe('once private and untrusted data have been read', () => {
  it('what sends something out waits for the person', async () => {
    const gateway = await start(true);
    const session = await openSession(gateway);
    await session.call('read_file');
    await session.call('web_search');
    expect(await askedAndDenied(gateway, session.call('send_mail'))).toMatch(/private data/i);
    expect(gateway.callsOf()).toEqual(['read_file', 'web_search']);
    expect(gateway.records.at(-1)?.judgement).toMatchObject({ refusal: { rule: '/flows' } });
    expect(textOf(await session.call('get_time'))).toBe('get_time done');
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });

  it.each([
    ['only private data', ['read_file', 'get_time']],
    ['only what others wrote', ['web_search', 'get_time']],
    ['nothing', []],
  ])('while after %s it passes', async (_, before) => {
    const gateway = await start(true);
    const session = await openSession(gateway);
    for (const tool of before) await session.call(tool);
    expect(textOf(await session.call('send_mail'))).toBe('send_mail done');
    expect(gateway.approver.asked).toEqual([]);
  });

  it('by one tool that reads both', async () => {
    const gateway = await start(true);
    const session = await openSession(gateway);
    await session.call('read_issue');
    await askedAndDenied(gateway, session.call('send_mail'));
  });

  it('but not where the read was refused', async () => {
    const gateway = await start(true, { tools: { web_search: { action: 'deny' } } });
    const session = await openSession(gateway);
    await session.call('read_file');
    expect(textOf(await session.call('web_search'))).toContain('[POLICY DENIED]');
    expect(textOf(await session.call('send_mail'))).toBe('send_mail done');
  });

  it.each([undefined, false])('but not with "flows": %s', async (flows) => {
    const gateway = await start(flows);
    const session = await openSession(gateway);
    for (const tool of ['read_file', 'web_search', 'send_mail']) {
      expect(textOf(await session.call(tool))).toBe(`${tool} done`);
    }
  });

  it('what was read before they are turned on counts', async () => {
    const gateway = await start(undefined);
    const session = await openSession(gateway);
    for (const tool of ['read_file', 'web_search', 'send_mail']) await session.call(tool);
    gateway.writePolicy({ default: 'allow', flows: true });
    await askedAndDenied(gateway, session.call('send_mail'));
  });

  it('another session begins anew, unless all of the client count', async () => {
    for (const [flows, isAsked] of [
      [true, false],
      [{ scope: 'grant' }, true],
    ] as const) {
      const gateway = await start(flows);
      await (await openSession(gateway, 's')).call('read_file');
      await (await openSession(gateway, 't')).call('web_search');
      const other = await openSession(gateway, 't');
      if (isAsked) await askedAndDenied(gateway, other.call('send_mail'));
      else expect(textOf(await other.call('send_mail'))).toBe('send_mail done');
    }
  });

  it('only the record tells of it where flows are observed', async () => {
    const gateway = await start({ mode: 'observe' });
    const session = await openSession(gateway);
    for (const tool of ['read_file', 'web_search', 'send_mail']) await session.call(tool);
    expect(gateway.callsOf()).toEqual(['read_file', 'web_search', 'send_mail']);
    expect(gateway.records.at(-1)?.judgement.observed).toEqual([
      { layer: 'workspace', rule: '/flows', verdict: 'require_approval', code: 'require_approval' },
    ]);
  });
});
