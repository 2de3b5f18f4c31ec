import { afterEach, describe, expect, it, vi } from 'vitest';
import { firstMessage, RawSession, refusalIn, textOf } from './support/rawClient';
import { connectClient } from './support/sdkClient';
import { startGateway } from './support/testGateway';
import { until } from './support/waiting';

const ask = {
  default: 'allow',
  tools: {
    delete_repo: { action: 'require_approval', reason: 'Deleting is for people.' },
    write_file: { action: 'require_approval' },
  },
};

describe('a call that needs approval', () => {
  it('waits, with all that the person needs to judge it, and then goes on', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo', { repo: 'x', force: true });
    const question = await gateway.approver.question();
    expect(question).toMatchObject({
      serverId: 's',
      server: 's',
      tool: 'delete_repo',
      arguments: { repo: 'x', force: true },
      risk: 'Destructive, critical',
      reason: 'Deleting is for people.',
      rule: '/tools/delete_repo',
      layer: 'workspace',
      client: 'raw-client',
      session: session.sessionId,
    });
    expect(question.expiresAt - question.askedAt).toBe(30_000);
    expect(gateway.callsOf()).toEqual([]);
    expect(await gateway.approver.answer({ kind: 'allow_once' })).toBe(true);
    expect(textOf(await answer)).toBe('delete_repo done');
    expect(gateway.records.map(({ judgement }) => judgement)).toMatchObject([
      { forward: true, code: 'approved' },
    ]);
  });

  it('is asked about again the next time when it was allowed once', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const first = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'allow_once' });
    await first;
    const second = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await second)?.code).toBe('approval_denied');
    expect(gateway.callsOf()).toEqual(['delete_repo']);
  });

  it('is not made when the person denies it, and the agent is told', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'deny' });
    expect(refusalIn(await answer)).toMatchObject({
      code: 'approval_denied',
      rule: '/tools/delete_repo',
      layer: 'workspace',
    });
    expect(textOf(await answer)).toBe(
      '[POLICY DENIED] Deleting is for people. The person was asked and did not allow this call.',
    );
    expect(gateway.callsOf()).toEqual([]);
  });

  it('is not made when no answer comes in time, and a late answer changes nothing', async () => {
    const gateway = await startGateway({ policy: ask, approvalTimeoutSeconds: 0.05 });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('approval_timeout');
    const { id } = await gateway.approver.question();
    expect(gateway.approver.withdrawn).toEqual([id]);
    expect(await gateway.approver.answer({ kind: 'allow_tool' })).toBe(false);
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('approval_timeout');
    expect(gateway.callsOf()).toEqual([]);
  });

  it('is refused at once when there is no one to ask', async () => {
    const gateway = await startGateway({ policy: ask, approver: false });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('approval_unavailable');
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('is refused when the last one who could be asked goes away', async () => {
    const gateway = await startGateway({ policy: ask, approver: false });
    const connection = gateway.approvals.connect(gateway.approver);
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo');
    await gateway.approver.question();
    connection.dispose();
    expect(refusalIn(await answer)?.code).toBe('approval_unavailable');
    expect(gateway.callsOf()).toEqual([]);
  });

  it('answers only once, however often and at once it is allowed', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo');
    const { id } = await gateway.approver.question();
    const counted = Array.from({ length: 50 }, () =>
      gateway.approvals.answer(id, { kind: 'allow_once' }),
    );
    expect(counted.filter(Boolean)).toHaveLength(1);
    expect(textOf(await answer)).toBe('delete_repo done');
    expect(gateway.callsOf()).toEqual(['delete_repo']);
  });

  it('cannot be allowed before it is asked about', async () => {
    const gateway = await startGateway({ policy: ask });
    for (const id of ['', '1', 'delete_repo']) {
      expect(gateway.approvals.answer(id, { kind: 'allow_tool' })).toBe(false);
    }
    const session = await RawSession.open(gateway);
    void session.openCall(1, 'delete_repo');
    await gateway.approver.question();
    expect(gateway.callsOf()).toEqual([]);
  });

  it('is not asked about when its limit is used up; a refusal gives the reservation back', async () => {
    const policy = {
      default: 'allow',
      tools: { write_file: { action: 'require_approval', rate_limit: '1/minute' } },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const denied = session.call('write_file');
    await gateway.approver.answer({ kind: 'deny' });
    await denied;
    const waiting = session.call('write_file');
    await gateway.approver.question(1);
    expect(refusalIn(await session.call('write_file'))?.code).toBe('rate_limited');
    await gateway.approver.answer({ kind: 'allow_once' }, 1);
    expect(textOf(await waiting)).toBe('write_file done');
    expect(refusalIn(await session.call('write_file'))?.code).toBe('rate_limited');
    expect(gateway.approver.asked).toHaveLength(2);
  });
});

