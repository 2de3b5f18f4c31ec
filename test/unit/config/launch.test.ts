// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of VS Code look like this.
import { describe, expect, it } from 'vitest';
import { type LaunchContext, resolveLaunch, type StdioLaunch } from '../../../src/config/launch';
import { type McpEntry, parseMcpConfig } from '../../../src/config/mcpConfig';
import { usesInputs } from '../../../src/config/variables';

function entry(value: unknown): McpEntry {
  return parseMcpConfig(JSON.stringify({ servers: { s: value } })).servers[0]!.entry!;
}

interface Asked {
  readonly asked: string[];
}

function context(
  over: Partial<LaunchContext> = {},
  answers: Record<string, string> = {},
): LaunchContext & Asked {
  const asked: string[] = [];
  const answer = (kind: string) => async (id: string) => {
    asked.push(`${kind}:${id}`);
    return answers[id];
  };
  return {
    folder: { name: 'app', path: '/w/app' },
    folders: [
      { name: 'app', path: '/w/app' },
      { name: 'lib', path: '/w/other' },
    ],
    homedir: '/home/me',
    cwd: '/cwd',
    processEnv: { PATH: '/bin', HOME: '/home/me', KEEP: 'k', GONE: undefined },
    platform: 'linux',
    resolver: { config: answer('config'), command: answer('command'), input: answer('input') },
    readFile: async () => {
      throw Object.assign(new Error('ENOENT: /secret-path'), { code: 'ENOENT' });
    },
    asked,
    ...over,
  };
}

async function stdio(value: object, over: LaunchContext = context()): Promise<StdioLaunch> {
  const launch = await resolveLaunch(entry({ command: 'x', ...value }), over);
  if (launch.type !== 'stdio') throw new Error('expected stdio');
  return launch;
}

describe('starting a program', () => {
  it('runs in the workspace folder with the inherited environment', async () => {
    expect(await stdio({})).toEqual({
      type: 'stdio',
      command: 'x',
      args: [],
      cwd: '/w/app',
      env: { PATH: '/bin', HOME: '/home/me', KEEP: 'k' },
    });
  });

  it('runs in the home folder without a workspace folder', async () => {
    expect((await stdio({}, context({ folder: undefined }))).cwd).toBe('/home/me');
  });

  const directories: readonly (readonly [cwd: string, result: string])[] = [
    ['/abs', '/abs'],
    ['sub/../x', '/w/app/x'],
    ['~', '/home/me'],
    ['~/x', '/home/me/x'],
    ['~other', '/w/app/~other'],
    ['${workspaceFolder:lib}/x', '/w/other/x'],
    ['${userHome}', '/home/me'],
  ];
  it.each(directories)('takes the cwd %s as %s', async (cwd, result) => {
    expect((await stdio({ cwd })).cwd).toBe(result);
  });

  it('expands ~ in the command and the arguments only where it begins', async () => {
    const launch = await stdio({
      command: '~/bin/x',
      args: ['~', '~/a', 'a~', '--x=~/a', '$HOME'],
    });
    expect(launch.command).toBe('/home/me/bin/x');
    expect(launch.args).toEqual(['/home/me', '/home/me/a', 'a~', '--x=~/a', '$HOME']);
  });

  it('adds envFile, then env: numbers as text, null removes, PATH is appended', async () => {
    const files: string[] = [];
    const readFile = async (file: string): Promise<string> => {
      files.push(file);
      return '\uFEFFA=1 # comment\r\nexport B="two\\nlines"\nC=\'x\'\nKEEP=from file\n';
    };
    const env = { B: 3, C: null, PATH: '/mine', N: 0, E: '${env:KEEP}' };
    const launch = await stdio({ envFile: '.env', env }, context({ readFile }));
    expect(files).toEqual(['/w/app/.env']);
    expect(launch.env).toEqual({
      PATH: '/bin:/mine',
      HOME: '/home/me',
      KEEP: 'from file',
      A: '1',
      B: '3',
      N: '0',
      E: 'k',
    });
  });

  it('sets PATH when none is inherited', async () => {
    const launch = await stdio({ env: { PATH: '/mine' } }, context({ processEnv: {} }));
    expect(launch.env).toEqual({ PATH: '/mine' });
  });

  it('on Windows compares names without case and joins with a semicolon', async () => {
    const windows = context({
      platform: 'win32',
      folder: { name: 'app', path: 'C:\\w\\app' },
      homedir: 'C:\\Users\\me',
      processEnv: { Path: 'C:\\bin', SystemRoot: 'C:\\Windows', Temp: 'T' },
    });
    const launch = await stdio(
      {
        args: ['${env:SYSTEMROOT}', '${workspaceFolderBasename}${/}x', '~\\y'],
        cwd: 'sub',
        env: { PATH: 'D:\\b', TEMP: null },
      },
      windows,
    );
    expect(launch.args).toEqual(['C:\\Windows', 'app\\x', 'C:\\Users\\me\\y']);
    expect(launch.cwd).toBe('C:\\w\\app\\sub');
    expect(launch.env).toEqual({ Path: 'C:\\bin;D:\\b', SystemRoot: 'C:\\Windows' });
  });

  it('on other systems keeps names apart that differ in case', async () => {
    expect((await stdio({ env: { path: 'p', keep: 'x' } })).env).toMatchObject({
      PATH: '/bin',
      path: 'p',
      KEEP: 'k',
      keep: 'x',
    });
  });
});

