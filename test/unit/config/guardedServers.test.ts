import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuardedServers } from '../../../src/config/guardedServers';
import { MemoryFiles } from './memoryFiles';

const paths = { configFile: '/w/mcp.json', guardedFile: '/w/guarded.json', recordDirectory: '/r' };
const text = `{
	"inputs": [{ "type": "promptString", "id": "t", "description": "d" }],
	"servers": {
		// About a.
		"a": { "command": "a", "gallery": "https://g.test" },
		"b": { "url": "https://b.test" },
		"c": { "command": "c" } // c
	}
}
`;

function start(
  config: string | undefined,
  guarded?: string,
): { files: MemoryFiles; servers: GuardedServers } {
  const files = new MemoryFiles();
  if (config !== undefined) files.texts.set(paths.configFile, config);
  if (guarded !== undefined) files.texts.set(paths.guardedFile, guarded);
  return { files, servers: new GuardedServers(paths, files) };
}

async function states(servers: GuardedServers): Promise<Record<string, string>> {
  const status = await servers.status();
  return Object.fromEntries(status.servers.map(({ label, state }) => [label, state]));
}

describe('guarding', () => {
  it('moves the entry with its comments into a file that says what it is', async () => {
    const { files, servers } = start(text);
    await servers.guard(['c', 'a']);
    expect(files.texts.get(paths.configFile)).toBe(`{
	"inputs": [{ "type": "promptString", "id": "t", "description": "d" }],
	"servers": {
		"b": { "url": "https://b.test" }
	}
}
`);
    expect(
      files.texts.get(paths.guardedFile),
    ).toBe(`// MCP servers guarded by Toolgate: moved here from mcp.json, and moved back by "Restore".
{
	"servers": {
		// About a.
		"a": { "command": "a", "gallery": "https://g.test" },
		"c": { "command": "c" } // c
	}
}
`);
  });

  it('keeps mcp.json when its last server leaves', async () => {
    const { files, servers } = start('{"servers":{"a":{"command":"x"}}}');
    await servers.guard(['a']);
    expect(files.texts.get(paths.configFile)).toBe('{"servers":{}}');
  });

  it('writes the record first, then the new place, then the old one', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a']);
    await servers.restore(['a']);
    const order = files.log.map((line) => line.replace(/\/r\/.*/, 'record'));
    expect(order).toEqual([
      'write record',
      'write /w/guarded.json',
      'write /w/mcp.json',
      'write /w/mcp.json',
      'remove /w/guarded.json',
      'remove record',
    ]);
  });

  it('shows both texts of each file beforehand and writes nothing', async () => {
    const { files, servers } = start(text);
    const { changes } = await servers.planGuard(['a']);
    expect(changes.map(({ file, before }) => [file, before])).toEqual([
      [paths.guardedFile, undefined],
      [paths.configFile, text],
    ]);
    expect(files.log).toEqual([]);
    expect((await servers.guard(['a'])).changes).toEqual(changes);
  });

  it('changes nothing for a server that is guarded already', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a']);
    const writes = files.log.length;
    expect((await servers.guard(['a'])).changes).toEqual([]);
    expect(files.log).toHaveLength(writes);
  });

  it('finishes a guard that was interrupted', async () => {
    const { files, servers } = start(text);
    files.crashAt = 2;
    await expect(servers.guard(['a'])).rejects.toThrow('crash');
    expect(await states(servers)).toEqual({ a: 'both', b: 'unguarded', c: 'unguarded' });
    files.crashAt = Number.POSITIVE_INFINITY;
    await servers.guard(['a']);
    expect(await states(servers)).toEqual({ a: 'guarded', b: 'unguarded', c: 'unguarded' });
    await servers.restoreAll();
    expect(files.texts.get(paths.configFile)).toBe(text);
  });

  it('does two things at once one after the other', async () => {
    const { servers } = start(text);
    await Promise.all([servers.guard(['a']), servers.guard(['b']), servers.guard(['c'])]);
    expect(await states(servers)).toEqual({ a: 'guarded', b: 'guarded', c: 'guarded' });
  });
});

