import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadCatalogue } from '../../../src/catalogue/packageCatalogue';
import { categories, levels } from '../../../src/risk/risk';
import { packages } from '../../catalogue/packages';

const path = fileURLToPath(new URL('../../../src/catalogue/catalogue.json', import.meta.url));
const text = readFileSync(path, 'utf8');

// Names, which have no blanks: nobody's sentences are in it.
const name = z.string().regex(/^[\w./:-]{1,100}$/);
const tool = z.tuple([
  z.enum(categories),
  z.enum(levels),
  z.number().min(0).max(1),
  z
    .string()
    .regex(/^[\w-]{16}$/)
    .nullable(),
]);
const schema = z.strictObject({
  generatedBy: z.literal('npm run catalogue'),
  servers: z.record(
    z.string().regex(/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/),
    z.strictObject({
      version: z.string().regex(/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/),
      command: name,
      args: z.array(name).optional(),
      tools: z.record(name, tool).refine((tools) => Object.keys(tools).length > 0),
    }),
  ),
});

describe('the catalogue', () => {
  const file = schema.parse(JSON.parse(text));
  const names = Object.keys(file.servers);

  it('holds many servers, and of each only names, judgements and digests', () => {
    expect(names.length).toBeGreaterThanOrEqual(60);
    expect([...names].sort()).toEqual(names);
    for (const { tools } of Object.values(file.servers)) {
      expect(Object.keys(tools)).toEqual(Object.keys(tools).sort());
    }
  });

  it('is small enough to be carried by everybody', () => {
    expect(JSON.stringify(file).length).toBeLessThan(250_000);
  });

  it('has only packages that the script knows how to start', () => {
    const known = new Set(packages.map((one) => one.name));
    expect(names.filter((one) => !known.has(one))).toEqual([]);
  });

  it('is found by entries as people write them', async () => {
    const catalogue = await loadCatalogue();
    for (const one of names) {
      const entry = { type: 'stdio', command: 'npx', args: ['-y', one], env: {}, raw: {} } as const;
      expect(catalogue.find(entry)?.package).toBe(one);
    }
  });
});
