import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActivityLog } from '../../../src/audit/activityLog';
import type { CallRecord } from '../../../src/gateway/enforcer';

let root = '';
let directory = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'toolgate-log-'));
  directory = join(root, 'log');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

function record(id: string, args: Record<string, unknown> = {}, forward = true): CallRecord {
  const call = { tool: 'read_file', arguments: args };
  const base = { decisionId: id, time: 0, call, observed: [] };
  return {
    judgement: forward
      ? {
          ...base,
          forward: true,
          code: 'allowed',
          edited: false,
          layer: 'workspace',
          rule: '/tools/read_file',
        }
      : { ...base, forward: false, refusal: { code: 'denied', layer: 'user', rule: '/default' } },
    caller: { server: 's', session: 'one', client: 'c' } as CallRecord['caller'],
    durationMs: 1.23456,
    outcome: forward ? 'ok' : 'not_forwarded',
  };
}

const names = (log: ActivityLog, count = 100): Promise<string[]> =>
  log.latest(count).then((entries) => entries.map(({ id }) => id));

describe('the record of calls', () => {
  it('keeps one line of JSON for each decision, with the keys of the arguments and no values', async () => {
    const log = new ActivityLog(directory, () => false);
    log.record(record('a', { path: '/secret', 'a\u202eb': 1 }));
    log.record(record('b', {}, false));
    await log.flush();
    const lines = readFileSync(log.path, 'utf8').split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('/secret');
    expect(JSON.parse(lines[0]!)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      id: 'a',
      server: 's',
      tool: 'read_file',
      verdict: 'allow',
      code: 'allowed',
      rule: '/tools/read_file',
      layer: 'workspace',
      durationMs: 1.235,
      outcome: 'ok',
      client: 'c',
      session: 'one',
      argumentKeys: ['path', 'a\\u{202E}b'],
    });
    expect(JSON.parse(lines[1]!)).toMatchObject({
      verdict: 'deny',
      code: 'denied',
      rule: '/default',
      layer: 'user',
      outcome: 'not_forwarded',
    });
  });

  it('keeps the values where the person has asked for them, from then on', async () => {
    let values = false;
    const log = new ActivityLog(directory, () => values);
    log.record(record('a', { path: 'x' }));
    values = true;
    log.record(record('b', { path: 'x' }));
    const [latest, first] = await log.latest(2);
    expect([first?.arguments, latest?.arguments]).toEqual([undefined, { path: 'x' }]);
  });

  it('cannot be forged by a name with a line feed in it, nor filled by a long one', async () => {
    const log = new ActivityLog(directory, () => false);
    const forged = record('a');
    const call = {
      tool: `x\n{"id":"forged"}${'y'.repeat(1e6)}`,
      arguments: { ['z'.repeat(1e6)]: 1 },
    };
    log.record({ ...forged, judgement: { ...forged.judgement, call } });
    expect(await names(log)).toEqual(['a']);
    expect(statSync(log.path).size).toBeLessThan(5000);
  });

  it('gives the latest entries, newest first, over all its files', async () => {
    const log = new ActivityLog(directory, () => true);
    const text = 'x'.repeat(3 * 1024 * 1024);
    for (let call = 0; call < 9; call++) {
      log.record(record(String(call), { text }));
      await log.flush();
    }
    expect(await names(log, 3)).toEqual(['8', '7', '6']);
    expect(await names(log)).toEqual(['8', '7', '6', '5', '4', '3', '2', '1', '0']);
    expect(existsSync(join(directory, 'activity.1.jsonl'))).toBe(true);
  });

  it('keeps at most four files', async () => {
    const log = new ActivityLog(directory, () => true);
    const text = 'x'.repeat(9 * 1024 * 1024);
    for (let call = 0; call < 6; call++) {
      log.record(record(String(call), { text }));
      await log.flush();
    }
    expect(await names(log)).toEqual(['5', '4', '3', '2']);
    expect(existsSync(join(directory, 'activity.4.jsonl'))).toBe(false);
  });

  it('goes on in the file of an earlier run, and leaves out lines that were cut', async () => {
    const first = new ActivityLog(directory, () => false);
    first.record(record('a'));
    await first.flush();
    writeFileSync(first.path, `${readFileSync(first.path, 'utf8')}{"id":"cut`);
    const second = new ActivityLog(directory, () => false);
    expect(await names(second)).toEqual(['a']);
    second.record(record('b'));
    expect(await names(second)).toEqual(['b', 'a']);
  });

  it('is for the eyes of its owner only', async () => {
    const log = new ActivityLog(directory, () => false);
    log.record(record('a'));
    await log.flush();
    expect(statSync(log.path).mode & 0o077).toBe(0);
    expect(statSync(directory).mode & 0o077).toBe(0);
  });
});

describe('a call that has begun', () => {
  it('is in the record before it is made, with an outcome that nobody knows', async () => {
    const log = new ActivityLog(directory, () => false);
    const { judgement, caller } = record('a');
    log.begin(judgement, caller);
    expect(readFileSync(log.path, 'utf8')).toContain('"outcome":"unknown"');
    // As after a crash: another run reads what the first has left.
    const [entry] = await new ActivityLog(directory, () => false).latest(1);
    expect(entry).toMatchObject({ id: 'a', outcome: 'unknown' });
  });

  it('is listed once when its end is known', async () => {
    const log = new ActivityLog(directory, () => false);
    const ended = record('a');
    log.begin(ended.judgement, ended.caller);
    log.record(ended);
    expect(await log.latest(10)).toMatchObject([{ id: 'a', outcome: ended.outcome }]);
  });
});

describe('a record that cannot be written', () => {
  it('says so until it can be written again, and loses nothing meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    writeFileSync(directory, 'a file where the folder should be');
    const log = new ActivityLog(directory, () => false);
    expect(log.failure).toMatch(/EEXIST|ENOTDIR/);
    log.record(record('a'));
    await log.flush();
    log.record(record('b'));
    await log.flush();
    expect(log.failure).toMatch(/ENOTDIR|EEXIST/);
    rmSync(directory);
    vi.advanceTimersByTime(1000);
    await log.flush();
    expect(log.failure).toBeUndefined();
    expect(await names(log)).toEqual(['b', 'a']);
  });

  it('is begun anew when its folder was deleted while it ran', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const log = new ActivityLog(directory, () => false);
    log.record(record('a'));
    await log.flush();
    rmSync(directory, { recursive: true });
    log.record(record('b'));
    await log.flush();
    vi.advanceTimersByTime(1000);
    await log.flush();
    expect(log.failure).toBeUndefined();
    expect(await names(log)).toEqual(['b']);
  });

  it('does not fill the memory with the refusals of an agent that goes on calling', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    writeFileSync(directory, '');
    const log = new ActivityLog(directory, () => false);
    for (let call = 0; call < 30_000; call++) log.record(record(`refused ${call}`, {}, false));
    log.record(record('made'));
    rmSync(directory);
    vi.advanceTimersByTime(1000);
    await log.flush();
    vi.advanceTimersByTime(1000);
    await log.flush();
    const kept = await names(log, 100_000);
    expect(kept[0]).toBe('made');
    expect(kept.length).toBeLessThanOrEqual(10_001);
  });
});
