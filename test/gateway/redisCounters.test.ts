import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Charge,
  type ChargeResult,
  CountersUnavailable,
} from '../../src/gateway/counters/counterStore';
import { RedisCounters } from '../../src/gateway/counters/redisCounters';
import { one } from '../unit/gateway/counters/support/charges';
import { describeCounters } from '../unit/gateway/counters/support/contract';
import { password, RedisServer } from '../unit/gateway/counters/support/redisServer';
import { until } from './support/waiting';

const server = new RedisServer();
const inspector = (): ReturnType<typeof createClient> => createClient({ url: server.url });
let admin: ReturnType<typeof inspector>;
const open: RedisCounters[] = [];
let namespaces = 0;

beforeAll(async () => {
  await server.start();
  admin = inspector();
  admin.on('error', () => {});
  await admin.connect();
}, 300_000);
afterAll(async () => {
  admin?.destroy();
  await server.stop();
});

function store(url = server.url, namespace = `test-${++namespaces}`): RedisCounters {
  const counters = new RedisCounters(url, namespace);
  open.push(counters);
  return counters;
}

async function close(): Promise<void> {
  await Promise.all(open.splice(0).map((counters) => counters.dispose()));
}

/** As if all that was counted had been counted so much earlier: the same as time that passes. */
async function age(namespace: string, ms: number): Promise<void> {
  const script = `
    for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
      for index, text in ipairs(redis.call('LRANGE', key, 0, -1)) do
        local time, rest = string.match(text, '^(%d+)( .*)$')
        redis.call('LSET', key, index - 1, string.format('%d%s', time - ARGV[2], rest))
      end
    end`;
  await admin.eval(script, { arguments: [`{toolgate:${namespace}}:*`, `${ms}`] });
}

describeCounters('counters in Redis', {
  open: async () => {
    const counters = store();
    const namespace = `test-${namespaces}`;
    return { store: counters, advance: (ms) => age(namespace, ms) };
  },
  close,
  exactClock: false,
  propertyRuns: 60,
});

/** Asked until the counters can be used again. */
async function chargeOnceUp(counters: RedisCounters, charges: Charge[]): Promise<ChargeResult> {
  return until(() => counters.charge(charges).catch(() => undefined));
}

