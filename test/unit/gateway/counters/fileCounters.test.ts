import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountersUnavailable } from '../../../../src/gateway/counters/counterStore';
import { FileCounters } from '../../../../src/gateway/counters/fileCounters';
import { one } from './support/charges';
import { TestClocks } from './support/clocks';
import { describeCounters } from './support/contract';
import { startChild } from './support/processes';

const hour = 3_600_000;

let parent: string;
let directory: string;
const open: FileCounters[] = [];

function makeDirectory(): void {
  parent = mkdtempSync(join(tmpdir(), 'toolgate-counters-'));
  directory = join(parent, 'counters');
}

function store(clocks?: TestClocks): FileCounters {
  const counters = new FileCounters(directory, clocks);
  open.push(counters);
  return counters;
}

async function close(): Promise<void> {
  await Promise.all(open.splice(0).map((counters) => counters.dispose()));
  rmSync(parent, { recursive: true, force: true });
}

function logs(): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith('counters.'));
  return names.sort().map((name) => join(directory, name));
}

describeCounters('counters in files', {
  open: async () => {
    makeDirectory();
    const clocks = new TestClocks();
    return { store: store(clocks), advance: (ms) => clocks.advance(ms) };
  },
  close,
  exactClock: true,
  propertyRuns: 60,
});

