import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { junitXml } from '../../../src/cli/junit';
import { testPolicies } from '../../../src/cli/test';
import { UsageError } from '../../../src/cli/usage';

const policy = '{ "version": "1", "default": "deny", "tools": { "read": {} } }';
const item = (name: string, tool: string, expected: string): string =>
  `{ "name": "${name}", "server": "s", "tool": "${tool}", "expect": "${expected}" }`;

let folder: string;
const home = process.cwd();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'toolgate-test-'));
  process.chdir(folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

function file(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += text;
    return true;
  });
  const code = await testPolicies(args).finally(() => vi.restoreAllMocks());
  return { code, ...written };
}

describe('toolgate test', () => {
  it('judges the cases of .vscode and the folders below, and not of packages', async () => {
    for (const place of ['.vscode', 'a/b', '.git', 'node_modules/x', '.']) {
      file(`${place}/policy.json`, policy);
      file(`${place}/p.policy-test.json`, `{ "cases": [${item('n', 'read', 'allow')}] }`);
    }
    expect(await run()).toEqual({ code: 0, out: '3 passed, 0 failed\n', err: '' });
  });

  it('prints a line for each case that fails, with its place', async () => {
    file('policy.json', policy);
    file(
      'p.policy-test.json',
      `{\n  "cases": [\n    ${item('good', 'read', 'allow')},\n    ${item('bad', 'write', 'allow')}\n  ]\n}`,
    );
    expect(await run('p.policy-test.json')).toEqual({
      code: 1,
      out: 'p.policy-test.json:4:5: bad: expected allow, got deny, code denied (rule /default)\n1 passed, 1 failed\n',
      err: '',
    });
  });

  it('tests the policy that the file names, relative to it', async () => {
    file('policies/own.json', policy);
    file(
      'tests/p.policy-test.json',
      `{ "policy": "../policies/own.json", "cases": [${item('n', 'read', 'allow')}] }`,
    );
    expect((await run('tests')).code).toBe(0);
  });

  it('knows the workspace of a policy in .vscode', async () => {
    file(
      '.vscode/policy.json',
      '{ "version": "1", "default": "deny", "tools": { "t": { "require": [{ "path": "server", "op": "eq", "value": "s" }] } } }',
    );
    file('.vscode/p.policy-test.json', `{ "cases": [${item('n', 't', 'allow')}] }`);
    expect((await run()).code).toBe(0);
  });

  it('says so where there is no case', async () => {
    expect(await run()).toMatchObject({
      code: 1,
      err: expect.stringContaining('No case was found'),
    });
    file('policy.json', policy);
    file('p.policy-test.json', '{ "cases": [] }');
    expect(await run()).toMatchObject({
      code: 1,
      err: expect.stringContaining('No case was found'),
    });
  });

  it('names every mistake of a test and of a policy, and still judges the others', async () => {
    file('a/policy.json', policy);
    file('a/p.policy-test.json', '{ "cases": [\n{ "name": 1, "server": "s", "tool": "t" }] }');
    file('b/policy.json', '{ "version": "2", "default": "deny" }');
    file('b/p.policy-test.json', '{ "cases": [] }');
    file('c/p.policy-test.json', '{ "cases": [] }');
    file('d/policy.json', policy);
    file('d/p.policy-test.json', `{ "cases": [${item('n', 'read', 'allow')}] }`);
    const { code, out } = await run();
    expect(code).toBe(2);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^a\/p\.policy-test\.json:2:1: error: "expect" is missing/);
    expect(lines[1]).toMatch(/^a\/p\.policy-test\.json:2:11: error: Write a name/);
    expect(lines[2]).toMatch(/policy\.json:1:14: error: Write "version": "1"\.$/);
    expect(lines[3]).toMatch(
      /^c\/p\.policy-test\.json: error: .*policy\.json cannot be read \(ENOENT\)\.$/,
    );
    expect(lines[4]).toBe('1 passed, 0 failed, 3 unreadable');
  });

  it('writes names so that nothing hides in them', async () => {
    file('policy.json', policy);
    file('p.policy-test.json', `{ "cases": [${item('a\\u001b[2J\\nb', 'write', 'allow')}] }`);
    const { out } = await run();
    expect(out).not.toContain('\u001b');
    expect(out.trimEnd().split('\n')).toHaveLength(2);
  });

  it('writes the results for CI', async () => {
    file('policy.json', policy);
    file(
      'p.policy-test.json',
      `{ "cases": [${item('good', 'read', 'allow')}, ${item('bad', 'x', 'allow')}] }`,
    );
    expect((await run('--junit', 'out.xml')).code).toBe(1);
    const xml = readFileSync(join(folder, 'out.xml'), 'utf8');
    expect(xml).toContain('<testsuites name="toolgate" tests="2" failures="1" errors="0">');
    expect(xml).toContain('<testcase name="good" classname="p.policy-test.json"');
    expect(xml).toContain('<failure message="expected allow, got deny');
  });

  it.each([
    [['none'], 'none cannot be read (ENOENT)'],
    [['--junit'], 'junit'],
    [['--loud'], 'loud'],
    [['--junit', 'no/such/folder.xml'], 'cannot be written (ENOENT)'],
  ])('%j is a mistake in the call', async (args, words) => {
    const error = await run(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(words);
  });
});

describe('the XML for CI', () => {
  it('is well-formed whatever the names', () => {
    const hostile = '</testcase><x a="\'&">\u0000\u001b\ud800\ufffe]]>\n\t😀';
    const xml = junitXml([
      {
        file: hostile,
        cases: [
          { name: hostile, line: 3 },
          { name: 'b', line: 4, failure: { kind: 'failure', message: hostile } },
          { name: 'c', line: 5, failure: { kind: 'error', message: 'no' } },
        ],
      },
    ]);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    expect(xml).not.toMatch(/\ud800/u);
    expect(xml).toContain('&lt;/testcase&gt;&lt;x a=&quot;&apos;&amp;&quot;&gt;]]&gt;&#10;&#9;😀');
    expect(xml).toContain('tests="3" failures="1" errors="1"');
    const tags = [...xml.matchAll(/<(\/?)([a-z]+)((?:\s[a-z]+="[^"<]*")*)\s*(\/?)>/g)];
    const open: string[] = [];
    for (const [, closes, name, , empty] of tags) {
      if (closes) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name!);
    }
    expect(open).toEqual([]);
    const rest = xml.replace(/<\?xml[^>]*\?>|<\/?[a-z]+(?:\s[a-z]+="[^"<]*")*\s*\/?>/g, '');
    expect(rest).not.toMatch(/[<>]/);
  });
});
