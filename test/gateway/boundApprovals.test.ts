import { describe, expect, it } from 'vitest';
import { RawSession, refusalIn, textOf } from './support/rawClient';
import { startGateway } from './support/testGateway';
import { until } from './support/waiting';

// An approval is for exactly the call that was shown, and is used once: approving one call must not
// let another through (approve-then-change, replay).

const ask = {
  default: 'allow',
  tools: {
    write_file: { action: 'require_approval' },
    delete_repo: { action: 'require_approval' },
  },
};
const once = { kind: 'allow_once' } as const;

describe('equal calls that wait', () => {
  it('share one question, whose answer is for one of them', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const calls = Array.from({ length: 50 }, () => session.call('write_file', { path: 'a' }));
    await until(() => gateway.approvals.pending[0]?.calls === 50);
    expect(gateway.approver.asked).toHaveLength(1);
    await gateway.approver.answer(once);
    expect(await gateway.approver.answer(once)).toBe(false);
    await until(() => gateway.callsOf().length > 0);
    // The others are asked about again.
    expect(await gateway.approver.question(1)).toMatchObject({ tool: 'write_file' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => textOf(answer) === 'write_file done')).toHaveLength(1);
    expect(answers.filter((answer) => refusalIn(answer)?.code === 'approval_denied')).toHaveLength(
      49,
    );
    expect(gateway.callsOf()).toEqual(['write_file']);
  });

  it('are equal whatever the order of their keys, and not with other values', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const calls = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 3 },
    ].map((args) => session.call('write_file', args));
    await until(() => gateway.approvals.pending.length === 2);
    expect(gateway.approvals.pending.map((pending) => pending.calls)).toEqual([2, 1]);
    for (const { id } of gateway.approvals.pending) gateway.approvals.answer(id, { kind: 'deny' });
    await Promise.all(calls);
  });
});

describe('an approval', () => {
  it('does not hold for a tool whose definition has changed since it was asked for', async () => {
    const gateway = await startGateway({
      policy: ask,
      servers: { s: { fixture: ['redefines.mjs'] } },
    });
    const session = await RawSession.open(gateway);
    await session.ask('tools/list', {});
    const call = session.call('write_file');
    await gateway.approver.question();
    await session.call('read_file');
    await session.ask('tools/list', {});
    await gateway.approver.answer(once);
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await call)?.code).toBe('approval_denied');
  });

  it('does not hold under another policy, even where the same rule asks', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const call = session.call('write_file');
    await gateway.approver.question();
    gateway.writePolicy({ ...ask, hide: ['something_else'] });
    await gateway.approver.answer(once);
    await gateway.approver.answer(once, 1);
    expect(textOf(await call)).toBe('write_file done');
    expect(gateway.callsOf()).toEqual(['write_file']);
  });

  it('cannot be given before there is a call, nor twice', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    expect(gateway.approvals.answer('00000000-0000-0000-0000-000000000000', once)).toBe(false);
    const call = session.call('write_file');
    const { id } = await gateway.approver.question();
    const answers = Array.from({ length: 50 }, () => gateway.approvals.answer(id, once));
    expect(answers.filter(Boolean)).toHaveLength(1);
    await call;
    expect(gateway.callsOf()).toEqual(['write_file']);
  });
});

describe('a call whose client gives up early', () => {
  const setup = { policy: ask, clientTimeouts: { 'raw-client': 1 } };

  it('is told that it is pending, and takes the answer up when it is made again', async () => {
    const gateway = await startGateway(setup);
    const session = await RawSession.open(gateway);
    const first = refusalIn(await session.call('write_file', { path: 'a' }));
    expect(first).toMatchObject({ code: 'approval_pending', approvalId: expect.any(String) });
    expect(gateway.approvals.pending).toMatchObject([{ id: first?.approvalId, calls: 0 }]);
    await gateway.approver.answer(once);
    expect(gateway.callsOf()).toEqual([]);
    expect(textOf(await session.call('write_file', { path: 'a' }))).toBe('write_file done');
    expect(gateway.approver.asked).toHaveLength(1);
    // Used once.
    const again = session.call('write_file', { path: 'a' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await again)?.code).toBe('approval_denied');
    expect(gateway.callsOf()).toEqual(['write_file']);
  });

  it('attaches to the question that still stands, also from a new session', async () => {
    const gateway = await startGateway(setup);
    const session = await RawSession.open(gateway);
    await session.call('write_file', { path: 'a' });
    await session.end();
    const again = (await RawSession.open(gateway)).call('write_file', { path: 'a' });
    await until(() => gateway.approvals.pending[0]?.calls === 1);
    await gateway.approver.answer(once);
    expect(textOf(await again)).toBe('write_file done');
    expect(gateway.approver.asked).toHaveLength(1);
  });

  it('does not pass with other arguments on the answer that is there', async () => {
    const gateway = await startGateway(setup);
    const session = await RawSession.open(gateway);
    await session.call('write_file', { path: 'a' });
    await gateway.approver.answer(once);
    const other = session.call('write_file', { path: 'b' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await other)?.code).toBe('approval_denied');
    expect(textOf(await session.call('write_file', { path: 'a' }))).toBe('write_file done');
  });

  it('hears of a refusal too', async () => {
    const gateway = await startGateway(setup);
    const session = await RawSession.open(gateway);
    await session.call('write_file', { path: 'a' });
    await gateway.approver.answer({ kind: 'deny', message: 'Use the branch instead.' });
    const answer = await session.call('write_file', { path: 'a' });
    expect(refusalIn(answer)?.code).toBe('approval_denied');
    expect(textOf(answer)).toContain('Use the branch instead.');
  });

  it('is kept to the end where the client hears of progress', async () => {
    const gateway = await startGateway({ policy: ask, approvalTimeoutSeconds: 2 });
    const session = await RawSession.open(gateway);
    const call = session.call('write_file', {}, { progressToken: 'p' });
    expect(refusalIn(await call)?.code).toBe('approval_timeout');
  });
});

