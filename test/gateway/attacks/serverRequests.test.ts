import { describe, expect, it } from 'vitest';
import { type RawMessage, RawSession, textOf } from '../support/rawClient';
import { startGateway } from '../support/testGateway';
import { until } from '../support/waiting';

// A server can have the agent’s model write, ask the person, or learn what folders there are. The
// policy decides about each, toward the server, and the agent hears nothing of what was refused.

const servers = { s: { fixture: ['asks.mjs'] } } as const;
const policyWith = (block: object) => ({ default: 'allow', servers: { s: block } });

/** Answers what the server asks, and gives what the tool call came to. */
async function callWith(session: RawSession): Promise<{ asked: string[]; told: RawMessage }> {
  const call = session.openCall(1, 'read_file');
  const answered = new Set<unknown>();
  const asked: string[] = [];
  const done = until(async () => {
    for (const { id, method } of call.messages) {
      if (method === undefined || answered.has(id)) continue;
      answered.add(id);
      asked.push(method);
      await session.send({ jsonrpc: '2.0', id, result: { told: method } });
    }
    return call.messages.find((message) => message.id === 1);
  });
  return { asked, told: JSON.parse(textOf(await done)) };
}

describe('what a server asks of the agent', () => {
  it('passes where the policy says nothing of it', async () => {
    const gateway = await startGateway({ servers, policy: { default: 'allow' } });
    const { asked } = await callWith(await RawSession.open(gateway));
    expect(asked).toEqual(['sampling/createMessage', 'elicitation/create', 'roots/list']);
    expect(gateway.records).toHaveLength(1);
  });

  it('is refused toward the server where the policy denies it, and the agent hears nothing', async () => {
    const policy = policyWith({ sampling: 'deny', roots: 'deny' });
    const gateway = await startGateway({ servers, policy });
    const { asked, told } = await callWith(await RawSession.open(gateway));
    expect(asked).toEqual(['elicitation/create']);
    expect(told).toMatchObject({
      s: {
        code: -32011,
        message: '[POLICY DENIED] Refused by the rule for sampling of server "s".',
      },
      e: { told: 'elicitation/create' },
      r: { code: -32011 },
    });
    expect(gateway.records.map(({ judgement }) => judgement.call.tool)).toEqual([
      'sampling/createMessage',
      'roots/list',
      'read_file',
    ]);
  });

  it('waits for the person where the policy says so', async () => {
    const gateway = await startGateway({
      servers,
      policy: policyWith({ sampling: 'require_approval', elicitation: 'require_approval' }),
    });
    const session = await RawSession.open(gateway);
    const outcome = callWith(session);
    const questions = [await gateway.approver.question(0), await gateway.approver.question(1)];
    expect(questions.map(({ tool, server }) => [tool, server])).toEqual([
      ['sampling/createMessage', 's'],
      ['elicitation/create', 's'],
    ]);
    await gateway.approver.answer({ kind: 'allow_once' }, 0);
    await gateway.approver.answer({ kind: 'deny' }, 1);
    const { asked, told } = await outcome;
    expect(asked.toSorted()).toEqual(['roots/list', 'sampling/createMessage']);
    expect(told).toMatchObject({ e: { code: -32011 } });
  });

  it('with an address to open, is shown to the person whole, or not at all', async () => {
    const link = { s: { fixture: ['asks.mjs', 'url'] as const } };
    for (const elicitation of ['require_approval', 'deny'] as const) {
      const gateway = await startGateway({ servers: link, policy: policyWith({ elicitation }) });
      const outcome = callWith(await RawSession.open(gateway));
      if (elicitation === 'require_approval') {
        const { server, arguments: shown } = await gateway.approver.question();
        expect([server, shown.url]).toEqual(['s', 'https://example.com@evil.test/sign-in?a=1']);
        await gateway.approver.answer({ kind: 'deny' });
      }
      const { asked, told } = await outcome;
      expect(asked).not.toContain('elicitation/create');
      expect(told).toMatchObject({ e: { code: -32011 }, r: { told: 'roots/list' } });
    }
  });
});
