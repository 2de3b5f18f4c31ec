import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogueFile } from '../../../src/catalogue/catalogueFile';
import { canConfine, listTools } from '../../catalogue/listing';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'toolgate-listing-'));
beforeAll(() => chmodSync(folder, 0o755));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function json(path: string): CatalogueFile & { readonly version: string } {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

// Containers may not let a program be started without network: then none is started.
describe.runIf(canConfine())('listing the tools of a server of npm', () => {
  it('gives what the catalogue has of that version', async () => {
    const name = '@modelcontextprotocol/server-memory';
    const home = join('node_modules', name);
    const { version } = json(join(home, 'package.json'));
    const file = join(root, home, 'dist/index.js');
    const tools = await listTools(name, { file, args: [], env: {} }, folder);
    expect(Object.keys(tools)).toContain('delete_entities');
    const known = json('src/catalogue/catalogue.json').servers[name]!;
    if (known.version === version) expect(tools).toEqual(known.tools);
    else expect(tools.delete_entities!.slice(0, 2)).toEqual(['Destructive', 'critical']);
  });
});
