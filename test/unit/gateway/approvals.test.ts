import { describe, expect, it } from 'vitest';
import { type ApprovalRequest, Approvals } from '../../../src/gateway/approvals';

const request: ApprovalRequest = {
  serverId: 'id',
  server: 's',
  tool: 't',
  arguments: {},
  risk: 'Write, medium',
  timeoutSeconds: undefined,
  remember: true,
  reason: undefined,
  client: 'c',
  session: 'one',
  layer: 'workspace',
  rule: '/tools/t',
  editable: true,
  scope: 'scope',
  binding: 'binding',
};
const never = { signal: new AbortController().signal, holdMs: Number.POSITIVE_INFINITY };

describe('approvals', () => {
  it('do not ask a second person what the first has answered at once', async () => {
    const approvals = new Approvals(() => 30);
    const open = new Set<string>();
    approvals.connect({
      ask: ({ id }) => void approvals.answer(id, { kind: 'deny' }),
      withdraw() {},
    });
    approvals.connect({
      ask: ({ id }) => void open.add(id),
      withdraw: ({ id }) => void open.delete(id),
    });
    expect(await approvals.ask(request, never)).toEqual({ kind: 'denied' });
    expect(open.size).toBe(0);
  });

  it('forget what was allowed for a session when it ends, and only for that session', async () => {
    const approvals = new Approvals(() => 30);
    const generous = approvals.connect({
      ask: ({ id }) => void approvals.answer(id, { kind: 'allow_tool' }),
      withdraw() {},
    });
    await approvals.ask(request, never);
    await approvals.ask({ ...request, session: 'one more' }, never);
    approvals.endSession('one');
    const asked: string[] = [];
    generous.dispose();
    approvals.connect({
      ask: ({ id, session }) => {
        asked.push(session);
        approvals.answer(id, { kind: 'deny' });
      },
      withdraw() {},
    });
    expect(await approvals.ask(request, never)).toEqual({ kind: 'denied' });
    expect(await approvals.ask({ ...request, session: 'one more' }, never)).toEqual({
      kind: 'allowed',
      by: 'tool',
      asked: false,
    });
    expect(asked).toEqual(['one']);
  });

  it('are cancelled before anything else when the call is given up already', async () => {
    const approvals = new Approvals(() => 30);
    approvals.connect({
      ask: ({ id }) => void approvals.answer(id, { kind: 'allow_tool' }),
      withdraw() {},
    });
    await approvals.ask(request, never);
    expect(await approvals.ask(request, { ...never, signal: AbortSignal.abort() })).toEqual({
      kind: 'cancelled',
    });
  });

  it('are unavailable with nobody to ask, and leave nothing pending', async () => {
    const approvals = new Approvals(() => 30);
    expect(await approvals.ask(request, never)).toEqual({ kind: 'unavailable' });
    expect(approvals.pending).toEqual([]);
  });
});
