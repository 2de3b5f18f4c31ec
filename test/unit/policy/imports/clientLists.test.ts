import { describe, expect, it } from 'vitest';
import { importClaude } from '../../../../src/policy/imports/claude';
import { importCursor } from '../../../../src/policy/imports/cursor';
import { detectFormat } from '../../../../src/policy/imports/detectFormat';
import { importVsCode } from '../../../../src/policy/imports/vsCode';
import { fixture, judge, policyOf } from './support';

const pathsLeft = ({ left }: ReturnType<typeof importClaude>): string[] =>
  left.map(({ path }) => path);

describe('the permissions of Claude Code', () => {
  const imported = importClaude(fixture('settings.claude.json'));
  const policy = policyOf(imported);

  it.each([
    ['github', 'get_me', 'allow', 'the whole server is allowed'],
    ['github', 'delete_repo', 'deny', 'a denial comes before the permission of the server'],
    ['github', 'drop_branch', 'deny', 'so does one over all servers'],
    ['files', 'read_text', 'allow', 'the pattern allows it'],
    ['files', 'read_secret', 'require_approval', 'a question comes before a permission'],
    ['files', 'write_text', 'require_approval', 'nothing is said of it'],
    ['other', 'drop_all', 'deny', 'a denial over all servers'],
    ['other', 'x__drop_all', 'deny', 'whose "*" may reach into the tool'],
    ['other', 'list', 'require_approval', 'nothing is said of it'],
    ['old', 'list', 'deny', 'the server is switched off'],
  ])('%s %s: %s, since %s', (server, tool, verdict) => {
    expect(judge(policy, tool, {}, server).verdict).toBe(verdict);
  });

  it('list what they could not say', () => {
    expect(pathsLeft(imported)).toEqual(['permissions.allow[2]', 'permissions.allow[3]']);
  });

  it('ask at every call where a rule asks', () => {
    expect(judge(policy, 'read_secret', {}, 'files')).toMatchObject({
      approval: { remember: false },
    });
  });

  it('switch a server off as a whole', () => {
    for (const kind of ['sampling', 'elicitation', 'roots', 'resources', 'prompts'] as const) {
      expect(policy.accessTo(kind, 'old').access).toBe('deny');
    }
  });

  it.each([
    [undefined, 'require_approval', 'require_approval'],
    ['default', 'require_approval', 'require_approval'],
    ['acceptEdits', 'require_approval', 'require_approval'],
    ['dontAsk', 'deny', 'deny'],
    ['bypassPermissions', 'allow', 'require_approval'],
  ])('in mode %s: unnamed tools %s, those that ask %s', (defaultMode, unnamed, asked) => {
    const text = JSON.stringify({ permissions: { defaultMode, ask: ['mcp__s__ask'] } });
    const result = policyOf(importClaude(text));
    expect(judge(result, 'other').verdict).toBe(unnamed);
    expect(judge(result, 'ask').verdict).toBe(asked);
  });

  it.each([
    ['{ "permissions": { "allow": ["Read"] } }', 'permissions.allow[0]'],
    ['{ "permissions": { "allow": ["*"] } }', 'permissions.allow[0]'],
    ['{ "permissions": { "allow": ["mcp__a*__b"] } }', 'permissions.allow[0]'],
    ['{ "permissions": { "deny": ["mcp__a__b(x)"] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "deny": ["mcp__a__b?"] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "deny": ["mcp__"] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "deny": ["mcp____proto____x"] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "deny": ["mcp__a__\\u200bb"] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "deny": [5] } }', 'permissions.deny[0]'],
    ['{ "permissions": { "defaultMode": "auto" } }', 'permissions.defaultMode'],
    ['{ "permissions": { "additionalDirectories": ["/x"] } }', 'permissions.additionalDirectories'],
    ['{ "hooks": {} }', 'hooks'],
    ['{ "enabledMcpjsonServers": ["a"] }', 'enabledMcpjsonServers'],
    ['{ "deniedMcpServers": [{ "serverUrl": "https://x" }] }', 'deniedMcpServers[0]'],
    ['{ "disabledMcpjsonServers": ["__proto__"] }', 'disabledMcpjsonServers[0]'],
    ['{ "disabledMcpjsonServers": ["a*"] }', 'disabledMcpjsonServers[0]'],
  ])('%s: %s is listed', (text, path) => {
    const result = importClaude(text);
    policyOf(result);
    expect(pathsLeft(result)).toEqual([path]);
  });

  it('deny all for "*"', () => {
    const all = policyOf(
      importClaude('{ "permissions": { "deny": ["*"], "allow": ["mcp__a__b"] } }'),
    );
    expect(judge(all, 'b', {}, 'a').verdict).toBe('deny');
  });
});

