import { describe, expect, it } from 'vitest';
import { conditionInWords, type LikenessFacts, likenessOf } from '../../../src/policy/likeness';

const facts: LikenessFacts = {
  category: 'Write',
  paths: {
    platform: 'posix',
    caseInsensitive: false,
    workspaceFolder: '/home/me/shop',
    homedir: '/home/me',
  },
  known: [],
  relative: true,
  isSecret: (key) => key === 'token',
};
const windows: LikenessFacts = {
  ...facts,
  paths: {
    platform: 'windows',
    caseInsensitive: true,
    workspaceFolder: 'C:\\me\\shop',
    homedir: 'C:\\Users\\me',
  },
};
const long = 'Lorem ipsum. '.repeat(20);

type Case = readonly [
  what: string,
  args: Readonly<Record<string, unknown>>,
  words: readonly string[],
  changes?: Partial<LikenessFacts>,
];

const cases: readonly Case[] = [
  [
    'the folder of a file, relative to the workspace',
    { path: '/home/me/shop/notes/a.md', content: long },
    ['path lies in notes'],
  ],
  [
    'the whole folder in a policy of all workspaces',
    { path: 'notes/a.md', content: long },
    ['path lies in /home/me/shop/notes'],
    { relative: false },
  ],
  [
    'a folder outside the workspace as it is',
    { path: '/srv/data/a.csv', content: long },
    ['path lies in /srv/data'],
  ],
  ['a name without an ending itself', { path: '/srv/data/logs' }, ['path lies in /srv/data/logs']],
  ['a folder by its key', { cwd: '/srv/v1.2' }, ['cwd lies in /srv/v1.2']],
  ['the folders of a list', { paths: ['src/a.ts', 'test/b.ts'] }, ['paths[*] lies in src or test']],
  [
    'the whole workspace for reading only',
    { path: '/home/me/shop/a.md' },
    ['path lies in .'],
    { category: 'Read' },
  ],
  [
    'otherwise the file itself',
    { path: '/home/me/shop/a.md' },
    ['the arguments are exactly these'],
  ],
  [
    'a folder of Windows',
    { path: 'C:\\me\\shop\\notes\\deep\\a.md' },
    ['path lies in notes/deep'],
    windows,
  ],
  [
    'a host, with the values beside it',
    { url: 'https://api.example.com/v1?x=1', method: 'GET' },
    ['url leads to api.example.com', 'method is GET'],
  ],
  [
    'equal values where nothing else bounds the call',
    { id: 7 },
    ['the arguments are exactly these'],
  ],
  ['a call without arguments', {}, ['the arguments are exactly these']],
  [
    'that nothing else is given which the tool knows',
    { path: 'notes/a.md', mode: 'w' },
    ['path lies in notes', 'mode is w', 'force is not given'],
    { known: ['path', 'mode', 'force'] },
  ],
  ['a key that is no plain word', { 'a b': '/srv/data/x' }, ['args["a b"] lies in /srv/data/x']],
];

describe('what a call suggests', () => {
  it.each(cases.map(([what, args, words, changes = {}]) => ({ what, args, words, changes })))(
    'is $what',
    ({ args, words, changes }) => {
      const likeness = likenessOf([args], { ...facts, ...changes });
      expect(likeness.kind === 'alike' && likeness.conditions.map(conditionInWords)).toEqual(words);
    },
  );

  it.each([
    ['free text', { command: `echo ${long}` }],
    ['text of several lines', { script: 'ls\nrm x' }],
    ['a secret', { token: 'abc' }],
    ['free text beside a short value', { text: long, channel: 5 }],
  ])('is nothing for %s', (_, args) => {
    expect(likenessOf([args], facts)).toMatchObject({
      kind: 'too_broad',
      why: expect.stringContaining('narrow enough'),
    });
  });

  it.each(['Execute', 'Destructive', 'Financial'] as const)(
    'is nothing for free text of a tool of the category %s, even in a folder',
    (category) => {
      const args = { cwd: '/srv/data/x', command: long };
      expect(likenessOf([args], { ...facts, category }).kind).toBe('too_broad');
      // The honest twin: what is short is compared as a whole.
      const short = likenessOf([{ ...args, command: 'npm test' }], { ...facts, category });
      expect(short).toMatchObject({ kind: 'alike', open: [] });
    },
  );

  it.each([
    '/',
    '/home',
    '/home/me',
    '/home/me/a.md',
    '/a.md',
    '/home/me/shop/../a.md',
    '/home/me/shop',
    '~/a.md',
    '/srv/$HOME/a.md',
    '/srv/%2e%2e/a.md',
  ])('is never a folder for %s', (path) => {
    for (const changes of [{}, { relative: false }]) {
      const likeness = likenessOf([{ path, content: long }], { ...facts, ...changes });
      expect(likeness.kind).toBe('too_broad');
    }
  });

  it.each(['C:\\', 'C:/', 'C:\\a.md', 'C:\\Users', 'C:\\Users\\me\\a.md', '\\\\server\\a\\b.md'])(
    'is never a folder for %s on Windows',
    (path) => {
      expect(likenessOf([{ path, content: long }], { ...facts, ...windows }).kind).toBe(
        'too_broad',
      );
    },
  );

  it.each([
    'https://me@api.example.com/',
    'https://api.example.com\\@evil.example/',
    'file:///etc/passwd',
    'javascript://x/%0a',
  ])('is never a host for %s', (url) => {
    expect(likenessOf([{ url, body: long }], facts).kind).toBe('too_broad');
  });
});

describe('what several calls suggest', () => {
  it('is every folder, host and value of theirs, as long as those are few', () => {
    const calls = ['a', 'b', 'a'].map((folder) => ({ path: `${folder}/x.md`, content: long }));
    expect(likenessOf(calls, facts)).toMatchObject({
      conditions: [{ path: 'args.path', op: 'under', value: ['a', 'b'] }],
    });
    const many = Array.from({ length: 9 }, (_, i) => ({ path: `${i}/x.md`, content: long }));
    expect(likenessOf(many, facts).kind).toBe('too_broad');
    expect(likenessOf([{ id: 1 }, { id: 2 }], facts)).toMatchObject({
      conditions: [{ path: 'args', op: 'in', value: [{ id: 1 }, { id: 2 }] }],
    });
  });

  it('is nothing where their arguments differ', () => {
    expect(likenessOf([{ id: 1 }, { id: 1, force: true }], facts).kind).toBe('too_broad');
  });
});
