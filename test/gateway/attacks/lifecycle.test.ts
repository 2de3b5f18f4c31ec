import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import { RawSession, send, textOf } from '../support/rawClient';
import { startGateway, type TestGateway } from '../support/testGateway';
import { isAlive, until } from '../support/waiting';

const policy = { default: 'allow' };
const stubborn = { s: { fixture: ['grandchild.mjs'] as const } };

describe('the processes of a session', () => {
  it('are all gone within 5 s of its DELETE, even those that ignore polite requests', async () => {
    const gateway = await startGateway({ policy, servers: stubborn });
    const session = await RawSession.open(gateway);
    const pids = await gateway.pids();
    expect(pids.map(isAlive)).toEqual([true, true]);
    const started = performance.now();
    await session.end();
    await until(() => !pids.some(isAlive));
    expect(performance.now() - started).toBeLessThan(5000);
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
  });

  it('are all gone when the gateway has closed, and its calls are answered', async () => {
    const gateway = await startGateway({ policy, servers: stubborn });
    const session = await RawSession.open(gateway);
    const call = session.openCall(1, 'hold');
    await until(() => gateway.callsOf().includes('hold'));
    const pids = await gateway.pids();
    const started = performance.now();
    await gateway.gateway.close();
    expect(performance.now() - started).toBeLessThan(5000);
    expect(pids.map(isAlive)).toEqual([false, false]);
    await call.ended;
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['lost']);
    await expect(send(gateway, { body: '{}' })).rejects.toThrow();
  });

  it('are gone when the gateway has closed, although their session had failed just before', async () => {
    const gateway = await startGateway({
      policy,
      servers: { s: { launch: launchOf('hang.mjs') } },
      startTimeoutSeconds: 0.5,
    });
    const failed = RawSession.open(gateway).catch((error: Error) => error);
    const pid = await pidOf(gateway);
    expect(String(await failed)).toMatch(/did not answer/);
    expect(isAlive(pid)).toBe(true);
    await gateway.gateway.close();
    expect(isAlive(pid)).toBe(false);
  });

  it('are gone when the gateway has closed in the middle of an inspection', async () => {
    const servers = { s: { launch: launchOf('hang.mjs') } };
    const gateway = await startGateway({ policy, servers });
    const inspection = gateway.gateway.inspect('s');
    const pid = await pidOf(gateway);
    await gateway.gateway.close();
    expect(isAlive(pid)).toBe(false);
    await inspection;
  });

  it('are gone when the server was taken out of the configuration or changed there', async () => {
    const gateway = await startGateway({ policy, servers: { s: {}, t: {} } });
    const sessions = [await RawSession.open(gateway, 's'), await RawSession.open(gateway, 't')];
    gateway.setServers({ s: { version: '2' } });
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    for (const session of sessions) expect((await session.post(ping)).status).toBe(404);
    expect(textOf(await (await RawSession.open(gateway)).call('read_file'))).toBe('read_file done');
    await expect(RawSession.open(gateway, 't')).rejects.toThrow('404');
  });

  it('do not keep the gateway from closing when nobody said yet how to start them', async () => {
    const launch = (): Promise<Launch> => new Promise(() => {});
    const gateway = await startGateway({ policy, servers: { s: { launch } } });
    const opening = RawSession.open(gateway).catch((error: Error) => error);
    await until(() => gateway.gateway.stateOf('s').kind === 'starting');
    void gateway.gateway.inspect('s');
    await gateway.gateway.close();
    expect(await opening).toBeInstanceOf(Error);
  });

  it('do not keep the gateway from closing when one outside its group holds their output', async () => {
    const servers = { s: { fixture: ['dieWithHeir.mjs', 'detached'] as const } };
    const gateway = await startGateway({ policy, servers });
    const session = await RawSession.open(gateway);
    void session.openCall(1, 'read_file');
    const [heir] = await gateway.pids();
    await gateway.gateway.close();
    process.kill(heir!, 'SIGKILL');
  });
});

function launchOf(fixture: string): () => Promise<Launch> {
  const path = new URL(`../../fixtures/servers/${fixture}`, import.meta.url).pathname;
  const env = { PATH: process.env.PATH ?? '' };
  const shell = 'echo $$ >&2; exec "$0" "$1"';
  return async () => ({
    type: 'stdio',
    command: '/bin/sh',
    args: ['-c', shell, process.execPath, path],
    cwd: '/',
    env,
  });
}

async function pidOf(gateway: TestGateway): Promise<number> {
  const line = await until(() => gateway.log.find((entry) => /^\[s\] \d+$/.test(entry)));
  return Number(line.slice(4));
}
