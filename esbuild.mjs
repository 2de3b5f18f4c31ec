import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build, context } from 'esbuild';

// Builds dist/: the extension, the CLI, and the JSON Schemas that the editor completes by.
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
  format: 'cjs',
  // jsonc-parser's main is UMD, whose requires cannot be bundled.
  mainFields: ['module', 'main'],
  minify: !watch,
  keepNames: false,
  sourcemap: watch,
  legalComments: 'none',
  logLevel: 'info',
  plugins: [onlyEnglish],
  define: { 'process.env.TOOLGATE_VERSION': JSON.stringify(version) },
};
const targets = [
  {
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    external: ['vscode'],
  },
  {
    ...common,
    entryPoints: ['src/cli.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
];

await mkdir('dist', { recursive: true });
if (watch) {
  for (const target of targets) await (await context(target)).watch();
} else {
  await Promise.all(targets.map((target) => build(target)));
}
await writeSchemas();

async function writeSchemas() {
  const result = await build({
    ...common,
    entryPoints: ['src/policy/policySchema.ts'],
    write: false,
    logLevel: 'error',
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', result.outputFiles[0].text)(module, module.exports);
  for (const [name, schema] of Object.entries(module.exports.editorSchemas())) {
    await writeFile(`dist/${name}`, `${JSON.stringify(schema, undefined, 2)}\n`);
  }
}