describe('refusing', () => {
  const other = '{"servers":{"a":{"command":"other"}}}';
  const cases: readonly (readonly [what: string, config: string, guarded: string, code: string])[] =
    [
      ['a label that neither file has', '{"servers":{}}', '{"servers":{}}', 'unknownLabel'],
      ['different content in both files', text, other, 'conflict'],
      ['a syntax error in mcp.json', '{"servers":', other, 'invalidFile'],
      ['a syntax error in the guarded file', text, '{"servers":', 'invalidFile'],
      ['a label twice', '{"servers":{"a":{},"a":{}}}', '', 'duplicateLabel'],
    ];
  it.each(cases)(
    '%s stops guard and restore, and nothing is written',
    async (_, config, guarded, code) => {
      const { files, servers } = start(config, guarded);
      await expect(servers.guard(['a'])).rejects.toMatchObject({ code });
      await expect(servers.restore(['a'])).rejects.toMatchObject({ code });
      expect(files.log).toEqual([]);
    },
  );

  it('names every label in conflict', async () => {
    const { servers } = start(text, '{"servers":{"a":{"x":1},"b":{"x":1}}}');
    await expect(servers.restoreAll()).rejects.toMatchObject({
      details: { labels: ['a', 'b'] },
    });
  });

  it.each([paths.configFile, paths.guardedFile])(
    'a plan is void when %s changed meanwhile',
    async (file) => {
      const { files, servers } = start(text, '{"servers":{}}');
      const plan = await servers.planGuard(['a']);
      const newer = `${files.texts.get(file)} `;
      files.texts.set(file, newer);
      await expect(servers.apply(plan)).rejects.toMatchObject({ code: 'changedMeanwhile' });
      expect(files.texts.get(file)).toBe(newer);
      expect(files.log).toEqual([]);
    },
  );
});

describe('restoring', () => {
  it('is exact after the guarded file was reformatted', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a']);
    const guarded = files.texts.get(paths.guardedFile)!;
    files.texts.set(
      paths.guardedFile,
      guarded
        .replace('{ "command": "a", ', '{\r\n        "command":"a",\r\n')
        .replace(/\t/g, '    '),
    );
    await servers.restore(['a']);
    expect(files.texts.get(paths.configFile)).toBe(text);
  });

  it('brings an entry back as it was edited, at its old place', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a', 'b', 'c']);
    const guarded = files.texts.get(paths.guardedFile)!;
    files.texts.set(paths.guardedFile, guarded.replace('https://b.test', 'https://new.test'));
    await servers.restore(['b']);
    await servers.restore(['a', 'c']);
    expect(files.texts.get(paths.configFile)).toBe(
      text.replace('https://b.test', 'https://new.test'),
    );
  });

  it('keeps what the person wrote into mcp.json meanwhile', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a', 'c']);
    const edit = (t: string): string => t.replace('"b":', '// Mine.\n\t\t"n": {},\n\t\t"b":');
    files.texts.set(paths.configFile, edit(files.texts.get(paths.configFile)!));
    await servers.restore(['c']);
    await servers.restore(['a']);
    expect(files.texts.get(paths.configFile)).toBe(
      text.replace('\t\t// About a.\n', '\t\t// Mine.\n\t\t"n": {},\n\t\t// About a.\n'),
    );
  });

  it('works without a record, as in the checkout of a teammate', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a', 'b', 'c']);
    for (const file of files.texts.keys()) if (file.startsWith('/r')) files.texts.delete(file);
    await new GuardedServers(paths, files).restoreAll();
    expect(files.texts.get(paths.configFile)).toBe(text);
    expect(files.texts.has(paths.guardedFile)).toBe(false);
  });

  it('works without mcp.json', async () => {
    const { files, servers } = start(undefined, '{"servers":{"a":{"command":"x"}}}');
    await servers.restore(['a']);
    expect(files.texts.get(paths.configFile)).toBe(
      '{\n\t"servers": {\n\t\t"a":{"command":"x"}\n\t}\n}\n',
    );
  });

  it('keeps a guarded file in which the person wrote something', async () => {
    const { files, servers } = start(text);
    await servers.guard(['a']);
    const guarded = files.texts.get(paths.guardedFile)!;
    files.texts.set(paths.guardedFile, guarded.replace('{\n', '{\n\t// Ask Ann.\n'));
    await servers.restore(['a']);
    expect(files.texts.get(paths.guardedFile)).toContain('// Ask Ann.');
  });

  it('ignores a record that is broken', async () => {
    const { files, servers } = start(text);
    await servers.guard(['c']);
    for (const file of files.texts.keys()) if (file.startsWith('/r')) files.texts.set(file, '{');
    await servers.restore(['c']);
    expect(files.texts.get(paths.configFile)).toBe(text);
  });

  it('drops the guarded copy when mcp.json has the same entry again', async () => {
    const { files, servers } = start('{"servers":{"a":{"x":1}}}', '{"servers":{"a":{ "x": 1 }}}');
    await servers.restore(['a']);
    expect(files.texts.get(paths.configFile)).toBe('{"servers":{"a":{"x":1}}}');
    expect(files.texts.get(paths.guardedFile)).toBe('{"servers":{}}');
  });
});

