import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CatalogueEntry, CatalogueFile } from '../../../src/catalogue/catalogueFile';
import { loadCatalogue, PackageCatalogue } from '../../../src/catalogue/packageCatalogue';
import { reportTools } from '../../../src/cli/report';
import { UsageError } from '../../../src/cli/usage';

const folder = mkdtempSync(join(tmpdir(), 'toolgate-report-'));
const config = join(folder, 'mcp.json');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const catalogue = join(root, 'src/catalogue/catalogue.json');
let packages = loadCatalogue;
const policy = join(folder, 'policy.json');

// A server of a few lines that says of itself what it is given.
const server = `
import { createInterface } from 'node:readline';
const tools = JSON.parse(process.argv[2]);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line);
  const result = method === 'initialize'
    ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
    : { tools };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
});
`;
const inputSchema = { type: 'object' };
const tools = [
  { name: 'read_file', description: 'Read a file.', inputSchema },
  { name: 'delete_file', description: 'Delete a file <script>alert(1)</script>.', inputSchema },
];
const hidden = fileURLToPath(
  new URL('../../fixtures/servers/hiddenCharacters.mjs', import.meta.url),
);

beforeAll(() => {
  writeFileSync(join(folder, 'server.mjs'), server);
  writeFileSync(policy, '{ "version": "1", "default": "allow" }');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  packages = loadCatalogue;
});

function configure(more: object = {}): void {
  const args = [join(folder, 'server.mjs'), JSON.stringify(tools)];
  const servers = { files: { command: process.execPath, args }, ...more };
  writeFileSync(config, JSON.stringify({ servers }));
}

/** A server of npm that is installed here, in the version that the catalogue has. */
function memory(): { entry: object; version: string; file: CatalogueFile } {
  const name = '@modelcontextprotocol/server-memory';
  const file: CatalogueFile = JSON.parse(readFileSync(catalogue, 'utf8'));
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'),
  );
  return {
    entry: { command: 'npx', args: ['-y', `${name}@${version}`], cwd: root },
    version,
    file,
  };
}

/** Has the catalogue say something else of that server. */
function publish({ servers }: CatalogueFile, entry: CatalogueEntry): void {
  const changed = { ...servers, '@modelcontextprotocol/server-memory': entry };
  packages = async () => new PackageCatalogue({ servers: changed });
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
  const code = await reportTools(args, packages).finally(() => vi.restoreAllMocks());
  return { code, ...written };
}

