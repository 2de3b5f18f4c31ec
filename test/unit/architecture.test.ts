import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function json(path: string): Record<string, never> & { version: string } {
  return JSON.parse(read(path));
}

/** The TypeScript files below a folder, as paths from the root. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** What a file imports, exports from, or loads when it runs. */
function imports(path: string): string[] {
  const pattern =
    /(?:^|[;\s])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\brequire\(\s*['"]([^'"]+)['"]/gm;
  return [...read(path).matchAll(pattern)].map(
    (match) => match.slice(1).find((specifier) => specifier !== undefined)!,
  );
}

/** Whether a specifier leads to a file of the room that the importing file is in. */
function staysInside(path: string, specifier: string): boolean {
  const room = path.split('/').slice(0, 2).join('/');
  return specifier.startsWith('.') && join(dirname(path), specifier).startsWith(`${room}/`);
}

const minor = (version: string): number => Number(/\d+\.(\d+)/.exec(version)?.[1]);

describe('the rooms of the source', () => {
  it('policy and risk import nothing but themselves and libraries without I/O', () => {
    const libraries = new Set([
      ...['zod', 'jsonc-parser', 'big.js', 'yaml'],
      ...['ajv', 'ajv/dist/2020', 're2js'],
    ]);
    for (const path of [...sources('src/policy'), ...sources('src/risk')]) {
      const foreign = imports(path).filter(
        (name) => !staysInside(path, name) && !libraries.has(name),
      );
      expect(foreign, path).toEqual([]);
    }
  });

  it('the report is made of policy, risk and common, without I/O', () => {
    for (const path of sources('src/report')) {
      const foreign = imports(path).filter(
        (name) => !staysInside(path, name) && !/^\.\.\/(?:policy|risk|common)\//.test(name),
      );
      expect(foreign, path).toEqual([]);
    }
  });

  it('pages are made of the report, policy, risk and common, without I/O', () => {
    for (const path of sources('src/page')) {
      const foreign = imports(path).filter(
        (name) => !staysInside(path, name) && !/^\.\.\/(?:report|policy|risk|common)\//.test(name),
      );
      expect(foreign, path).toEqual([]);
    }
  });

  it('no call is judged by the catalogue: it is known where things are shown, and nowhere below', () => {
    const knowing = sources('src').filter((path) =>
      imports(path).some((name) => /(^|\/)catalogue\//.test(name)),
    );
    expect(knowing).toContain('src/cli/report.ts');
    for (const path of knowing) expect(path).toMatch(/^src\/(?:ui|cli)\//);
  });

  it('only the UI and the extension’s entry know VS Code', () => {
    const knowing = sources('src').filter((path) => imports(path).includes('vscode'));
    expect(knowing.length).toBeGreaterThan(0);
    for (const path of knowing) expect(path).toMatch(/^src\/(ui\/|extension\.ts$)/);
  });

  it('nothing below the UI imports it', () => {
    const below = sources('src').filter((path) => !/^src\/(ui\/|extension\.ts$)/.test(path));
    for (const path of below) {
      expect(
        imports(path).filter((name) => /(^|\/)ui\//.test(name)),
        path,
      ).toEqual([]);
    }
  });

  it('the UI starts no process and opens no socket', () => {
    const forbidden = /^(node:)?(child_process|http|https|net|tls|dgram|cluster)$/;
    for (const path of sources('src/ui')) {
      expect(
        imports(path).filter((name) => forbidden.test(name)),
        path,
      ).toEqual([]);
    }
  });

  it('the program of the command line holds no VS Code, and nothing of the UI', async () => {
    const { metafile } = await build({
      entryPoints: [join(root, 'src/cli.ts')],
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['vscode'],
      metafile: true,
      write: false,
      logLevel: 'error',
    });
    const [output] = Object.values(metafile.outputs);
    expect(Object.keys(metafile.inputs).filter((path) => /vscode|src\/ui\//.test(path))).toEqual(
      [],
    );
    expect(output!.imports.map(({ path }) => path)).not.toContain('vscode');
    expect(Object.keys(metafile.inputs)).toContain('src/gateway/gateway.ts');
  });
});

describe('the extension', () => {
  it('uses no API of VS Code that is only proposed', () => {
    expect(json('package.json')).not.toHaveProperty('enabledApiProposals');
    const declarations = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /vscode\.proposed\..*d\.ts$/.test(path) && !/node_modules|\.vscode-test/.test(path),
    );
    expect(declarations).toEqual([]);
  });

  it('is checked against the types of the oldest VS Code that it runs in', () => {
    const { engines } = json('package.json') as unknown as { engines: { vscode: string } };
    const types = json('node_modules/@types/vscode/package.json').version;
    expect(minor(types)).toBeLessThanOrEqual(minor(engines.vscode));
  });

  it('carries an MCP SDK without the known holes', () => {
    const { version } = json('node_modules/@modelcontextprotocol/sdk/package.json');
    const [major, middle, patch] = version.split('.').map(Number) as [number, number, number];
    expect(major * 1e6 + middle * 1e3 + patch).toBeGreaterThanOrEqual(1_032_002);
  });
});