describe('an approval for the session', () => {
  it('holds for the same tool in the same session, and for nothing else', async () => {
    const gateway = await startGateway({
      policy: ask,
      servers: { s: {}, t: {} },
    });
    const session = await RawSession.open(gateway);
    const first = session.call('delete_repo', { repo: 'a' });
    await gateway.approver.answer({ kind: 'allow_tool' });
    await first;
    expect(textOf(await session.call('delete_repo', { repo: 'b' }))).toBe('delete_repo done');
    expect(gateway.approver.asked).toHaveLength(1);
    expect(gateway.records.at(-1)?.judgement).toMatchObject({ code: 'approved_by_grant' });

    const others = [
      session.call('write_file'),
      (await RawSession.open(gateway)).call('delete_repo'),
      (await RawSession.open(gateway, 't')).call('delete_repo'),
    ];
    await gateway.approver.question(3);
    for (const index of [1, 2, 3]) await gateway.approver.answer({ kind: 'deny' }, index);
    for (const answer of others) expect(refusalIn(await answer)?.code).toBe('approval_denied');
  });

  it('answers the parallel calls of the same tool that already wait', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answers = [1, 2, 3].map((repo) => session.call('delete_repo', { repo }));
    const other = session.call('write_file');
    await gateway.approver.question(3);
    const index = gateway.approver.asked.findIndex(({ tool }) => tool === 'delete_repo');
    await gateway.approver.answer({ kind: 'allow_tool' }, index);
    for (const answer of answers) expect(textOf(await answer)).toBe('delete_repo done');
    expect(gateway.approvals.pending.map(({ tool }) => tool)).toEqual(['write_file']);
    const last = gateway.approver.asked.findIndex(({ tool }) => tool === 'write_file');
    await gateway.approver.answer({ kind: 'deny' }, last);
    expect(refusalIn(await other)?.code).toBe('approval_denied');
  });

  it.each([
    [
      'another rule decides',
      { default: 'allow', tools: { 'delete_*': { action: 'require_approval' } } },
    ],
    [
      'the rule has another reason',
      { default: 'allow', tools: { delete_repo: { action: 'require_approval', reason: 'New.' } } },
    ],
  ])('ends when %s', async (_, changed) => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const first = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'allow_tool' });
    await first;
    gateway.writePolicy(changed);
    const second = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await second)?.code).toBe('approval_denied');
  });

  it('does not outlive a denial by the policy in between', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const first = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'allow_tool' });
    await first;
    gateway.writePolicy({ default: 'deny' });
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('denied');
    expect(gateway.callsOf()).toEqual(['delete_repo']);
  });
});

describe('a call that is given up while it waits', () => {
  it('never reaches the server when the client cancels it, and gets no answer', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const call = session.openCall(7, 'delete_repo');
    const { id } = await gateway.approver.question();
    await session.send({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 7, reason: 'no longer needed' },
    });
    await call.ended;
    expect(call.messages).toEqual([]);
    expect(gateway.approver.withdrawn).toEqual([id]);
    expect(gateway.approvals.answer(id, { kind: 'allow_once' })).toBe(false);
    await session.call('read_file');
    expect(gateway.received().map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
    expect(gateway.callsOf()).toEqual(['read_file']);
    const [{ judgement }] = gateway.records as [(typeof gateway.records)[number]];
    expect(judgement).toMatchObject({ refusal: { code: 'approval_cancelled' } });
  });

  it('never reaches the server when the client goes away', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const call = session.openCall(7, 'delete_repo');
    const { id } = await gateway.approver.question();
    call.cut();
    await until(() => gateway.approver.withdrawn.includes(id));
    expect(gateway.approvals.answer(id, { kind: 'allow_once' })).toBe(false);
    await session.call('read_file');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('never reaches the server when the session is ended or its server stopped', async () => {
    const gateway = await startGateway({ policy: ask });
    const ended = await RawSession.open(gateway);
    const stopped = await RawSession.open(gateway);
    const calls = [
      ended.openCall(1, 'delete_repo', { repo: 'a' }),
      stopped.openCall(1, 'delete_repo', { repo: 'b' }),
    ];
    await gateway.approver.question(1);
    await ended.end();
    gateway.gateway.stopServer('s');
    for (const call of calls) {
      await call.ended;
      expect(call.messages).toMatchObject([{ id: 1, error: { code: -32010 } }]);
    }
    expect(gateway.approvals.pending).toEqual([]);
    expect(gateway.callsOf()).toEqual([]);
    await until(() => gateway.records.length === 2);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual([
      'not_forwarded',
      'not_forwarded',
    ]);
  });

  it('is judged again when the policy was tightened meanwhile', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo');
    await gateway.approver.question();
    gateway.writePolicy({ default: 'deny' });
    await gateway.approver.answer({ kind: 'allow_tool' });
    expect(refusalIn(await answer)).toMatchObject({ code: 'denied', rule: '/default' });
    expect(gateway.callsOf()).toEqual([]);
  });

  it('is counted by a limit that was added meanwhile', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answers = ['a', 'b'].map((path) => session.call('write_file', { path }));
    await gateway.approver.question(1);
    const limited = { action: 'require_approval', rate_limit: '1/hour' };
    gateway.writePolicy({ default: 'deny', tools: { write_file: limited } });
    await gateway.approver.answer({ kind: 'allow_once' }, 0);
    await gateway.approver.answer({ kind: 'allow_once' }, 1);
    await gateway.approver.answer({ kind: 'allow_once' }, 2);
    const codes = (await Promise.all(answers)).map((answer) => refusalIn(answer)?.code);
    expect(codes).toEqual([undefined, 'rate_limited']);
    expect(gateway.callsOf()).toEqual(['write_file']);
  });

  it('is asked about again when another rule asks by now', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const answer = session.call('delete_repo');
    await gateway.approver.question();
    gateway.writePolicy({ default: 'require_approval' });
    await gateway.approver.answer({ kind: 'allow_once' });
    expect((await gateway.approver.question(1)).rule).toBe('/default');
    await gateway.approver.answer({ kind: 'allow_once' }, 1);
    expect(textOf(await answer)).toBe('delete_repo done');
    expect(gateway.callsOf()).toEqual(['delete_repo']);
  });
});

