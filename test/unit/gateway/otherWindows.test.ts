import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OtherWindows } from '../../../src/gateway/otherWindows';

let directory = '';
let opened: OtherWindows[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolgate-windows-'));
  opened = [];
});
afterEach(() => {
  for (const window of opened) window.dispose();
  rmSync(directory, { recursive: true, force: true });
});

function open(name: string, pid = process.pid): OtherWindows {
  const window = new OtherWindows(join(directory, 'waiting'), name, pid);
  opened.push(window);
  return window;
}

const later = (): number => Date.now() + 60_000;

describe('a window in which calls wait', () => {
  it('is seen in the others, and not in itself, until nothing waits', () => {
    const shop = open('shop');
    const blog = open('blog', process.ppid);
    let changes = 0;
    blog.onDidChange(() => changes++);
    shop.tell(2, later());
    for (const window of [shop, blog]) window.look();
    expect(blog.waiting).toMatchObject([{ window: 'shop', pending: 2 }]);
    expect(shop.waiting).toEqual([]);
    blog.look();
    expect(changes).toBe(1);
    shop.tell(0, 0);
    blog.look();
    expect(blog.waiting).toEqual([]);
    expect(changes).toBe(2);
  });

  it('says nothing of the calls', () => {
    const until = later();
    open('shop').tell(1, until);
    const [file] = readdirSync(join(directory, 'waiting'));
    const text = readFileSync(join(directory, 'waiting', file!), 'utf8');
    expect(JSON.parse(text)).toEqual({ pid: process.pid, window: 'shop', pending: 1, until });
  });

  it('does not count once its process has gone, and leaves nothing behind', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    open('gone', child.pid).tell(1, later());
    const blog = open('blog');
    expect(blog.waiting).toHaveLength(1);
    child.kill();
    await once(child, 'exit');
    blog.look();
    expect(blog.waiting).toEqual([]);
    expect(readdirSync(join(directory, 'waiting'))).toEqual([]);
  });

  it('does not count beyond the time of its calls, or when its note is damaged', () => {
    const blog = open('blog');
    open('late', process.ppid).tell(1, Date.now() - 1);
    writeFileSync(join(directory, 'waiting', '1.json'), '{"pid":1,"pending":"many"}');
    writeFileSync(join(directory, 'waiting', '2.json'), '{');
    blog.look();
    expect(blog.waiting).toEqual([]);
  });

  it('is forgotten when it closes', () => {
    const shop = open('shop');
    shop.tell(1, later());
    const file = join(directory, 'waiting', `${process.pid}.json`);
    expect(existsSync(file)).toBe(true);
    shop.dispose();
    expect(existsSync(file)).toBe(false);
  });
});
