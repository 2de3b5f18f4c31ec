/**
 * Writes src/catalogue/catalogue.json: npm run catalogue [-- --only <package>] [-- --force]. Servers
 * are only installed and started, never used: `initialize` and lists are all that they are asked.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CatalogueEntry, CatalogueFile } from '../../src/catalogue/catalogueFile';
import { visibleLine } from '../../src/common/visibleText';
import { install, newestVersion } from './install';
import { listTools } from './listing';
import { type Package, packages } from './packages';

const path = fileURLToPath(new URL('../../src/catalogue/catalogue.json', import.meta.url));
const longestReason = 400;

type Servers = Map<string, CatalogueEntry>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, force: { type: 'boolean' } },
  });
  const wanted = packages.filter(({ name }) => values.only?.includes(name) ?? true);
  if (wanted.length === 0) throw new Error('test/catalogue/packages.ts has no such package.');
  const servers = await knownServers();
  let failures = 0;
  for (const one of wanted) {
    try {
      const version = await newestVersion(one.name);
      if (servers.get(one.name)?.version === version && !values.force) continue;
      const entry = await entryOf(one, version);
      servers.set(one.name, entry);
      await write(servers);
      console.log(`${one.name} ${version}: ${Object.keys(entry.tools).length} tools`);
    } catch (error) {
      // What was known of it stays.
      failures++;
      const reason = (error as Error).message.slice(0, longestReason);
      console.log(visibleLine(`${one.name} failed: ${reason}`));
    }
  }
  await write(servers);
  // Laid out as the rest of the sources is, so that a diff shows tools and not line breaks.
  execFileSync('npx', ['biome', 'check', '--write', path], { stdio: 'ignore' });
  console.log(`${servers.size} servers are in the catalogue; ${failures} failed now.`);
}

/** Those of the file that are still wanted. */
async function knownServers(): Promise<Servers> {
  const file: CatalogueFile = JSON.parse(await readFile(path, 'utf8'));
  const names = new Set(packages.map(({ name }) => name));
  return new Map(Object.entries(file.servers).filter(([name]) => names.has(name)));
}

async function entryOf(one: Package, version: string): Promise<CatalogueEntry> {
  const { name, args = [], env = {} } = one;
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-catalogue-'));
  try {
    await chmod(folder, 0o755);
    const { command, program } = await install(name, version, folder);
    const tools = await listTools(name, { file: program, args, env }, folder);
    return { version, command, ...(args.length > 0 && { args }), tools };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sorted, so that another run of the same changes nothing. */
async function write(servers: Servers): Promise<void> {
  const sorted = [...servers].sort(([a], [b]) => (a < b ? -1 : 1));
  const file: CatalogueFile = {
    generatedBy: 'npm run catalogue',
    servers: Object.fromEntries(sorted),
  };
  await writeFile(path, `${JSON.stringify(file, undefined, 2)}\n`);
}

void main();
