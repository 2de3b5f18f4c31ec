import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import type { CounterStore } from '../../../src/gateway/counters/counterStore';
import { MemoryCounters } from '../../../src/gateway/counters/memoryCounters';
import { HaltSwitch } from '../../../src/gateway/haltSwitch';
import { Limits } from '../../../src/gateway/limits';
import { RawSession, refusalIn, send, textOf } from '../support/rawClient';
import { connectClient } from '../support/sdkClient';
import { startGateway } from '../support/testGateway';
import { isAlive, until } from '../support/waiting';

const policy = { default: 'allow', tools: { delete_repo: { action: 'require_approval' } } };
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'c', version: '1' },
  },
});
const nothingMade = /^\[POLICY DENIED\] A person halted Toolgate\. No call is made/;

describe('when everything is halted', () => {
  it('calls that wait for a person are refused as halted, and their questions taken back', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const waiting = session.openCall('w', 'delete_repo');
    const { id } = await gateway.approver.question();
    gateway.halt.halt();
    await waiting.ended;
    const answer = waiting.messages.find((message) => message.id === 'w');
    expect(textOf(answer)).toMatch(nothingMade);
    expect(refusalIn(answer!)).toMatchObject({ code: 'halted', layer: 'gateway', rule: '' });
    expect(gateway.approver.withdrawn).toEqual([id]);
    expect(gateway.approvals.answer(id, { kind: 'allow_once' })).toBe(false);
    expect(gateway.records).toMatchObject([
      {
        outcome: 'not_forwarded',
        judgement: { refusal: { code: 'halted' }, decisionId: refusalIn(answer!)?.decisionId },
      },
    ]);
    expect(gateway.callsOf()).toEqual([]);
  });

  it('calls in flight are answered at once, and recorded as lost: the server may have made them', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const calls = ['a', 'b'].map((id) => session.openCall(id, 'hold'));
    await until(() => gateway.callsOf().length === 2);
    gateway.halt.halt();
    for (const [index, call] of calls.entries()) {
      await call.ended;
      const [answer] = call.messages;
      expect(refusalIn(answer!)?.code).toBe('halted');
      expect(textOf(answer)).toMatch(/The server had this call already/);
      expect(gateway.records[index]).toMatchObject({
        outcome: 'lost',
        judgement: { forward: true, code: 'halted', decisionId: refusalIn(answer!)?.decisionId },
      });
    }
  });

  it('requests that are not tool calls are answered as errors with the same code', async () => {
    const gateway = await startGateway({ policy, servers: { s: { fixture: ['hang.mjs'] } } });
    const opening = send(gateway, { body: initialize });
    await until(() => gateway.gateway.stateOf('s').kind === 'starting');
    gateway.halt.halt();
    expect((await opening).messages).toMatchObject([
      { id: 1, error: { code: -32011, data: { 'toolgate/decision': { code: 'halted' } } } },
    ]);
  });

  it('every later request is told so, in old sessions and in new ones, and no server starts', async () => {
    let launches = 0;
    const launch = async (): Promise<Launch> => {
      launches++;
      throw new Error('started');
    };
    const gateway = await startGateway({ policy, servers: { s: {}, t: { launch } } });
    const session = await RawSession.open(gateway);
    gateway.halt.halt();
    expect(refusalIn(await session.call('read_file'))?.code).toBe('halted');
    expect(textOf(await session.call('delete_repo'))).toMatch(nothingMade);
    for (const method of ['tools/list', 'resources/read', 'ping']) {
      expect((await session.ask(method, {})).error).toMatchObject({
        code: -32011,
        data: { 'toolgate/decision': { code: 'halted' } },
      });
    }
    for (const path of ['/s/s/mcp', '/s/t/mcp']) {
      const { status, messages } = await send(gateway, { path, body: initialize });
      expect([status, messages[0]?.error?.message]).toEqual([
        200,
        expect.stringMatching(nothingMade),
      ]);
    }
    await gateway.gateway.inspect('t');
    expect(launches).toBe(0);
    expect(gateway.callsOf()).toEqual([]);
    expect(gateway.approver.asked).toEqual([]);
    expect(['s', 't'].map((id) => gateway.gateway.stateOf(id).kind)).toEqual(['halted', 'halted']);
    expect(gateway.records.map(({ judgement }) => judgement.forward)).toEqual([false, false]);
  });

  it('servers and what they started are gone within 5 s, however they cling', async () => {
    const servers = { s: { fixture: ['grandchild.mjs'] as const } };
    const gateway = await startGateway({ policy, servers });
    await RawSession.open(gateway);
    const pids = await gateway.pids();
    expect(pids.map(isAlive)).toEqual([true, true]);
    const started = performance.now();
    gateway.halt.halt();
    await until(() => !pids.some(isAlive));
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('a server whose start was being found out is not started any more', async () => {
    let resolve = (_: Launch): void => {};
    const launch = new Promise<Launch>((done) => {
      resolve = done;
    });
    const gateway = await startGateway({ policy, servers: { s: { launch: () => launch } } });
    const opening = send(gateway, { body: initialize });
    const inspection = gateway.gateway.inspect('s');
    await until(() => gateway.gateway.stateOf('s').kind === 'starting');
    gateway.halt.halt();
    await Promise.all([opening, inspection]);
    const trace = `${gateway.directory}/started`;
    const write = `require("fs").writeFileSync(${JSON.stringify(trace)}, "")`;
    resolve({ type: 'stdio', command: process.execPath, args: ['-e', write], cwd: '/', env: {} });
    await gateway.gateway.close();
    expect(existsSync(trace)).toBe(false);
  });

  it('a call whose limit is still being counted is not made', async () => {
    let count = (): void => {};
    const counted = new Promise<void>((done) => {
      count = done;
    });
    const memory = new MemoryCounters();
    let charging = 0;
    const slow: CounterStore = {
      charge: async (charges) => {
        charging++;
        await counted;
        return memory.charge(charges);
      },
      dispose: () => memory.dispose(),
    };
    const limits = [{ window: 'minute', max: 5, scope: 'user' }];
    const gateway = await startGateway({
      policy: { default: 'allow', tools: { read_file: { limits } } },
      limits: new Limits(memory, slow, () => false),
    });
    const session = await RawSession.open(gateway);
    const call = session.call('read_file');
    await until(() => charging > 0);
    gateway.halt.halt();
    count();
    expect(refusalIn(await call)?.code).toBe('halted');
    expect(gateway.callsOf()).toEqual([]);
  });
});

