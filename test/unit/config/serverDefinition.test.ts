import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { LaunchContext } from '../../../src/config/launch';
import { parseMcpConfig } from '../../../src/config/mcpConfig';
import { type ServerDefinition, serverDefinition } from '../../../src/config/serverDefinition';
import { digestOf } from '../../../src/gateway/pins/definition';

const folder = mkdtempSync(join(tmpdir(), 'toolgate-definition-'));
const program = join(folder, 'tool');
writeFileSync(program, '#!/bin/sh\n');
chmodSync(program, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

interface Facts {
  readonly settings?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly envFile?: string;
}

function definitionOf(text: string, facts: Facts = {}): Promise<ServerDefinition> {
  const { servers, inputs } = parseMcpConfig(text);
  const never = async (): Promise<undefined> => {
    throw new Error('Somebody was asked.');
  };
  const context: LaunchContext = {
    folder: { name: 'f', path: folder },
    homedir: '/home/me',
    cwd: '/',
    processEnv: { PATH: facts.path ?? folder },
    platform: 'linux',
    readFile: async () => {
      if (facts.envFile === undefined) throw new Error('none');
      return facts.envFile;
    },
    resolver: { config: async (key) => facts.settings?.[key], input: never, command: never },
  };
  return serverDefinition(servers[0]!, inputs, context);
}

const entry = (members: string, more = ''): string =>
  `{ "servers": { "s": { ${members} } } ${more} }`;

it('holds the entry, and the program that runs', async () => {
  expect(await definitionOf(entry('"command": "tool", "args": ["a"], "x": 1'))).toEqual({
    entry: { command: 'tool', args: ['a'], x: 1 },
    program,
  });
});

it.each([
  ['space and comments', entry('"command":"tool", // ours\n  "args": ["a"]')],
  ['the order of keys', entry('"args": ["a"], "command": "tool"')],
])('is the same with other %s', async (_, text) => {
  const before = digestOf(await definitionOf(entry('"command": "tool", "args": ["a"]')));
  expect(digestOf(await definitionOf(text))).toBe(before);
});

const settings = { 'tool.path': 'tool' };
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of VS Code's
const asks = entry('"command": "tool", "args": ["${input:x}"]', ', "inputs": [INPUT]');
const options = (command: string): string =>
  asks.replace('INPUT', `{ "id": "x", "type": "command", "command": "${command}" }`);
const byFile = entry('"command": "tool", "envFile": "${workspaceFolder}/.env"');

it.each<[string, [string, Facts?], [string, Facts?]]>([
  ['an argument', [entry('"command": "tool", "args": ["a"]')], [entry('"command": "tool"')]],
  [
    'the value of a variable',
    [entry('"command": "tool", "env": {"NODE_OPTIONS": ""}')],
    [entry('"command": "tool", "env": {"NODE_OPTIONS": "--require evil"}')],
  ],
  ['a url', [entry('"url": "https://a.test"')], [entry('"url": "https://b.test"')]],
  [
    'the program behind a name',
    [entry('"command": "tool"')],
    [entry('"command": "tool"'), { path: '/none' }],
  ],
  [
    'the value of a setting',
    [entry('"command": "${config:tool.path}"'), { settings }],
    [entry('"command": "${config:tool.path}"'), { settings: { 'tool.path': '/bin/sh' } }],
  ],
  ['the command of an input', [options('a.b')], [options('workbench.evil')]],
  [
    'the names in its envFile',
    [byFile, { envFile: 'A=1' }],
    [byFile, { envFile: 'A=1\nLD_PRELOAD=x' }],
  ],
  ['an envFile that is gone', [byFile, { envFile: 'A=1' }], [byFile]],
])('is another with %s', async (_, before, after) => {
  expect(digestOf(await definitionOf(...before))).not.toBe(digestOf(await definitionOf(...after)));
});

it('is the same when a secret of its envFile is another', async () => {
  const [a, b] = [{ envFile: 'A=1' }, { envFile: 'A=2' }];
  expect(await definitionOf(byFile, a)).toEqual(await definitionOf(byFile, b));
});

it('knows no program where its name is asked for, and asks nobody', async () => {
  expect(await definitionOf(entry('"command": "${input:which}"'))).toMatchObject({ program: null });
  expect(await definitionOf(entry('"command": "./tool"'))).toMatchObject({ program });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of VS Code's

it('is there for an entry that cannot be started', async () => {
  expect(await definitionOf(entry('"command": 5'))).toEqual({ entry: { command: 5 } });
});
