import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CountersUnavailable } from '../../src/gateway/counters/counterStore';
import { MemoryCounters } from '../../src/gateway/counters/memoryCounters';
import { Limits } from '../../src/gateway/limits';
import { RawSession, refusalIn, textOf } from './support/rawClient';
import { startGateway } from './support/testGateway';

const refund = {
  default: 'deny',
  tools: {
    write_file: {
      args: { type: 'object', properties: { path: { maxLength: 40 } }, required: ['path'] },
      require: [
        { conditions: [{ path: 'args.path', op: 'under', value: 'src' }], on_deny: 'Stay in src.' },
      ],
      deny_if: [
        {
          conditions: [{ path: 'args.path', op: 'glob', value: '**/*.lock' }],
          on_deny: 'No locks.',
        },
      ],
      approve_if: [
        { conditions: [{ path: 'args.size', op: 'gt', value: 1000 }], reason: 'It is large.' },
      ],
    },
  },
};

describe('a rule with conditions', () => {
  it.each([
    [{ path: 'src/a.ts' }, undefined, 'write_file done'],
    [{ path: 'src/a.ts', size: 5 }, undefined, 'write_file done'],
    [{ path: 'src/../etc/passwd' }, '/tools/write_file/require/0', '[POLICY DENIED] Stay in src.'],
    [{ path: 'src/yarn.lock' }, '/tools/write_file/deny_if/0', '[POLICY DENIED] No locks.'],
    [
      { size: 5 },
      '/tools/write_file/args',
      '[POLICY DENIED] The arguments do not fit the rule "write_file": the whole.',
    ],
    [
      { path: `src/${'x'.repeat(50)}` },
      '/tools/write_file/args',
      '[POLICY DENIED] The arguments do not fit the rule "write_file": /path.',
    ],
    [{ path: 5 }, '/tools/write_file/require/0', '[POLICY DENIED] Stay in src.'],
  ])('judges %o by %s', async (args, rule, text) => {
    const gateway = await startGateway({ policy: refund });
    const session = await RawSession.open(gateway);
    const answer = await session.call('write_file', args);
    expect(refusalIn(answer)?.rule).toBe(rule);
    expect(textOf(answer)).toBe(text);
    expect(gateway.callsOf()).toHaveLength(rule === undefined ? 1 : 0);
  });

  it('asks where a condition says so, also of a value that cannot be judged', async () => {
    const gateway = await startGateway({ policy: refund });
    const session = await RawSession.open(gateway);
    for (const [index, size] of [5000, '5000'].entries()) {
      const answer = session.call('write_file', { path: 'src/a', size });
      expect(await gateway.approver.question(index)).toMatchObject({
        reason: 'It is large.',
        rule: '/tools/write_file/approve_if/0',
      });
      await gateway.approver.answer({ kind: 'allow_once' }, index);
      expect(textOf(await answer)).toBe('write_file done');
    }
  });

  it('shows agents the bound in the schema of the tool', async () => {
    const gateway = await startGateway({ policy: refund });
    const session = await RawSession.open(gateway);
    const { result } = await session.ask('tools/list');
    const tools = result?.tools as { name: string; inputSchema: unknown }[];
    expect(tools.find(({ name }) => name === 'write_file')?.inputSchema).toEqual({
      type: 'object',
      properties: { path: { maxLength: 40 } },
      required: ['path'],
    });
    expect(tools.find(({ name }) => name === 'read_file')?.inputSchema).toEqual({
      type: 'object',
      properties: {},
    });
  });
});