describe('a flood of calls that need approval', () => {
  it('opens 20 questions; the next call is refused at once, and others are not held up', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const waiting = Array.from({ length: 20 }, (_, id) =>
      session.openCall(id + 100, 'write_file', { id }),
    );
    await gateway.approver.question(19);
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('approval_unavailable');
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    await gateway.approver.answer({ kind: 'deny' });
    const next = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'allow_once' }, 20);
    expect(textOf(await next)).toBe('delete_repo done');
    gateway.approvals.dispose();
    for (const call of waiting) await call.ended;
    expect(gateway.callsOf()).toEqual(['read_file', 'delete_repo']);
  });
});

describe('progress while a call waits', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes every 10 s under the token of the client, rising, and ends with the answer', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const call = session.openCall(7, 'delete_repo', {}, { progressToken: 'mine' });
    await gateway.approver.question();
    vi.advanceTimersByTime(9_999);
    vi.advanceTimersByTime(1);
    await until(() => call.messages.length === 1);
    vi.advanceTimersByTime(20_000);
    await until(() => call.messages.length === 3);
    const progress = call.messages.map(({ params }) => params);
    expect(progress.map((params) => params?.progressToken)).toEqual(['mine', 'mine', 'mine']);
    const steps = progress.map((params) => Number(params?.progress));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBe(3);
    await gateway.approver.answer({ kind: 'allow_once' });
    await firstMessage(call, ({ id }) => id === 7);
    vi.advanceTimersByTime(60_000);
    await call.ended;
    expect(call.messages).toHaveLength(4);
  });

  it.each([[undefined], [{}], [{ progressToken: null }], [{ progressToken: { a: 1 } }]])(
    'is not sent when the client gave no token: %j',
    async (meta) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const gateway = await startGateway({ policy: ask });
      const session = await RawSession.open(gateway);
      const call = session.openCall(7, 'delete_repo', {}, meta);
      await gateway.approver.question();
      vi.advanceTimersByTime(60_000);
      await gateway.approver.answer({ kind: 'deny' });
      await call.ended;
      expect(call.messages.map(({ id }) => id)).toEqual([7]);
    },
  );

  it('keeps a client of the SDK waiting beyond its own time-out', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gateway = await startGateway({ policy: ask });
    const client = await connectClient(gateway);
    const heard: unknown[] = [];
    const call = client.callTool({ name: 'delete_repo', arguments: {} }, undefined, {
      timeout: 5000,
      resetTimeoutOnProgress: true,
      onprogress: ({ message }) => void heard.push(message),
    });
    await gateway.approver.question();
    vi.advanceTimersByTime(10_000);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['Waiting for approval.']);
    await gateway.approver.answer({ kind: 'allow_once' });
    expect((await call).content).toEqual([{ type: 'text', text: 'delete_repo done' }]);
  });
});