describe('toolgate tools', () => {
  it('asks the servers for their tools and says what the recommended policy makes of them', async () => {
    configure();
    const { code, out, err } = await run('--config', config, '--format', 'json');
    expect([code, err]).toEqual([0, '']);
    const [files] = JSON.parse(out).servers;
    expect(files).toMatchObject({ label: 'files', grade: 'A' });
    expect(files.tools).toMatchObject([
      { name: 'delete_file', level: 'critical', standing: { action: 'require_approval' } },
      { name: 'read_file', standing: { action: 'allow' } },
    ]);
  });

  it('grades the same servers by the policy that is named', async () => {
    configure();
    const { out } = await run('--config', config, '--format', 'json', '--policy', policy);
    const [files] = JSON.parse(out).servers;
    expect(files.grade).toBe('E');
    expect(files.tools[0]).toMatchObject({ name: 'delete_file', standing: { action: 'allow' } });
  });

  it.each([
    ['md', /^# Risk report\n/],
    ['html', /^<!DOCTYPE html>\n/],
    ['sarif', /^\{\n {2}"\$schema": "https:\/\/json\.schemastore\.org\/sarif-2\.1\.0\.json"/],
  ])('writes the form %s to a file, over the last one', async (format, begins) => {
    configure();
    const out = join(folder, `report.${format}`);
    writeFileSync(out, 'of yesterday');
    const result = await run('--config', config, '--format', format, '--out', out);
    expect(result).toEqual({ code: 0, out: '', err: '' });
    const text = readFileSync(out, 'utf8');
    expect(text).toMatch(begins);
    expect(text).toContain('delete_file');
    expect(text).not.toContain('of yesterday');
  });

  it('names servers that fail, grades none of them, and goes on with the others', async () => {
    configure({ broken: { command: join(folder, 'no-such-program') } });
    const { code, out, err } = await run('--config', config);
    expect(code).toBe(1);
    expect(err).toMatch(/^toolgate: broken: .+\n$/);
    expect(out).toMatch(/## Server `broken`\n\nIts tools are not known: `.+`\n/);
    expect(out).toContain('### `delete_file`');
  });

  it('reports offline what the catalogue has, says so, and starts nothing', async () => {
    const started = join(folder, 'started');
    const args = ['-e', `require('node:fs').writeFileSync(${JSON.stringify(started)}, '')`];
    const { entry } = memory();
    configure({ memory: entry, unknown: { command: process.execPath, args } });
    const { code, out, err } = await run('--config', config, '--format', 'json', '--offline');
    expect(code).toBe(1);
    expect(err).toBe(
      'toolgate: files: It is not in the catalogue.\ntoolgate: unknown: It is not in the catalogue.\n',
    );
    expect(existsSync(started)).toBe(false);
    const { servers } = JSON.parse(out);
    expect(servers[1]).toMatchObject({ label: 'memory', grade: 'A' });
    expect(servers[1].notes).toEqual([expect.stringContaining('It was not started.')]);
    expect(servers[1].tools[0]).toMatchObject({ level: 'critical', category: 'Destructive' });
  });

  it('finds nothing in a real server that is what was published', async () => {
    const { entry, version, file } = memory();
    const known = file.servers['@modelcontextprotocol/server-memory']!;
    configure({ memory: entry });
    publish(file, { ...known, version });
    const { code, out } = await run('--config', config, '--format', 'json');
    const [, server] = JSON.parse(out).servers;
    expect([code, server.findings]).toEqual([0, 0]);
    expect(server.notes).toEqual([expect.stringMatching(/^Its tools are those of /)]);
  });

  it('finds the tools of a real server that are others than were published', async () => {
    const { entry, version, file } = memory();
    const known = file.servers['@modelcontextprotocol/server-memory']!;
    const { create_entities: _, ...rest } = known.tools;
    const tools = { ...rest, read_graph: ['Read', 'low', 0.9, 'x'.repeat(16)] as const };
    configure({ memory: entry });
    publish(file, { ...known, version, tools });
    const { out } = await run('--config', config, '--format', 'json');
    const [, server] = JSON.parse(out).servers;
    const found = server.tools.filter(({ findings }: { findings: unknown[] }) => findings.length);
    expect(found.map(({ name }: { name: string }) => name)).toEqual([
      'create_entities',
      'read_graph',
    ]);
    expect(found[0].findings).toMatchObject([{ class: 'not-as-published', severity: 'moderate' }]);
  });

  it('finds what a real server hides in its tools, and shows it', async () => {
    configure({ tricky: { command: process.execPath, args: [hidden] } });
    const { code, out } = await run('--config', config);
    expect(code).toBe(0);
    expect(out).toContain('hidden-chars');
    expect(out).toMatch(/\\u\{[0-9A-F]{4,}\}/);
    expect(out).not.toMatch(/[\p{Cf}\p{Co}]/u);
  });

  it.each([
    [[], '--config is missing'],
    [['--config', config, '--format', 'pdf'], '--format must be one of json, md, html, sarif'],
    [['--config', join(folder, 'none.json')], 'ENOENT'],
    [['--config', config, '--policy', config], 'mcp.json:'],
    [['--config', config, '--out', join(folder, 'no', 'r.md')], 'cannot be written (ENOENT)'],
  ])('%j is a mistake in the call', async (args, words) => {
    configure();
    const error = await run(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(words);
  });
});