describe('counters in Redis', () => {
  let ownId: number;
  beforeEach(async () => {
    await admin.flushDb();
    ownId = await admin.clientId();
  });
  afterEach(close);

  it('are shared by all who use one address', async () => {
    const stores = Array.from({ length: 5 }, () => store(server.url, 'shared'));
    const calls = Array.from({ length: 1000 }, (_, index) =>
      stores[index % 5]!.charge(one('1', '137')),
    );
    const results = await Promise.all(calls);
    expect(results.filter(({ granted }) => granted)).toHaveLength(137);
  });

  it('hold digests of keys only, all in one slot of a cluster', async () => {
    await store(server.url, 'team').charge([
      ...one('1', '5', 60, 'workspace/secret-tool'),
      ...one('1', '5', 60, 'user/other'),
    ]);
    const keys = await admin.keys('*');
    const digest = createHash('sha256').update('workspace/secret-tool').digest('hex');
    expect(keys).toContain(`{toolgate:team}:${digest}`);
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(key).toMatch(/^\{toolgate:team\}:[0-9a-f]{64}$/);
    expect(JSON.stringify(await admin.lRange(keys[0]!, 0, -1))).not.toContain('secret');
  });

  it('vanish when nothing of them counts any more', async () => {
    const counters = store();
    await counters.charge(one('1', '5', 3600));
    await counters.charge(one('1', '5', 60));
    await counters.charge(one('1', '5', 60, 'other'));
    const times = await Promise.all((await admin.keys('*')).map((key) => admin.pTTL(key)));
    expect(times.map((time) => Math.round(time / 1000)).sort()).toEqual([3601, 61]);
  });

  it('refill nothing when the clock of the server is set back', async () => {
    const counters = store(server.url, 'back');
    await counters.charge(one('1', '3'));
    const hour = 3_600_000;
    await age('back', -hour);
    const charge = await counters.charge(one('1', '3'));
    await counters.charge(one('1', '3'));
    expect(await counters.charge(one('1', '3'))).toMatchObject({ retryAfterSeconds: 60 });
    if (charge.granted) await charge.release();
    expect(await counters.charge(one('2', '3'))).toMatchObject({ remaining: '1' });
    for (const key of await admin.keys('*')) {
      expect(await admin.pTTL(key)).toBeGreaterThan(hour + 60_000);
    }
    await age('back', hour + 60_001);
    expect((await counters.charge(one('3', '3'))).granted).toBe(true);
  });

  it('count exactly when more events are in a window than are kept apart', async () => {
    const counters = store(server.url, 'many');
    for (let batch = 0; batch < 30; batch++) {
      const calls = Array.from({ length: 100 }, () => counters.charge(one('0.1', '300', 600)));
      await Promise.all(calls);
      await age('many', 10_000);
    }
    expect(await counters.charge(one('0.1', '300', 600))).toMatchObject({ remaining: '0' });
    const [key] = await admin.keys('*');
    expect(await admin.lLen(key!)).toBeLessThanOrEqual(1024);
    // The first are 300 s old, and a little more.
    await age('many', 280_000);
    expect((await counters.charge(one('0.1', '300', 600))).granted).toBe(false);
    await age('many', 20_000 + 600_000 / 512);
    expect((await counters.charge(one('10', '300', 600))).granted).toBe(true);
    await age('many', 290_000);
    expect(await counters.charge(one('291', '300', 600))).toMatchObject({ remaining: '290' });
  });

  it('give nothing back that was lost in between', async () => {
    const counters = store();
    const lost = await counters.charge(one('1', '2'));
    await admin.flushDb();
    await counters.charge(one('1', '2'));
    await counters.charge(one('1', '2'));
    if (lost.granted) await lost.release();
    expect((await counters.charge(one('1', '2'))).granted).toBe(false);
  });

  it('send their script again to a server that has forgotten it', async () => {
    const counters = store();
    await counters.charge(one('1', '2'));
    await admin.scriptFlush();
    expect((await counters.charge(one('1', '2'))).granted).toBe(true);
    expect((await counters.charge(one('1', '2'))).granted).toBe(false);
  });

  it('cannot be used where another kind of value has their key, and leave the rest alone', async () => {
    const counters = store(server.url, 'taken');
    await counters.charge(one('1', '2', 60, 'a'));
    const digest = createHash('sha256').update('b').digest('hex');
    await admin.set(`{toolgate:taken}:${digest}`, 'mine');
    const both = [...one('1', '2', 60, 'a'), ...one('1', '2', 60, 'b')];
    await expect(counters.charge(both)).rejects.toThrow(CountersUnavailable);
    await admin.del(`{toolgate:taken}:${digest}`);
    await admin.rPush(`{toolgate:taken}:${digest}`, 'mine');
    await expect(counters.charge(both)).rejects.toThrow(CountersUnavailable);
    expect((await counters.charge(one('1', '2', 60, 'a'))).granted).toBe(true);
  });

  it('refill nothing when the server is full', async () => {
    const counters = store();
    await counters.charge(one('1', '5'));
    await admin.configSet('maxmemory', '1');
    await expect(counters.charge(one('1', '5'))).rejects.toThrow('it answered OOM');
    await admin.configSet('maxmemory', '0');
    expect(await counters.charge(one('5', '5'))).toMatchObject({ remaining: '4' });
  });

  it('open another connection when theirs is closed', async () => {
    const counters = store();
    await counters.charge(one('1', '2'));
    const clients = (await admin.clientList()).filter(({ id }) => id !== ownId);
    for (const { id } of clients) await admin.clientKill({ filter: 'ID', id });
    expect((await chargeOnceUp(counters, one('1', '2'))).granted).toBe(true);
    expect((await counters.charge(one('1', '2'))).granted).toBe(false);
  });

  it('count no more once they are closed', async () => {
    const counters = store();
    await counters.charge(one('1', '2'));
    await counters.dispose();
    await expect(counters.charge(one('1', '2'))).rejects.toThrow(CountersUnavailable);
    await until(async () => (await admin.clientList()).every(({ id }) => id === ownId));
  });
});