describe('counters in files', () => {
  beforeEach(makeDirectory);
  afterEach(close);

  it('outlive the process', async () => {
    const first = store();
    for (let count = 0; count < 3; count++) await first.charge(one('0.1', '0.3'));
    await first.dispose();
    expect(await store().charge(one('0.1', '0.3'))).toMatchObject({ granted: false });
  });

  it('are shared by two windows', async () => {
    const [left, right] = [store(), store()];
    const granted: boolean[] = [];
    for (let count = 0; count < 10; count++) {
      granted.push((await left.charge(one('1', '7'))).granted);
      granted.push((await right.charge(one('1', '7'))).granted);
    }
    expect(granted.filter(Boolean)).toHaveLength(7);
  });

  it('can be given back by one window while the other counts', async () => {
    const [left, right] = [store(), store()];
    const charge = await left.charge(one('1', '2'));
    await right.charge(one('1', '2'));
    if (charge.granted) await charge.release();
    expect((await right.charge(one('1', '2'))).granted).toBe(true);
    expect((await left.charge(one('1', '2'))).granted).toBe(false);
  });

  it('let exactly as many of 1,000 parallel calls from two processes through as fit', async () => {
    const children = [1, 2].map(() => startChild(['parallel', directory, '500', '700']));
    const granted = await Promise.all(children.map((child) => child.message()));
    expect(Number(granted[0]) + Number(granted[1])).toBe(700);
    expect(await store().charge(one('1', '700', 3600))).toMatchObject({ remaining: '0' });
  });

  it('go on when a process is killed while it holds the lock', async () => {
    const first = store();
    await first.charge(one('1', '2'));
    const child = startChild(['hold', directory]);
    await child.message();
    const waiting = first.charge(one('1', '2'));
    await child.kill();
    expect((await waiting).granted).toBe(true);
    expect((await store().charge(one('1', '2'))).granted).toBe(false);
  });

  it('have all that was granted by a process that is killed at any time', async () => {
    const max = 1_000_000;
    const read = store();
    let known = 0;
    for (let round = 0; round < 4; round++) {
      const child = startChild(['endless', directory, '0', `${max}`]);
      for (let count = 0; count < 5 + 7 * round; count++) await child.message();
      await child.kill();
      const result = await read.charge(one(`${max + 1}`, `${max}`, 3600));
      const counted = max - Number('remaining' in result && result.remaining);
      // One more may have been counted than the process lived to tell.
      expect(counted - known).toBeGreaterThanOrEqual(child.messages.length);
      expect(counted - known).toBeLessThanOrEqual(child.messages.length + 1);
      known = counted;
    }
  });

  it('are private, and do not tell what they count', async () => {
    await store().charge(one('1', '2', 60, 'workspace/secret-tool'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(directory, name), 'utf8')).not.toContain('secret-tool');
    }
  });

  it('stay small however much is counted', async () => {
    const clocks = new TestClocks();
    const counters = store(clocks);
    for (let batch = 0; batch < 40; batch++) {
      clocks.advance(10);
      const calls = Array.from({ length: 500 }, () => counters.charge(one('1', '1e9', 3600)));
      await Promise.all(calls);
    }
    expect(await counters.charge(one('1', '20000', 3600))).toMatchObject({ remaining: '0' });
    expect(logs()).toHaveLength(2);
    for (const log of logs()) expect(statSync(log).size).toBeLessThan(512 * 1024);
    expect(await store(clocks).charge(one('1', '20000', 3600))).toMatchObject({ remaining: '0' });
  });

  it('are not refilled or stopped by setting the clock, nor across restarts of the process', async () => {
    const clocks = new TestClocks();
    await store(clocks).charge(one('1', '1'));
    for (const change of [hour, -hour, -24 * hour, 48 * hour]) {
      clocks.setWall(change);
      for (const sources of [clocks, clocks.inAnotherProcess()]) {
        expect(await store(sources).charge(one('1', '1'))).toMatchObject({
          granted: false,
          retryAfterSeconds: 60,
        });
      }
    }
    clocks.advance(60_000);
    expect((await store(clocks).charge(one('1', '1'))).granted).toBe(true);
  });

  it('go by the wall clock when the machine was off', async () => {
    const clocks = new TestClocks();
    await store(clocks).charge(one('1', '1'));
    clocks.restartMachine(30_000, 'second');
    expect(await store(clocks).charge(one('1', '1'))).toMatchObject({ retryAfterSeconds: 30 });
    clocks.restartMachine(30_000, 'third');
    expect((await store(clocks).charge(one('1', '1'))).granted).toBe(true);
  });

  it('begin anew when the person removes the folder, and forget what was before', async () => {
    const counters = store(new TestClocks());
    const before = await counters.charge(one('1', '1'));
    rmSync(directory, { recursive: true });
    expect((await counters.charge(one('1', '1'))).granted).toBe(true);
    if (before.granted) await before.release();
    expect((await counters.charge(one('1', '1'))).granted).toBe(false);
  });

  it('are made where an empty folder is already', async () => {
    directory = parent;
    expect((await store().charge(one('1', '1'))).granted).toBe(true);
  });

  it('cannot be used where nothing can be written', async () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    const counters = new FileCounters(join(file, 'counters'));
    await expect(counters.charge(one('1', '1'))).rejects.toThrow(CountersUnavailable);
    await expect(counters.charge(one('1', '1'))).rejects.toThrow(file);
  });

  it('cannot be used where the person may not write', async () => {
    chmodSync(parent, 0o555);
    // Nothing is forbidden to root, so the process is somebody else's.
    const nobody = process.getuid?.() === 0 ? 65534 : undefined;
    const child = startChild(['parallel', directory, '1', '1'], nobody);
    expect(await child.message()).toMatch(/^CountersUnavailable: .* EACCES/);
    expect(readdirSync(parent)).toEqual([]);
    chmodSync(parent, 0o755);
  });

  it('count no more once they are closed, and give back in silence', async () => {
    const counters = store();
    const charge = await counters.charge(one('1', '1'));
    const last = counters.charge(one('1', '9', 60, 'other'));
    await counters.dispose();
    expect((await last).granted).toBe(true);
    await expect(counters.charge(one('1', '1'))).rejects.toThrow(CountersUnavailable);
    if (charge.granted) await charge.release();
    expect((await store().charge(one('1', '1'))).granted).toBe(false);
  });
});

