import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { discoverServers } from '../../../src/config/discovery';
import { MemoryFiles } from './memoryFiles';

const at = (...path: readonly string[]): string => join('/w', ...path);
const places = {
  folders: [at('a'), at('b')],
  workspaceFile: at('x.code-workspace'),
  userFile: at('user.json'),
};

describe('discovery', () => {
  it('finds the servers that Toolgate does not move', async () => {
    const files = new MemoryFiles({
      [at('a', '.mcp.json')]: '{"mcpServers": {"one": {"command": "x"}}}',
      [at('b', '.mcp.json')]: '{"two": {"type": "http", "url": "https://x.test"}}',
      [at('a', '.cursor', 'mcp.json')]: '{"mcpServers": {"three": {"url": "https://x.test"}}}',
      [at('x.code-workspace')]:
        '{"settings": {"mcp": {"servers": {"four": {"command": "x"}}}}} // c',
      [at('user.json')]: '{"servers": {"five": {"command": "x"}}}',
    });
    const { servers, problems } = await discoverServers(places, (file) => files.read(file));
    expect(
      servers.map(({ source, file, label, entry }) => [source, file, label, entry?.type]),
    ).toEqual([
      ['dotMcpJson', at('a', '.mcp.json'), 'one', 'stdio'],
      ['cursor', at('a', '.cursor', 'mcp.json'), 'three', 'http'],
      ['dotMcpJson', at('b', '.mcp.json'), 'two', 'http'],
      ['workspaceFile', at('x.code-workspace'), 'four', 'stdio'],
      ['user', at('user.json'), 'five', 'stdio'],
    ]);
    expect(problems).toEqual([]);
  });

  it('takes missing files for none', async () => {
    expect(await discoverServers({ folders: ['/nowhere/at/all'] })).toEqual({
      servers: [],
      problems: [],
    });
  });

  it('tells of a file that it cannot understand or read, and goes on', async () => {
    const { servers, problems } = await discoverServers(places, async (file) => {
      if (file.endsWith('user.json')) throw new Error('EACCES');
      if (file === at('a', '.mcp.json')) return '{"mcpServers": {"one": 1}}';
      return file === at('b', '.mcp.json') ? '{"two": {"command": "x"}}' : undefined;
    });
    expect(servers.map(({ label, entry }) => [label, entry?.type])).toEqual([
      ['one', undefined],
      ['two', 'stdio'],
    ]);
    expect(problems).toMatchObject([
      { source: 'dotMcpJson', problem: { code: 'notAnObject', label: 'one' } },
      { source: 'user', message: 'EACCES' },
    ]);
  });
});
