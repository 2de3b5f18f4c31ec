import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { importPolicy } from '../../../src/cli/import';
import { UsageError } from '../../../src/cli/usage';
import { parsePolicy } from '../../../src/policy/parsePolicy';

const folder = mkdtempSync(join(tmpdir(), 'toolgate-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const fixture = (name: string): string => join('test/fixtures/imports', name);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
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
  const code = await importPolicy(args).finally(() => vi.restoreAllMocks());
  return { code, ...written };
}

describe('toolgate import', () => {
  it.each([
    ['shop.intercept.yaml', 'Intercept', 3],
    ['settings.claude.json', 'Claude Code', 2],
    ['cli.cursor.json', 'Cursor', 1],
    ['settings.vscode.json', 'VS Code', 1],
  ])('tells whose file %s is, and prints a policy that names it', async (name, product, left) => {
    const { code, out, err } = await run(fixture(name));
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^// Imported from ${name} \\(${product}\\)\\.\n`));
    expect(parsePolicy(out).problems).toEqual([]);
    expect(parsePolicy(out).document).toBeDefined();
    expect(err.trimEnd().split('\n')).toHaveLength(left);
    expect(err.startsWith(`${fixture(name)}: `)).toBe(true);
  });

  it('with --strict ends with 1 where anything was left out', async () => {
    expect((await run('--strict', fixture('settings.claude.json'))).code).toBe(1);
    const whole = file('whole.yaml', 'version: "1"\ntools: { t: { rules: [] } }');
    expect(await run(whole, '--strict')).toMatchObject({ code: 0, err: '' });
  });

  it('takes the word of --from', async () => {
    const path = file('bare.json', '{ "permissions": { "deny": ["mcp__a__b"] } }');
    expect((await run(path, '--from', 'claude')).out).toContain('"action": "deny"');
    expect((await run(path, '--from', 'cursor')).err).toContain('no rule for MCP tools');
  });

  it('writes names so that nothing hides in them, on the terminal and in comments', async () => {
    const path = file(
      'hostile.yaml',
      'version: "1"\ntools:\n  "a\\e[2J\\u2028\\n\\"x\\": 1": { rules: [] }\n  ok: { rules: [] }\n',
    );
    const { code, out, err } = await run(path);
    expect(code).toBe(0);
    expect(err).not.toMatch(/\u001b|\u2028/);
    expect(err.split('\n')).toHaveLength(2);
    expect(Object.keys(parsePolicy(out).document?.tools ?? {})).toEqual(['ok']);
  });

  it.each([
    [[], 'file to import is missing'],
    [[join(folder, 'none')], 'ENOENT'],
    [
      [fixture('cli.cursor.json'), '--from', 'emacs'],
      '--from must be one of intercept, vscode, claude, cursor',
    ],
    [[fixture('cli.cursor.json'), '--loud'], 'loud'],
    [[file('some.txt', 'hello')], '--from'],
    [
      [file('bad.yaml', 'version: "1"\ntools: { t: { rules: 5 } }')],
      'bad.yaml:2:22: "rules" must be a list.',
    ],
    [
      [file('bad.json', '{\n  "permissions": 5,\n  "disabledMcpjsonServers": [] }')],
      'bad.json:2:18: "permissions" must be an object.',
    ],
  ])('%j is one line with place and remedy', async (args, words) => {
    const error = await run(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).not.toContain('\n');
  });
});