describe('when a person resumes', () => {
  it('sessions that were halted end, and clients begin new ones that work', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const stream = session.openStream();
    gateway.halt.halt();
    expect(refusalIn(await session.call('read_file'))?.code).toBe('halted');
    gateway.halt.resume();
    await stream.ended;
    expect((await session.post({ jsonrpc: '2.0', id: 9, method: 'ping' })).status).toBe(404);
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    const again = await RawSession.open(gateway);
    expect(textOf(await again.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('an allowance for the session is gone with it', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const first = session.call('delete_repo');
    await gateway.approver.answer({ kind: 'allow_tool' });
    expect(textOf(await first)).toBe('delete_repo done');
    gateway.halt.halt();
    gateway.halt.resume();
    void (await RawSession.open(gateway)).openCall(1, 'delete_repo');
    await gateway.approver.question(1);
  });
});

it('a gateway that begins halted starts nothing, and a client of the SDK hears why', async () => {
  const halt = new HaltSwitch();
  halt.halt();
  const gateway = await startGateway({ policy, halt });
  await expect(connectClient(gateway)).rejects.toThrow(/A person halted Toolgate/);
  halt.resume();
  const client = await connectClient(gateway);
  const { content } = await client.callTool({ name: 'read_file', arguments: {} });
  expect(content).toEqual([{ type: 'text', text: 'read_file done' }]);
});
