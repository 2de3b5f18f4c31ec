// What can silently go wrong here: a server, a comment or a byte of mcp.json gets lost on the way
// out and back. So every layout that the format allows is sent through random sequences.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuardedServers } from '../../../src/config/guardedServers';
import { parseMcpConfig } from '../../../src/config/mcpConfig';
import { MemoryFiles } from './memoryFiles';
import { randomConfig } from './randomConfig';

const paths = { configFile: '/w/mcp.json', guardedFile: '/w/guarded.json', recordDirectory: '/r' };
type Values = ReadonlyMap<string, string>;
const steps = fc.array(fc.record({ guard: fc.boolean(), pick: fc.nat({ max: 63 }) }), {
  maxLength: 8,
});

// A map of JSON texts: `__proto__` is then a label and a key like any other.
function entries(text: string | undefined): ReadonlyMap<string, string> {
  const { servers, problems } = parseMcpConfig(text ?? '');
  expect(problems.filter(({ code }) => code === 'syntax' || code === 'duplicateKey')).toEqual([]);
  return new Map(servers.map(({ label, value }) => [label, JSON.stringify(value)]));
}

function subset<T>(all: readonly T[], pick: number): readonly T[] {
  return all.filter((_, index) => pick & (1 << index));
}

function expected(values: Values, has: (l: string) => boolean): Values {
  return new Map([...values].filter(([label]) => has(label)));
}

async function run(
  files: MemoryFiles,
  labels: readonly string[],
  values: Values,
  sequence: readonly { guard: boolean; pick: number }[],
  between: () => void = () => {},
): Promise<GuardedServers> {
  const servers = new GuardedServers(paths, files);
  const guarded = new Set<string>();
  for (const { guard, pick } of sequence) {
    const chosen = subset(labels, pick);
    if (guard) {
      await servers.guard(chosen);
      for (const label of chosen) guarded.add(label);
    } else {
      await servers.restore(chosen);
      for (const label of chosen) guarded.delete(label);
    }
    expect(entries(files.texts.get(paths.configFile))).toEqual(
      expected(values, (l) => !guarded.has(l)),
    );
    expect(entries(files.texts.get(paths.guardedFile))).toEqual(
      expected(values, (l) => guarded.has(l)),
    );
    between();
  }
  return servers;
}

describe('random configurations', () => {
  it('come back byte for byte after any sequence of guard and restore', async () => {
    await fc.assert(
      fc.asyncProperty(randomConfig, steps, async ({ text, labels, values }, sequence) => {
        const files = new MemoryFiles({ [paths.configFile]: text });
        const servers = await run(files, labels, values, sequence);
        await servers.restoreAll();
        expect(files.texts.get(paths.configFile)).toBe(text);
        expect([...files.texts.keys()]).toEqual([paths.configFile]);
      }),
      { numRuns: 400 },
    );
  });

  it('keep every entry and every comment when the record is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomConfig,
        steps,
        async ({ text, labels, values, comments }, sequence) => {
          const files = new MemoryFiles({ [paths.configFile]: text });
          const forget = (): void => {
            for (const file of files.texts.keys())
              if (file.startsWith('/r')) files.texts.delete(file);
            const all = [...files.texts.values()].join('\n');
            expect(comments.filter((comment) => !all.includes(comment))).toEqual([]);
          };
          const servers = await run(files, labels, values, sequence, forget);
          await servers.restoreAll();
          expect(entries(files.texts.get(paths.configFile))).toEqual(values);
          expect(files.texts.has(paths.guardedFile)).toBe(false);
          const left = files.texts.get(paths.configFile)!;
          expect(comments.filter((comment) => !left.includes(comment))).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('keep every entry when VS Code rewrites mcp.json as plain JSON in between', async () => {
    await fc.assert(
      fc.asyncProperty(randomConfig, steps, fc.nat({ max: 7 }), async (config, sequence, at) => {
        const files = new MemoryFiles({ [paths.configFile]: config.text });
        let step = 0;
        const rewrite = (): void => {
          if (step++ !== at) return;
          const { servers } = parseMcpConfig(files.texts.get(paths.configFile)!);
          const plain = servers.map(({ label, value }) => [label, value] as const);
          const text = { servers: Object.fromEntries(plain), inputs: [] };
          files.texts.set(paths.configFile, JSON.stringify(text, null, '\t'));
        };
        const servers = await run(files, config.labels, config.values, sequence, rewrite);
        await servers.restoreAll();
        const left = entries(files.texts.get(paths.configFile));
        expect(left).toEqual(config.values);
        expect(files.texts.has(paths.guardedFile)).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  it('lose no entry in a crash at any write, and can then be finished', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomConfig,
        fc.nat({ max: 63 }),
        fc.nat({ max: 63 }),
        fc.nat({ max: 6 }),
        fc.boolean(),
        async ({ text, labels, values }, first, second, crashAt, restoreLast) => {
          const files = new MemoryFiles({ [paths.configFile]: text });
          files.crashAt = crashAt;
          const servers = new GuardedServers(paths, files);
          try {
            await servers.guard(subset(labels, first));
            await servers.guard(subset(labels, second));
            if (restoreLast) await servers.restore(subset(labels, second));
          } catch (error) {
            expect((error as Error).message).toBe('crash');
          }
          const inGuarded = entries(files.texts.get(paths.guardedFile));
          const inConfig = entries(files.texts.get(paths.configFile));
          expect(new Map([...inGuarded, ...inConfig])).toEqual(values);
          files.crashAt = Number.POSITIVE_INFINITY;
          const again = new GuardedServers(paths, files);
          await again.guard(subset(labels, first | second));
          const config = entries(files.texts.get(paths.configFile));
          for (const label of subset(labels, first | second)) {
            expect(config.has(label)).toBe(false);
          }
          await again.restoreAll();
          expect(files.texts.get(paths.configFile)).toBe(text);
        },
      ),
      { numRuns: 400 },
    );
  });
});
