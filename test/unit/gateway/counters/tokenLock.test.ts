import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isGone, newLockOwner } from '../../../../src/gateway/counters/lockOwner';
import { TokenLock } from '../../../../src/gateway/counters/tokenLock';
import { startChild } from './support/processes';

let parent: string;
let directory: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'toolgate-lock-'));
  directory = join(parent, 'counters');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function newLock(patienceMs?: number): TokenLock {
  return new TokenLock(directory, async () => 's0', patienceMs);
}

/** An owner that is gone: this process, had it started at another time. */
function goneOwner(): string {
  return newLockOwner().replace(/_[^_]+(_[^_]+)$/, '_1$1');
}

describe('the lock', () => {
  it('lets one in at a time, and hands on what the last one said', async () => {
    let inside = 0;
    let most = 0;
    const seen: string[] = [];
    const work = async (lock: TokenLock): Promise<void> => {
      const state = await lock.take();
      most = Math.max(most, ++inside);
      seen.push(state);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      await lock.give(`s${Number(state.slice(1)) + 1}`);
    };
    const locks = Array.from({ length: 12 }, () => newLock());
    await Promise.all(
      locks.map(async (lock) => {
        for (let turn = 0; turn < 5; turn++) await work(lock);
      }),
    );
    expect(most).toBe(1);
    expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => `s${index}`));
    expect(readdirSync(parent)).toEqual(['counters']);
  });

  it('is taken over by exactly one of many when its holder is gone', async () => {
    for (let round = 0; round < 10; round++) {
      const first = newLock();
      await first.give(await first.take());
      const gone = `token.s0.${goneOwner()}`;
      renameSync(join(directory, 'token.s0.free'), join(directory, gone));
      const takers = Array.from({ length: 10 }, () => newLock(100));
      const results = await Promise.allSettled(takers.map((lock) => lock.take()));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(readdirSync(directory)).toHaveLength(1);
      rmSync(directory, { recursive: true });
    }
  });

  it('is not taken from a holder that is there, however long it takes', async () => {
    const holder = newLock();
    await holder.take();
    await expect(newLock(100).take()).rejects.toThrow(
      `held by process ${process.pid}. If it no longer runs, rename ${directory}`,
    );
    await holder.give('s7');
    expect(await newLock(100).take()).toBe('s7');
  });

  it('is taken over from a process that was killed', async () => {
    const child = startChild(['hold', directory]);
    await child.message();
    await expect(newLock(100).take()).rejects.toThrow(`held by process ${child.pid}.`);
    await child.kill();
    expect(await newLock(100).take()).toBe('none');
  });

  it('says so when it is no more', async () => {
    await newLock().take();
    for (const name of readdirSync(directory)) rmSync(join(directory, name));
    writeFileSync(join(directory, 'other'), '');
    await expect(newLock().take()).rejects.toThrow(`The counters in ${directory} are damaged`);
  });

  it('says so when there are two', async () => {
    await newLock().take();
    writeFileSync(join(directory, 'token.s1.free'), '');
    await expect(newLock().take()).rejects.toThrow('damaged');
  });
});

describe('a holder', () => {
  const [machine, boot, namespace, pid, since, nonce] = newLockOwner().split('_');
  it.each([
    ['this process', [machine, boot, namespace, pid, since, nonce], false],
    ['a process of another machine', ['0', boot, namespace, pid, since, nonce], false],
    ['a process before the machine restarted', [machine, '0', namespace, pid, since, nonce], true],
    ['a process of another container', [machine, boot, '0', '999999999', since, nonce], false],
    ['another that had this id before', [machine, boot, namespace, pid, '1', nonce], true],
    ['a process that has ended', [machine, boot, namespace, '999999999', since, nonce], true],
    ['no process at all', ['free'], false],
  ])('that is %s is judged', (_, owner, gone) => {
    expect(isGone(owner.join('_'))).toBe(gone);
  });
});