describe('damaged files', () => {
  let original: string;

  beforeEach(async () => {
    makeDirectory();
    for (const [cost, key] of [
      ['1', 'k'],
      ['2', 'k'],
      ['1', 'other'],
    ] as const) {
      await store().charge(one(cost, '3', 3600, key));
    }
    await Promise.all(open.splice(0).map((counters) => counters.dispose()));
    original = join(parent, 'original');
    cpSync(directory, original, { recursive: true });
  });
  afterEach(close);

  async function expectStillCounted(): Promise<void> {
    expect(await store().charge(one('1', '3', 3600))).toMatchObject({
      granted: false,
      remaining: '0',
    });
  }

  async function expectUnavailable(): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await store()
        .charge(one('1', '3', 3600))
        .catch((reason) => reason);
      expect(error).toBeInstanceOf(CountersUnavailable);
      for (const log of logs()) expect(error.message).toContain(log);
      expect(error.message).toContain(`Remove ${directory} to begin anew.`);
    }
  }

  function restore(): void {
    rmSync(directory, { recursive: true });
    cpSync(original, directory, { recursive: true });
  }

  it('refill nothing, wherever one is cut short', async () => {
    const { size } = statSync(logs()[0]!);
    for (let length = 0; length < size; length++) {
      truncateSync(logs()[length % 2]!, length);
      await expectStillCounted();
      restore();
    }
  });

  it('refill nothing, wherever one is altered', async () => {
    const bytes = readFileSync(logs()[0]!);
    for (let at = 0; at < bytes.length; at += 3) {
      const altered = Buffer.from(bytes);
      altered[at]! ^= 1 << (at % 8);
      writeFileSync(logs()[0]!, altered);
      await expectStillCounted();
      restore();
    }
  });

  it('cannot be used where both are cut short, until they are removed', async () => {
    const { size } = statSync(logs()[0]!);
    for (let length = 0; length < size; length += 9) {
      truncateSync(logs()[0]!, length);
      truncateSync(logs()[1]!, Math.min(size - 1, length + 11));
      await expectUnavailable();
      restore();
    }
    for (const log of logs()) truncateSync(log, 0);
    await expectUnavailable();
    rmSync(directory, { recursive: true });
    expect((await store().charge(one('1', '3', 3600))).granted).toBe(true);
  });

  it('are made whole again by a process that knows what they held', async () => {
    const counters = store();
    await counters.charge(one('1', '3', 3600, 'third'));
    for (const log of logs()) truncateSync(log, 10);
    expect((await counters.charge(one('1', '3', 3600))).granted).toBe(false);
    expect((await counters.charge(one('1', '3', 3600, 'fourth'))).granted).toBe(true);
    await expectStillCounted();
  });

  it('are made whole again when one is gone', async () => {
    rmSync(logs()[0]!);
    await expectStillCounted();
    expect((await store().charge(one('1', '3', 3600, 'third'))).granted).toBe(true);
    expect(logs()).toHaveLength(2);
    rmSync(logs()[1]!);
    await expectStillCounted();
  });

  it('lose what a process left half written', async () => {
    for (const log of logs()) appendFileSync(log, '0123456789abcdef {"clock":{"ti');
    await expectStillCounted();
    expect((await store().charge(one('1', '3', 3600, 'third'))).granted).toBe(true);
    await expectStillCounted();
    for (const log of logs()) expect(readFileSync(log, 'utf8')).toMatch(/}\n$/);
  });

  it('count what was written before the power went, though the token does not know it yet', async () => {
    const token = (): string => readdirSync(directory).find((name) => name.startsWith('token'))!;
    const before = token();
    await store().charge(one('3', '3', 3600, 'third'));
    renameSync(join(directory, token()), join(directory, before));
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await store().charge(one('1', '3', 3600, 'third'))).granted).toBe(false);
    }
    await expectStillCounted();
  });

  it('cannot be used when the token is gone', async () => {
    for (const name of readdirSync(directory)) {
      if (name.startsWith('token')) rmSync(join(directory, name));
    }
    await expect(store().charge(one('1', '3', 3600))).rejects.toThrow(directory);
  });
});