describe('the permissions of Cursor', () => {
  const imported = importCursor(fixture('cli.cursor.json'));
  const policy = policyOf(imported);

  it.each([
    ['docs', 'read_page', 'allow'],
    ['docs', 'delete_page', 'deny'],
    ['web', 'search', 'allow'],
    ['web', 'fetch', 'require_approval'],
  ])('%s %s: %s', (server, tool, verdict) => {
    expect(judge(policy, tool, {}, server).verdict).toBe(verdict);
  });

  it('list what they could not say', () => {
    expect(pathsLeft(imported)).toEqual(['permissions.allow[0]']);
  });

  it('take the list of permissions.json too', () => {
    const result = importCursor('{ "mcpAllowlist": ["a:b", "*:c", "d"], "terminalAllowlist": [] }');
    const lists = policyOf(result);
    expect(judge(lists, 'b', {}, 'a').verdict).toBe('allow');
    expect(judge(lists, 'b', {}, 'x').verdict).toBe('require_approval');
    expect(judge(lists, 'c', {}, 'x').verdict).toBe('allow');
    expect(pathsLeft(result)).toEqual(['mcpAllowlist[2]', 'terminalAllowlist']);
  });

  it.each([
    ['allowlist', 'require_approval', 0],
    ['unrestricted', 'allow', 0],
    ['auto-review', 'require_approval', 1],
  ])('in mode %s: unnamed tools %s', (approvalMode, verdict, left) => {
    const result = importCursor(JSON.stringify({ approvalMode }));
    expect(judge(policyOf(result), 'x').verdict).toBe(verdict);
    expect(result.left).toHaveLength(left);
  });

  it.each(['Mcp(a)', 'Mcp(a:)', 'Mcp(:b)', 'Mcp(a:{b,c})', 'Mcp(__proto__:b)', 'Mcp(a:b', 'Mcp'])(
    'list %s',
    (rule) => {
      const result = importCursor(JSON.stringify({ permissions: { deny: [rule] } }));
      policyOf(result);
      expect(pathsLeft(result)).toEqual(['permissions.deny[0]']);
    },
  );
});

describe('the settings of VS Code', () => {
  const imported = importVsCode(fixture('settings.vscode.json'));
  const policy = policyOf(imported);

  it.each([
    ['github', 'delete_repo', 'require_approval', 'it is not eligible, whatever else is approved'],
    ['io.example/files', 'write_file', 'require_approval', 'a label may hold slashes'],
    ['github', 'get_me', 'allow', 'everything is approved'],
    ['any', 'runTask', 'require_approval', 'a bare name is that of a tool of any server'],
    ['any', 'other', 'allow', 'everything is approved'],
  ])('%s %s: %s, since %s', (server, tool, verdict) => {
    expect(judge(policy, tool, {}, server).verdict).toBe(verdict);
  });

  it('list what they could not say', () => {
    expect(pathsLeft(imported)).toEqual(['chat.tools.terminal.autoApprove']);
  });

  it.each([
    ['{}', 'require_approval'],
    ['{ "chat.tools.autoApprove": true }', 'allow'],
    ['{ "chat.tools.eligibleForAutoApproval": { "s/t": true } }', 'require_approval'],
    ['{ "chat.mcp.access": "none", "chat.tools.global.autoApprove": true }', 'deny'],
    ['{ "chat.mcp.enabled": false }', 'deny'],
    ['{ "chat.mcp.access": "all" }', 'require_approval'],
  ])('%s: %s', (text, verdict) => {
    const result = importVsCode(text);
    expect(result.left).toEqual([]);
    expect(judge(policyOf(result), 't').verdict).toBe(verdict);
  });

  it.each([
    ['{ "chat.mcp.access": "registry" }', 'chat.mcp.access'],
    ['{ "chat.mcp.serverSampling": {} }', 'chat.mcp.serverSampling'],
    [
      '{ "chat.tools.eligibleForAutoApproval": { "*": false } }',
      'chat.tools.eligibleForAutoApproval.*',
    ],
    [
      '{ "chat.tools.eligibleForAutoApproval": { "a/": false } }',
      'chat.tools.eligibleForAutoApproval.a/',
    ],
    [
      '{ "chat.tools.eligibleForAutoApproval": { "__proto__": false } }',
      'chat.tools.eligibleForAutoApproval.__proto__',
    ],
    [
      '{ "chat.tools.eligibleForAutoApproval": { "a": "no" } }',
      'chat.tools.eligibleForAutoApproval.a',
    ],
  ])('%s: %s is listed', (text, path) => {
    const result = importVsCode(text);
    policyOf(result);
    expect(pathsLeft(result)).toEqual([path]);
  });
});

