import { describe, expect, it } from 'vitest';
import { RawSession, refusalIn, textOf } from './support/rawClient';
import { startGateway } from './support/testGateway';
import { until } from './support/waiting';

const fivePerMinute = {
  default: 'allow',
  tools: { read_file: { rate_limit: { max: 5, window: 60 } } },
};

describe('a rate limit', () => {
  it('lets five calls through and refuses the sixth, saying when to come again', async () => {
    const gateway = await startGateway({ policy: fivePerMinute });
    const session = await RawSession.open(gateway);
    for (let call = 0; call < 5; call++) {
      expect(textOf(await session.call('read_file'))).toBe('read_file done');
    }
    const answer = await session.call('read_file');
    const refusal = refusalIn(answer);
    expect(refusal).toEqual({
      code: 'rate_limited',
      rule: '/tools/read_file/rate_limit',
      layer: 'workspace',
      retryAfterSeconds: expect.any(Number),
      limit: 5,
      remaining: 0,
      decisionId: expect.any(String),
    });
    expect(refusal?.retryAfterSeconds).toBeGreaterThanOrEqual(50);
    expect(refusal?.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(textOf(answer)).toBe(
      `[POLICY DENIED] The rate limit of the rule "read_file" is used up. Try again in ${refusal?.retryAfterSeconds} seconds.`,
    );
    expect(gateway.callsOf()).toHaveLength(5);
    expect(textOf(await session.call('write_file'))).toBe('write_file done');
  });

  it('lets exactly as many of 100 parallel calls through as it allows', async () => {
    const policy = { default: 'allow', tools: { read_file: { rate_limit: '10/minute' } } };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const answers = await Promise.all(Array.from({ length: 100 }, () => session.call('read_file')));
    const codes = answers.map((answer) => refusalIn(answer)?.code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(10);
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(90);
    expect(gateway.callsOf()).toHaveLength(10);
  });

  it('opens again when its window has passed', async () => {
    const policy = {
      default: 'allow',
      tools: { read_file: { rate_limit: { max: 1, window: 0.3 } } },
    };
    const session = await RawSession.open(await startGateway({ policy }));
    expect(refusalIn(await session.call('read_file'))).toBeUndefined();
    expect(refusalIn(await session.call('read_file'))?.retryAfterSeconds).toBe(1);
    await until(async () => refusalIn(await session.call('read_file')) === undefined);
  });

  it('counts for each session apart', async () => {
    const gateway = await startGateway({ policy: fivePerMinute });
    const [one, other] = [await RawSession.open(gateway), await RawSession.open(gateway)];
    for (let call = 0; call < 5; call++) await one.call('read_file');
    expect(refusalIn(await one.call('read_file'))?.code).toBe('rate_limited');
    expect(refusalIn(await other.call('read_file'))).toBeUndefined();
  });

  it('still counts what was called before an edit', async () => {
    const gateway = await startGateway({ policy: fivePerMinute });
    const session = await RawSession.open(gateway);
    for (let call = 0; call < 5; call++) await session.call('read_file');
    gateway.writePolicy({ default: 'deny', tools: { read_file: { rate_limit: '6/minute' } } });
    expect(refusalIn(await session.call('read_file'))).toBeUndefined();
    expect(refusalIn(await session.call('read_file'))?.code).toBe('rate_limited');
  });

  it('counts calls that were given up: a storm of retries is limited too', async () => {
    const policy = { default: 'allow', tools: { hold: { rate_limit: '2/minute' } } };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    for (const requestId of ['a', 'b']) {
      const call = session.openCall(requestId, 'hold');
      await until(() => gateway.received().some(({ id }) => id === requestId));
      await session.send({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId },
      });
      await call.ended;
    }
    expect(refusalIn(await session.call('hold'))?.code).toBe('rate_limited');
  });

  it('counts one budget for all the tools that its pattern names', async () => {
    const policy = { default: 'allow', tools: { '*_file': { rate_limit: '2/minute' } } };
    const session = await RawSession.open(await startGateway({ policy }));
    await session.call('read_file');
    await session.call('write_file');
    expect(refusalIn(await session.call('read_file'))?.code).toBe('rate_limited');
  });
});
