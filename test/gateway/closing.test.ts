import { describe, expect, it, onTestFinished } from 'vitest';
import type { Launch } from '../../src/config/launch';
import { startEverything } from './support/everything';
import { RawSession, textOf } from './support/rawClient';
import { startGateway, TestGateway } from './support/testGateway';
import { until } from './support/waiting';

const policy = { default: 'allow' };

describe('a gateway that was used and closed', () => {
  it('leaves no timer, socket, process or unhandled rejection behind', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    const resources = (): string[] =>
      process
        .getActiveResourcesInfo()
        .filter((name) => name !== 'FSReqCallback')
        .sort();
    const before = resources();
    for (const fixture of ['plain.mjs', 'dieMidCall.mjs', 'exitAtStart.mjs', 'grandchild.mjs']) {
      const gateway = new TestGateway({
        policy: { default: 'allow', tools: { write_file: { action: 'require_approval' } } },
        servers: { s: { fixture: [fixture] } },
      });
      await gateway.gateway.start();
      const session = await RawSession.open(gateway).catch(() => undefined);
      if (session) {
        session.openCall('waiting', 'write_file');
        await gateway.approver.question();
        await session.call('read_file');
        await gateway.gateway.inspect('s');
      }
      await gateway.close();
    }
    await until(() => resources().length <= before.length);
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  });

  it('has added nothing to the promises of the process, however many HTTP sessions there were', async () => {
    const server = await startEverything('streamableHttp');
    onTestFinished(() => server.stop());
    const launch = async (): Promise<Launch> => server.launch;
    const gateway = await startGateway({ policy, servers: { s: { launch } } });
    const echo = async (): Promise<string> => {
      const session = await RawSession.open(gateway);
      return textOf(await session.call('echo', { message: 'm' }));
    };
    // What node keeps for each storage that lives on.
    const carried = (): number => Object.getOwnPropertySymbols(Promise.resolve()).length;
    expect(await echo()).toBe('Echo: m');
    const before = carried();
    for (let sessions = 0; sessions < 4; sessions++) await echo();
    expect(carried()).toBe(before);
  });

  it('answers for nothing any more', async () => {
    const gateway = await startGateway({ policy });
    await gateway.gateway.close();
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    await gateway.gateway.inspect('s');
    await gateway.gateway.close();
  });
});

describe('an inspection', () => {
  it('learns the tools of a server without an agent, once for all who ask', async () => {
    const gateway = await startGateway({ policy });
    await Promise.all([gateway.gateway.inspect('s'), gateway.gateway.inspect('s')]);
    expect(gateway.gateway.catalogueOf('s')?.names).toContain('read_file');
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    const hellos = gateway.received().filter(({ method }) => method === 'initialize');
    expect(hellos).toHaveLength(1);
  });

  it.each(['hang.mjs', 'exitAtStart.mjs', 'refusesInitialize.mjs'])(
    'of %s fails in time with a reason',
    async (fixture) => {
      const servers = { s: { fixture: [fixture] as const } };
      const gateway = await startGateway({ policy, servers, startTimeoutSeconds: 0.5 });
      await gateway.gateway.inspect('s');
      expect(gateway.gateway.stateOf('s')).toMatchObject({ kind: 'failed' });
    },
  );
});