describe('arguments that the person changes', () => {
  const policy = {
    default: 'allow',
    tools: {
      write_file: {
        action: 'require_approval',
        deny_if: [{ conditions: [{ path: 'args.path', op: 'eq', value: 'secret' }] }],
        limits: [{ window: 'hour', max: 10, cost: 'args.size' }],
      },
    },
  };

  it('are what the server gets, and the agent is told', async () => {
    const gateway = await startGateway({
      policy,
      servers: { s: { fixture: ['echoArguments.mjs'] } },
    });
    const session = await RawSession.open(gateway);
    const call = session.call('write_file', { path: 'a', size: 9 });
    await gateway.approver.answer({ kind: 'allow_once', arguments: { path: 'b', size: 1 } });
    const answer = await call;
    expect(answer).toMatchObject({
      result: {
        content: [
          { text: expect.stringMatching(/the person changed the arguments.*"path":"b"/) },
          { text: '{"path":"b","size":1}' },
        ],
        _meta: { 'toolgate/decision': { code: 'approved', edited: true } },
      },
    });
    expect(gateway.records.at(-1)?.judgement).toMatchObject({
      edited: true,
      call: { arguments: { path: 'b', size: 1 } },
    });
    // Only what was spent counts: 9 of 10 are left.
    const next = session.call('write_file', { path: 'a', size: 9 });
    await gateway.approver.answer(once, 1);
    expect(textOf(await next)).toBe('{"path":"a","size":9}');
  });

  it('are judged like those of an agent', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const denied = session.call('write_file', { path: 'a', size: 1 });
    await gateway.approver.answer({ kind: 'allow_once', arguments: { path: 'secret', size: 1 } });
    expect(refusalIn(await denied)?.code).toBe('denied');
    const costly = session.call('write_file', { path: 'a', size: 1 });
    await gateway.approver.answer({ kind: 'allow_once', arguments: { path: 'a', size: 11 } }, 1);
    expect(refusalIn(await costly)?.code).toBe('rate_limited');
    expect(gateway.callsOf()).toEqual([]);
  });
});

describe('an approval of more than one call', () => {
  it('holds for equal arguments until the session ends', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const first = session.call('write_file', { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_arguments' });
    await first;
    expect(textOf(await session.call('write_file', { path: 'a' }))).toBe('write_file done');
    expect(gateway.approvals.grants).toMatchObject([{ kind: 'arguments', tool: 'write_file' }]);
    const others = [
      session.call('write_file', { path: 'b' }),
      (await RawSession.open(gateway)).call('write_file', { path: 'a' }),
    ];
    for (const index of [1, 2]) await gateway.approver.answer({ kind: 'deny' }, index);
    for (const answer of others) expect(refusalIn(await answer)?.code).toBe('approval_denied');
    await session.end();
    await until(() => gateway.approvals.grants.length === 0);
  });

  it('holds for as many calls of the tool as were allowed', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const calls = ['a', 'b', 'c', 'd'].map((path) => session.call('write_file', { path }));
    await gateway.approver.question(3);
    await gateway.approver.answer({ kind: 'allow_tool', calls: 3 });
    await until(() => gateway.callsOf().length === 3);
    expect(gateway.approvals.pending).toHaveLength(1);
    expect(gateway.approvals.grants).toEqual([]);
    await gateway.approver.answer({ kind: 'deny' }, 3);
    await Promise.all(calls);
  });

  it('ends when it is revoked, and with a halt', async () => {
    const gateway = await startGateway({ policy: ask });
    const session = await RawSession.open(gateway);
    const first = session.call('write_file');
    await gateway.approver.answer({ kind: 'allow_tool', minutes: 10 });
    await first;
    const [grant] = gateway.approvals.grants;
    expect(grant?.until).toBeGreaterThan(Date.now() + 590_000);
    expect(gateway.approvals.revoke(grant!.id)).toBe(true);
    expect(gateway.approvals.revoke(grant!.id)).toBe(false);
    const second = session.call('write_file');
    await gateway.approver.answer({ kind: 'allow_tool', minutes: 10 }, 1);
    await second;
    gateway.halt.halt();
    expect(gateway.approvals.grants).toEqual([]);
  });

  it('is not to be had where the rule wants each call asked about', async () => {
    const policy = {
      default: 'allow',
      tools: { write_file: { action: 'require_approval', approval: { remember: 'never' } } },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const first = session.call('write_file');
    await gateway.approver.answer({ kind: 'allow_tool', calls: 100 });
    expect(textOf(await first)).toBe('write_file done');
    const second = session.call('write_file');
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(refusalIn(await second)?.code).toBe('approval_denied');
  });
});
