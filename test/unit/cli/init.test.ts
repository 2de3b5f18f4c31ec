import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { initPolicy } from '../../../src/cli/init';
import { UsageError } from '../../../src/cli/usage';
import { parsePolicy } from '../../../src/policy/parsePolicy';

const folder = mkdtempSync(join(tmpdir(), 'toolgate-init-'));
const config = join(folder, 'mcp.json');

// A server of a few lines: what it says of itself and its tools.
const server = `
import { createInterface } from 'node:readline';
const tools = process.argv.slice(2).map((name) => ({ name, inputSchema: { type: 'object' } }));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  const result = method === 'initialize'
    ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
    : { tools };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});
`;

beforeAll(() => {
  writeFileSync(join(folder, 'server.mjs'), server);
  writeServers({ files: ['read_file', 'delete_file'] });
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

function writeServers(tools: Record<string, string[]>, more: object = {}): void {
  const servers = Object.entries(tools).map(([label, names]) => [
    label,
    { command: process.execPath, args: [join(folder, 'server.mjs'), ...names] },
  ]);
  writeFileSync(config, JSON.stringify({ servers: { ...Object.fromEntries(servers), ...more } }));
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
  const code = await initPolicy(args).finally(() => vi.restoreAllMocks());
  return { code, ...written };
}

describe('toolgate init', () => {
  it.each(['strict', 'recommended', 'permissive', 'observe'])(
    'asks the servers for their tools and lists them under the preset %s',
    async (preset) => {
      writeServers({ files: ['read_file', 'delete_file'], bank: ['transfer_funds'] });
      const { code, out, err } = await run('--preset', preset, '--config', config);
      expect([code, err]).toEqual([0, '']);
      const { document, problems } = parsePolicy(out);
      expect(problems).toEqual([]);
      expect(Object.keys(document?.servers?.files?.tools ?? {})).toEqual([
        'read_file',
        'delete_file',
      ]);
      expect(Object.keys(document?.servers?.bank?.tools ?? {})).toEqual(['transfer_funds']);
      expect(out).toContain('// Destructive, critical');
    },
  );

  it('names servers that fail and goes on with the others', async () => {
    writeServers(
      { files: ['read_file'] },
      { broken: { command: join(folder, 'no-such-program') } },
    );
    const { code, out, err } = await run('--preset', 'recommended', '--config', config);
    expect(code).toBe(1);
    expect(err).toMatch(/^toolgate: broken: .*left to the rules of "risk"\.\n$/);
    expect(Object.keys(parsePolicy(out).document?.servers?.files?.tools ?? {})).toEqual([
      'read_file',
    ]);
  });

  it('writes a file, and never over one', async () => {
    writeServers({ files: ['read_file'] });
    const out = join(folder, 'policy.json');
    expect(await run('--preset', 'strict', '--config', config, '--out', out)).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    const text = readFileSync(out, 'utf8');
    expect(parsePolicy(text).problems).toEqual([]);
    await expect(run('--preset', 'permissive', '--config', config, '--out', out)).rejects.toThrow(
      'is there already',
    );
    expect(readFileSync(out, 'utf8')).toBe(text);
  });

  it.each([
    [['--config', config], '--preset is missing'],
    [
      ['--preset', 'lax', '--config', config],
      '--preset must be one of strict, recommended, permissive, observe',
    ],
    [['--preset', 'strict'], '--config is missing'],
    [['--preset', 'strict', '--config', join(folder, 'none.json')], 'ENOENT'],
    [
      ['--preset', 'strict', '--config', config, '--out', join(folder, 'no', 'policy.json')],
      'cannot be written (ENOENT)',
    ],
  ])('%j is a mistake in the call', async (args, words) => {
    writeServers({});
    const error = await run(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(words);
  });
});