describe('variables', () => {
  const known: readonly (readonly [text: string, result: string])[] = [
    ['${workspaceFolder}', '/w/app'],
    ['${workspaceFolder:lib}', '/w/other'],
    ['${workspaceFolderBasename}', 'app'],
    ['${userHome}', '/home/me'],
    ['${cwd}', '/w/app'],
    ['${pathSeparator}${/}', '//'],
    ['${env:KEEP}-${env:KEEP}', 'k-k'],
    ['${env:UNSET}', ''],
    ['${env:constructor}', ''],
    ['${config:a.b}', 'setting'],
    ['${command:ext.id}', 'ran'],
    ['${input:tok}', 's3cret'],
    ['$x $ { } {x} ${unclosed', '$x $ { } {x} ${unclosed'],
  ];
  const answers = { 'a.b': 'setting', 'ext.id': 'ran', tok: 's3cret' };
  it.each(known)('fills %s in', async (text, result) => {
    expect((await stdio({ args: [text] }, context({}, answers))).args).toEqual([result]);
  });

  const unresolved: readonly (readonly [text: string, code: string])[] = [
    ['${workspaceFolder:none}', 'unresolvedVariable'],
    ['${config:none}', 'unresolvedVariable'],
    ['${command:none}', 'unresolvedVariable'],
    ['${input:none}', 'unresolvedVariable'],
  ];
  it.each(unresolved)('stops at %s and says where it stands', async (text, code) => {
    await expect(stdio({ args: ['a', text] })).rejects.toMatchObject({
      code,
      details: { where: 'args[1]', variable: text },
      message: expect.stringContaining('args[1]'),
    });
  });

  it.each(['${nonsense}', '${HOME}', '${env:}', '${input}', '${env:${env:KEEP}}', '${__proto__}'])(
    'leaves %s as it is, for whoever it is meant',
    async (text) => {
      expect((await stdio({ args: [text] })).args).toEqual([text]);
    },
  );

  it('asks for an input once, however often it is used', async () => {
    const asking = context({}, { tok: 's', other: 'o' });
    const launch = await stdio(
      { args: ['${input:tok}', '${input:tok}'], env: { T: '${input:tok}', O: '${input:other}' } },
      asking,
    );
    expect(launch.args).toEqual(['s', 's']);
    expect(asking.asked).toEqual(['input:tok', 'input:other']);
  });

  it('does not expand what a value holds', async () => {
    const launch = await stdio(
      { args: ['${input:tok}', '${env:EVIL}'] },
      context({ processEnv: { EVIL: '${input:tok}' } }, { tok: '${env:AWS_SECRET} $& $1' }),
    );
    expect(launch.args).toEqual(['${env:AWS_SECRET} $& $1', '${input:tok}']);
  });

  it('tells beforehand which inputs an entry needs', () => {
    expect(
      usesInputs(
        entry({
          command: '${input:a}',
          args: ['${input:b}${input:a}'],
          env: { X: '${input:c}', N: 1 },
        }),
      ),
    ).toEqual(['a', 'b', 'c']);
    expect(usesInputs(entry({ url: 'https://${input:h}', headers: { A: '${input:t}' } }))).toEqual([
      'h',
      't',
    ]);
  });
});

