import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

it('the package holds what is meant for it and nothing else', () => {
  const listed = execFileSync('npx', ['vsce', 'ls', '--no-dependencies'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(listed.trim().split('\n').sort()).toEqual(
    [
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'dist/extension.js',
      'dist/cli.js',
      'dist/policy.schema.json',
      'dist/policy-test.schema.json',
      ...readdirSync('dist/parts').map((name) => `dist/parts/${name}`),
      ...readdirSync('media').map((name) => `media/${name}`),
    ].sort(),
  );
});

it('the icon is a square PNG that is large enough for the marketplace', () => {
  const icon = readFileSync(manifest.icon);
  expect(icon.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  const [width, height] = [icon.readUInt32BE(16), icon.readUInt32BE(20)];
  expect(width).toBeGreaterThanOrEqual(128);
  expect(height).toBe(width);
});

it.each(['README.md', 'CHANGELOG.md'])(
  '%s shows only pictures that the marketplace shows',
  (file) => {
    for (const source of pictures(readFileSync(file, 'utf8'))) {
      expect(source).not.toMatch(/\.svg([?#]|$)/i);
      if (source.startsWith('https://')) continue;
      expect(source).toMatch(/^(\.\/)?media\//);
      expect([source, existsSync(source)]).toEqual([source, true]);
    }
  },
);

function pictures(markdown: string): string[] {
  const inMarkdown = [...markdown.matchAll(/!\[[^\]]*\]\(\s*<?([^)\s>]+)/g)];
  const inHtml = [...markdown.matchAll(/<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)/gi)];
  return [...inMarkdown, ...inHtml].map((match) => match[1]!);
}
