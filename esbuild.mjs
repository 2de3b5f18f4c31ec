import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { build, context, transform } from 'esbuild';

// Builds dist/: the extension, the CLI, the parts that both share or that are loaded later, and the
// JSON Schemas that the editor completes by.
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const watch = process.argv.includes('--watch');

// The schema library's messages in fifty languages: half of it, and none is ever asked for.
const onlyEnglish = {
  name: 'only-english',
  setup({ onLoad }) {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: resolve('node_modules/zod/v4/locales'),
    }));
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  // jsonc-parser's main is UMD, whose requires cannot be bundled.
  mainFields: ['module', 'main'],
  minify: !watch,
  legalComments: 'none',
  write: false,
  define: { 'process.env.TOOLGATE_VERSION': JSON.stringify(version) },
};

// To parse code is the greater part of what it takes to load it, so what `import()` names lies in a
// file of its own. esbuild splits ES modules only, and the editor loads CommonJS: a second step
// makes each file that.
const asCommonJs = {
  name: 'as-common-js',
  setup({ onEnd }) {
    onEnd(async ({ errors, outputFiles = [] }) => {
      if (errors.length > 0) return;
      await rm('dist', { recursive: true, force: true });
      await Promise.all(outputFiles.map(({ path, text }) => writeCommonJs(path, text)));
      await writeSchemas();
    });
  },
};

async function writeCommonJs(path, text) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    minify: !watch,
  });
  const isProgram = basename(path) === 'cli.js';
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, isProgram ? `#!/usr/bin/env node\n${code}` : code);
}

async function writeSchemas() {
  const { outputFiles } = await build({
    ...common,
    format: 'cjs',
    entryPoints: ['src/policy/policySchema.ts'],
    plugins: [onlyEnglish],
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports);
  for (const [name, schema] of Object.entries(module.exports.editorSchemas())) {
    await writeFile(`dist/${name}`, `${JSON.stringify(schema, undefined, 2)}\n`);
  }
}

const options = {
  ...common,
  entryPoints: ['src/extension.ts', 'src/cli.ts'],
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  external: ['vscode'],
  logLevel: 'info',
  plugins: [onlyEnglish, asCommonJs],
};

if (watch) await (await context(options)).watch();
else await build(options);