describe('a limit', () => {
  const spend = (scope: string) => ({
    default: 'deny',
    tools: {
      write_file: {
        limits: [{ window: 'day', max: 0.3, cost: 'args.amount', scope, counter: 'money' }],
      },
      run_command: {
        limits: [{ window: 'day', max: 0.3, cost: 'args.amount', scope, counter: 'money' }],
      },
      read_file: {},
    },
  });

  it.each(['session', 'grant', 'workspace', 'user'])(
    'of the scope %s adds up exactly what calls cost, over the tools that share its counter',
    async (scope) => {
      const gateway = await startGateway({ policy: spend(scope) });
      const session = await RawSession.open(gateway);
      const pay = async (amount: unknown, tool = 'write_file', by = session): Promise<unknown> =>
        refusalIn(await by.call(tool, { amount }))?.code;
      expect(await pay(0.1)).toBeUndefined();
      expect(await pay(0.1, 'run_command')).toBeUndefined();
      expect(await pay(0.11)).toBe('rate_limited');
      // 0.1 + 0.1 + 0.1 is 0.3 here, as it is for people.
      expect(await pay(0.1)).toBeUndefined();
      expect(await pay(0.01)).toBe('rate_limited');
      const other = await RawSession.open(gateway);
      expect(await pay(0.1, 'write_file', other)).toBe(
        scope === 'session' ? undefined : 'rate_limited',
      );
    },
  );

  it.each([-1, '5', null, undefined, true])('refuses a call whose cost is %o', async (amount) => {
    const gateway = await startGateway({ policy: spend('session') });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('write_file', { amount }))).toMatchObject({
      code: 'denied',
      rule: '/tools/write_file/limits/0',
    });
    expect(gateway.callsOf()).toEqual([]);
  });

  it('tells how much is left, and says so when the call can never fit', async () => {
    const gateway = await startGateway({ policy: spend('session') });
    const session = await RawSession.open(gateway);
    await session.call('write_file', { amount: 0.1 });
    const never = await session.call('write_file', { amount: 9 });
    expect(refusalIn(never)).toMatchObject({ limit: 0.3, remaining: 0.2 });
    expect(refusalIn(never)).not.toHaveProperty('retryAfterSeconds');
    expect(textOf(never)).toContain('is more than a limit');
  });

  it('over all tools counts each of them', async () => {
    const policy = {
      default: 'allow',
      all_tools: { rate_limit: { max: 3, window: 60 } },
      servers: { s: { all_tools: { limits: [{ max: 2, window: 60 }] } } },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    await session.call('read_file');
    await session.call('write_file');
    expect(refusalIn(await session.call('run_command'))).toMatchObject({
      code: 'rate_limited',
      rule: '/servers/s/all_tools/limits/0',
    });
  });

  it('that cannot be counted refuses, and leaves the others alone', async () => {
    const down = {
      charge: () => Promise.reject(new CountersUnavailable('down')),
      dispose: async () => {},
    };
    const limits = new Limits(new MemoryCounters(), down, () => false);
    const gateway = await startGateway({ policy: spend('user'), limits });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('write_file', { amount: 0.1 }))).toMatchObject({
      code: 'no_state',
      rule: '/tools/write_file/limits/0',
    });
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('that cannot be counted lets pass where the person has said so', async () => {
    const down = {
      charge: () => Promise.reject(new CountersUnavailable('down')),
      dispose: async () => {},
    };
    const limits = new Limits(new MemoryCounters(), down, () => true);
    const gateway = await startGateway({ policy: spend('user'), limits });
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('write_file', { amount: 0.1 }))).toBe('write_file done');
  });
});

describe('a rule that only observes', () => {
  it('lets every call pass and records what it would have done', async () => {
    const policy = {
      default: 'allow',
      tools: {
        delete_repo: { action: 'deny', mode: 'observe' },
        run_command: { action: 'require_approval', mode: 'observe' },
        write_file: { rate_limit: { max: 1, window: 60 }, mode: 'observe' },
        read_file: { mode: 'observe' },
      },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    for (const tool of ['delete_repo', 'run_command', 'write_file', 'write_file', 'read_file']) {
      expect(textOf(await session.call(tool))).toBe(`${tool} done`);
    }
    const observed = gateway.records.map(({ judgement }) =>
      judgement.observed.map(({ code, rule }) => `${code} ${rule}`),
    );
    expect(observed).toEqual([
      ['denied /tools/delete_repo'],
      ['require_approval /tools/run_command'],
      [],
      ['rate_limited /tools/write_file/rate_limit'],
      [],
    ]);
    expect(gateway.approver.asked).toEqual([]);
  });
});

describe('a call that a rule would have refused, had it not only observed', () => {
  it('counts for the limits over all tools', async () => {
    const policy = {
      default: 'allow',
      all_tools: { rate_limit: { max: 1, window: 60 } },
      tools: { delete_repo: { action: 'deny', mode: 'observe' } },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('delete_repo'))).toBe('delete_repo done');
    expect(refusalIn(await session.call('delete_repo'))?.code).toBe('rate_limited');
  });
});

describe('the person’s own category', () => {
  it('decides which rule for a risk holds', async () => {
    const risk = { Read: {}, Destructive: { action: 'deny' } };
    const policy = {
      default: 'deny',
      risk,
      servers: { s: { classify: { read_file: 'Destructive', delete_repo: 'Read' } } },
    };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('read_file'))?.rule).toBe('/risk/Destructive');
    expect(textOf(await session.call('delete_repo'))).toBe('delete_repo done');
  });
});

describe('how a rule has the person asked', () => {
  it('can rule out an answer for the session, and set the time', async () => {
    const rule = { action: 'require_approval', approval: { timeout: 1, remember: 'never' } };
    const gateway = await startGateway({ policy: { default: 'deny', tools: { read_file: rule } } });
    const session = await RawSession.open(gateway);
    const first = session.call('read_file');
    const question = await gateway.approver.question();
    expect(question.expiresAt - question.askedAt).toBe(1000);
    await gateway.approver.answer({ kind: 'allow_tool' });
    expect(textOf(await first)).toBe('read_file done');
    expect(refusalIn(await session.call('read_file'))?.code).toBe('approval_timeout');
  });
});

describe('a policy that another program loosens', () => {
  it('changes nothing until the person confirms it', async () => {
    const gateway = await startGateway({ policy: { default: 'deny' } });
    const session = await RawSession.open(gateway);
    writeFileSync(gateway.policyPath, '{ "version": "1", "default": "allow" }');
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
    const state = gateway.policyFile.refresh();
    const digest = state.kind === 'loosened' ? state.change.digest : '';
    expect(gateway.policyFile.confirm('another')).toBe(false);
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
    expect(gateway.policyFile.confirm(digest)).toBe(true);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });
});