describe('the status', () => {
  it('tells for each server where it is, and reports the problems of both files', async () => {
    const { servers } = start(
      text,
      `{"inputs": [{"type": "promptString", "id": "t", "description": "other"}],
        "servers":{"a":{"command":"a2"},"z":{"command":"z"},"bad":7}}`,
    );
    const status = await servers.status();
    expect(status.servers.map(({ label, state, file }) => [label, state, file])).toEqual([
      ['a', 'both', paths.configFile],
      ['b', 'unguarded', paths.configFile],
      ['c', 'unguarded', paths.configFile],
      ['z', 'guarded', paths.guardedFile],
      ['bad', 'guarded', paths.guardedFile],
    ]);
    expect(status.servers[0]!.entry).toMatchObject({ type: 'stdio', command: 'a' });
    expect(status.inputs).toMatchObject([{ id: 't', description: 'd' }]);
    expect(status.problems).toMatchObject([{ file: paths.guardedFile, label: 'bad' }]);
  });

  it('survives files that cannot be parsed', async () => {
    const { servers } = start('{"servers":{"a":{"command":"x"}', '[');
    const status = await servers.status();
    expect(status.servers.map(({ label }) => label)).toEqual(['a']);
    expect(new Set(status.problems.map(({ file }) => file)).size).toBe(2);
  });
});

describe('real files', () => {
  let root: string;
  const real = () => ({
    configFile: join(root, '.vscode', 'mcp.json'),
    guardedFile: join(root, '.vscode', 'mcp.guarded.json'),
    recordDirectory: join(root, 'storage'),
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'toolgate-config-'));
    await mkdir(join(root, '.vscode'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('keep their mode, and the record is private', async () => {
    await writeFile(real().configFile, text);
    await chmod(real().configFile, 0o666);
    await new GuardedServers(real()).guard(['a']);
    expect((await stat(real().configFile)).mode & 0o777).toBe(0o666);
    const [record] = await readdir(real().recordDirectory);
    expect((await stat(join(real().recordDirectory, record!))).mode & 0o777).toBe(0o600);
    expect((await readdir(join(root, '.vscode'))).sort()).toEqual(['mcp.guarded.json', 'mcp.json']);
  });

  it('stay private when mcp.json is private', async () => {
    await writeFile(real().configFile, text, { mode: 0o600 });
    await new GuardedServers(real()).guard(['a']);
    expect((await stat(real().guardedFile)).mode & 0o777).toBe(0o600);
  });

  it('are written through a symbolic link', async () => {
    const target = join(root, 'shared.json');
    await writeFile(target, text);
    await symlink(target, real().configFile);
    const servers = new GuardedServers(real());
    await servers.guard(['a']);
    expect(await readFile(target, 'utf8')).not.toContain('About a');
    await servers.restoreAll();
    expect(await readFile(target, 'utf8')).toBe(text);
    expect(await readdir(real().recordDirectory)).toEqual([]);
  });

  it('that are not UTF-8 are left alone', async () => {
    await writeFile(real().configFile, Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(new GuardedServers(real()).guard(['a'])).rejects.toMatchObject({
      code: 'notUtf8',
    });
  });
});