describe('reaching a remote server', () => {
  it('keeps the type and fills in url and headers', async () => {
    const remote = entry({
      type: 'sse',
      url: 'https://${input:h}/mcp?x=1',
      headers: { Authorization: 'Bearer ${input:t}' },
    });
    expect(await resolveLaunch(remote, context({}, { h: 'x.test', t: 's' }))).toEqual({
      type: 'sse',
      url: 'https://x.test/mcp?x=1',
      headers: { Authorization: 'Bearer s' },
    });
  });

  it('fills in the client that it names for a sign-in', async () => {
    const remote = entry({
      url: 'https://x.test/mcp',
      oauth: { clientId: 'mine', clientSecret: '${input:s}', enterpriseManaged: false },
    });
    expect(await resolveLaunch(remote, context({}, { s: 's3cret' }))).toMatchObject({
      oauth: { clientId: 'mine', clientSecret: 's3cret' },
    });
  });
});

describe('refusing', () => {
  const cases: readonly (readonly [what: string, value: object, code: string, message: RegExp])[] =
    [
      ['a NUL in the command', { command: 'x${input:t}' }, 'invalidCommand', /command.*NUL/],
      [
        'a NUL in an argument',
        { command: 'x', args: ['${input:t}'] },
        'invalidCommand',
        /args\[0\]/,
      ],
      ['a NUL in the cwd', { command: 'x', cwd: '${input:t}' }, 'invalidCommand', /cwd/],
      ['a NUL in the environment', { command: 'x', env: { A: '${input:t}' } }, 'invalidEnv', /NUL/],
      ['an empty command', { command: '${env:NONE}' }, 'invalidCommand', /empty.*Name a program/],
      [
        'an envFile that is not there',
        { command: 'x', envFile: '${input:t}.env' },
        'envFileUnreadable',
        /envFile \$\{input:t\}\.env.*Create it/,
      ],
      ['a relative url', { url: '/${input:t}' }, 'invalidUrl', /https:\/\//],
      ['a file url', { url: 'file:///${input:t}' }, 'invalidUrl', /https:\/\//],
      ['a script url', { url: 'javascript:${input:t}' }, 'invalidUrl', /https:\/\//],
      [
        'a url with a password',
        { url: 'https://u:${input:p}@x.test' },
        'invalidUrl',
        /Authorization header/,
      ],
      [
        'a header with a line break',
        { url: 'https://x.test', headers: { A: '${input:n}' } },
        'invalidHeader',
        /headers\.A/,
      ],
      [
        'a header that is not Latin-1',
        { url: 'https://x.test', headers: { A: '${input:u}' } },
        'invalidHeader',
        /headers\.A/,
      ],
      [
        'a header name with a line break',
        { url: 'https://x.test', headers: { 'A\r\nB': 'x' } },
        'invalidHeader',
        /header/,
      ],
    ];
  it.each(cases)('%s, without telling a secret', async (_, value, code, message) => {
    const answers = { t: 's3cret\0', n: 's3cret\r\nX: y', u: 's3cret€', p: 's3cret' };
    const error: unknown = await resolveLaunch(entry(value), context({}, answers)).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    const { message: text, stack, details } = error as Error & { details: unknown };
    expect(`${text} ${stack} ${JSON.stringify(details)} ${JSON.stringify(error)}`).not.toContain(
      's3cret',
    );
    expect((error as Error).cause).toBeUndefined();
  });
});
