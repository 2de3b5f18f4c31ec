import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HaltSwitch } from '../../../src/gateway/haltSwitch';

function inFolder(): { file: string; open: () => HaltSwitch } {
  const folder = mkdtempSync(join(tmpdir(), 'toolgate-halt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'storage', 'halted');
  const open = (): HaltSwitch => {
    const opened = new HaltSwitch(file);
    onTestFinished(() => opened.dispose());
    return opened;
  };
  return { file, open };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the switch that halts everything', () => {
  it('is not thrown at first, and tells of each change once', () => {
    const one = inFolder().open();
    const heard: boolean[] = [];
    one.onDidChange(() => heard.push(one.isHalted));
    expect(one.isHalted).toBe(false);
    for (const act of ['halt', 'halt', 'resume', 'resume'] as const) one[act]();
    expect(heard).toEqual([true, false]);
  });

  it('stays thrown over a restart, until it is resumed', () => {
    const { open } = inFolder();
    open().halt();
    const next = open();
    expect(next.isHalted).toBe(true);
    next.resume();
    expect(open().isHalted).toBe(false);
  });

  it('is thrown in every window that has the same file', () => {
    const { open } = inFolder();
    const [one, other] = [open(), open()];
    one.halt();
    vi.advanceTimersByTime(500);
    expect(other.isHalted).toBe(true);
  });

  it('is not resumed by a program that deletes the file, nor by another window', () => {
    const { file, open } = inFolder();
    const [one, other] = [open(), open()];
    one.halt();
    vi.advanceTimersByTime(500);
    rmSync(file);
    vi.advanceTimersByTime(5000);
    expect([one.isHalted, other.isHalted]).toEqual([true, true]);
    one.resume();
    vi.advanceTimersByTime(5000);
    expect([one.isHalted, other.isHalted]).toEqual([false, true]);
  });

  it('is thrown where the file cannot be looked at', () => {
    const { file, open } = inFolder();
    writeFileSync(join(file, '..', '..', 'storage'), 'no folder');
    expect(open().isHalted).toBe(true);
  });

  it('is thrown even when that cannot be remembered, and then says so', () => {
    const { file, open } = inFolder();
    const one = open();
    writeFileSync(join(file, '..', '..', 'storage'), 'no folder');
    expect(() => one.halt()).toThrow();
    expect(one.isHalted).toBe(true);
    expect(() => one.resume()).toThrow();
    expect(one.isHalted).toBe(true);
  });

  it('needs no file', () => {
    const one = new HaltSwitch();
    one.halt();
    expect(one.isHalted).toBe(true);
    one.resume();
    expect(one.isHalted).toBe(false);
  });
});