describe('a file that cannot be read', () => {
  const importers = { importClaude, importCursor, importVsCode };
  it.each(Object.entries(importers))('is refused by %s, with the place', (_, convert) => {
    const texts: readonly (readonly [string, number])[] = [
      ['', 0],
      ['[]', 0],
      ['{ "a": }', 7],
      ['{ "a": 1, "a": 2 }', 10],
      [`{ "a": ${'['.repeat(1_000_000)}`, 70],
    ];
    for (const [text, offset] of texts) {
      const { document, problems } = convert(text);
      expect(document).toBeUndefined();
      expect(problems[0]?.offset).toBe(offset);
    }
  });

  it.each([
    [importClaude, '{ "permissions": 5 }', 17],
    [importClaude, '{ "permissions": { "deny": "mcp__a" } }', 27],
    [importClaude, '{ "deniedMcpServers": "a" }', 22],
    [importCursor, '{ "permissions": { "deny": "Mcp(a:b)" } }', 27],
    [importVsCode, '{ "chat.tools.global.autoApprove": "yes" }', 35],
    [importVsCode, '{ "chat.tools.eligibleForAutoApproval": [] }', 40],
  ])('of the wrong form is refused', (convert, text, offset) => {
    expect(convert(text).problems).toEqual([{ message: expect.any(String), offset }]);
  });
});

describe('whose file it is', () => {
  it.each([
    ['shop.yaml', fixture('shop.intercept.yaml'), 'intercept'],
    ['a.json', '{ "version": "1", "tools": { "t": { "rules": [] } } }', 'intercept'],
    ['a.json', fixture('settings.claude.json'), 'claude'],
    ['a.json', '{ "permissions": { "ask": [] } }', 'claude'],
    ['a.json', '{ "disabledMcpjsonServers": [] }', 'claude'],
    ['a.json', fixture('cli.cursor.json'), 'cursor'],
    ['a.json', '{ "mcpAllowlist": [] }', 'cursor'],
    ['a.json', fixture('settings.vscode.json'), 'vscode'],
    ['/x/.claude/settings.json', '{ "permissions": {} }', 'claude'],
    ['C:\\x\\.cursor\\cli.json', '{ "permissions": {} }', 'cursor'],
    ['.vscode/settings.json', '{}', 'vscode'],
    ['a.json', '{ "permissions": { "allow": [] } }', undefined],
    ['policy.json', '{ "version": "1", "default": "deny", "tools": { "t": {} } }', undefined],
    ['a.txt', 'hello', undefined],
    ['a.json', '{ "permissions": ', undefined],
  ])('%s: %j is of %s', (path, text, format) => {
    expect(detectFormat(path, text)).toBe(format);
  });

  it.each([['\n'], [' '], ['\t\n'], ['version'], ['[']])(
    'is told in good time of a file of nothing but %j',
    (part) => {
      const before = performance.now();
      expect(detectFormat('a', part.repeat(1_000_000 / part.length))).toBeUndefined();
      expect(performance.now() - before).toBeLessThan(2000);
    },
  );
});