describe('a Redis that is killed and started again', () => {
  afterEach(close);

  it('fails each charge at once while it is down, and then has what it had counted', async () => {
    const counters = store();
    for (let count = 0; count < 3; count++) await counters.charge(one('1', '5'));
    const given = await counters.charge(one('1', '5'));
    const inFlight = Promise.allSettled(
      Array.from({ length: 50 }, () => counters.charge(one('0', '5'))),
    );
    await server.kill();
    for (const result of await inFlight) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(CountersUnavailable);
    }
    for (let attempt = 0; attempt < 20; attempt++) {
      const start = performance.now();
      await expect(counters.charge(one('1', '5'))).rejects.toThrow(CountersUnavailable);
      expect(performance.now() - start).toBeLessThan(900);
    }
    if (given.granted) await given.release();
    await server.start();
    expect((await chargeOnceUp(counters, one('1', '5'))).granted).toBe(true);
    expect(await counters.charge(one('1', '5'))).toMatchObject({ remaining: '0' });
  });

  it('fails within a second when it answers nothing, and then at once', async () => {
    const counters = store();
    await counters.charge(one('1', '5'));
    server.pause();
    try {
      const start = performance.now();
      await expect(counters.charge(one('1', '5'))).rejects.toThrow('no answer within a second');
      expect(performance.now() - start).toBeLessThan(5000);
      const again = performance.now();
      await expect(counters.charge(one('1', '5'))).rejects.toThrow('no answer within a second');
      expect(performance.now() - again).toBeLessThan(900);
    } finally {
      server.resume();
    }
    // What was sent before may have been counted, though nobody heard of it.
    const result = await chargeOnceUp(counters, one('9', '5'));
    expect(['3', '4']).toContain('remaining' in result && result.remaining);
  });

  it('fails within a second when it lets nobody in', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const start = performance.now();
    await expect(store(`redis://127.0.0.1:${port}`).charge(one('1', '5'))).rejects.toThrow(
      CountersUnavailable,
    );
    expect(performance.now() - start).toBeLessThan(5000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe('the password of a Redis', () => {
  afterEach(close);
  const secret = 'hunter2%2Fslash';
  const address = (): string => server.url.replace(password, secret).replace(':@', 'x@');

  it.each([
    ['is wrong', () => address()],
    ['goes to a server that is not there', () => address().replace(/:\d+$/, ':1')],
    ['goes to a host that is not there', () => address().replace('127.0.0.1', 'nowhere.invalid')],
    ['goes to a server without TLS', () => address().replace('redis:', 'rediss:')],
  ])('is not told when it %s', async (_, url) => {
    const counters = store(url());
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await counters.charge(one('1', '5')).catch((reason) => reason);
      expect(error).toBeInstanceOf(CountersUnavailable);
      const shown = inspect([error, counters], { depth: 20, showHidden: true, getters: true });
      expect(shown + JSON.stringify([error, counters]) + String(error.stack)).not.toContain(
        'hunter2',
      );
    }
  });

  it('is not told by the counters while they work', async () => {
    const counters = store();
    await counters.charge(one('1', '5'));
    const shown = inspect(counters, { depth: 20, showHidden: true, customInspect: false });
    expect(shown + JSON.stringify(counters) + inspect(counters)).not.toContain(password);
  });

  it.each([
    'http://:hunter2@localhost:6379',
    'redis://:hunter2@localhost:not-a-port',
    'redis://:hunter2@localhost:6379/database',
    'redis://:hunter2%@localhost:6379',
    'hunter2',
    'unix:///hunter2.sock',
    '',
  ])('is not told when the address is %s, which is refused', (url) => {
    let error: unknown;
    try {
      new RedisCounters(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RangeError);
    expect(inspect(error, { showHidden: true })).not.toContain('hunter2');
  });
});
