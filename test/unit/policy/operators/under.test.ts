import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUnder, type PathFacts } from '../../../../src/policy/operators/under';

const unclear = undefined as boolean | undefined;

const linux: PathFacts = {
  platform: 'posix',
  caseInsensitive: false,
  workspaceFolder: '/w',
  homedir: '/home/me',
};
const mac: PathFacts = { ...linux, caseInsensitive: true };
const windows: PathFacts = {
  platform: 'windows',
  caseInsensitive: true,
  workspaceFolder: 'C:\\w',
  homedir: 'C:\\Users\\me',
};

describe('an honest path', () => {
  it.each([
    ['/app/src/a.ts', '/app/src', true, 'a file inside'],
    ['/app/src/a/b/c.ts', '/app/src', true, 'deeper inside'],
    ['/app/src', '/app/src', true, 'the folder itself'],
    ['/app/src/', '/app/src', true, 'a slash at the end'],
    ['/app/src/a.ts', '/app/src/', true, 'a slash at the end of the folder'],
    ['/app//src/./a.ts', '/app/src', true, 'slashes and dots that mean nothing'],
    ['/app/src/a/../b.ts', '/app/src', true, 'up, but not out'],
    ['/app/lib/../src/b.ts', '/app/src', true, 'in from beside'],
    ['/app/src/..a/b...c', '/app/src', true, 'names with dots'],
    ['/app/src/[id]/$id.tsx', '/app/src', true, 'names with brackets and a dollar'],
    ['/app/src/100%.md', '/app/src', true, 'a percent sign'],
    ['/app/src/a%20b.md', '/app/src', true, 'an encoded space'],
    ['/app/src/für 日本.md', '/app/src', true, 'names beyond ASCII'],
    ['/app/src/a\\b', '/app/src', true, 'a backslash that cannot lead out'],
    ['/etc/passwd', '/', true, 'everything is under the root'],
    ['src/a.ts', '/w/src', true, 'relative to the workspace'],
    ['src/a.ts', 'src', true, 'both relative'],
    ['./src/a.ts', './src', true, 'both relative, with dots'],
    ['.', '.', true, 'the workspace itself'],
    ['~/docs/a', '~/docs', true, 'the home folder in both'],
    ['~/docs/a', '/home/me', true, 'the home folder'],
    ['~', '/home/me', true, 'the home folder itself'],
    ['file:///app/src/a.ts', '/app/src', true, 'a file URL'],
    ['FILE:///app/src/a%20b.ts', '/app/src', true, 'a file URL with an encoded space'],
    ['/app/a.ts', '/app/src', false, 'beside it'],
    ['/', '/app/src', false, 'the root'],
    ['/app', '/app/src', false, 'the parent'],
    ['/APP/src/a.ts', '/app/src', false, 'another case is another folder'],
    ['~/docs', '/app/src', false, 'the home folder is elsewhere'],
    ['file:///etc/passwd', '/app/src', false, 'a file URL of elsewhere'],
  ])('%j under %j: %s, %s', (path, base, expected) => {
    expect(isUnder(path, base, linux)).toBe(expected);
  });
});

describe('a hostile path', () => {
  it.each([
    ['/app/src-evil/a', '/app/src', false, 'a sibling with the same start'],
    ['/app/src.bak', '/app/src', false, 'another sibling'],
    ['/app/src/../../etc/passwd', '/app/src', false, 'out by ".."'],
    ['/app/src/..', '/app/src', false, 'out by a last ".."'],
    ['/app/src/../src-evil', '/app/src', false, 'out and to the sibling'],
    ['/app/src/a/../../../../../..', '/app/src', false, 'above the root'],
    ['../w-evil/a', '.', false, 'out of the workspace'],
    ['src/../../etc', 'src', false, 'out of it by a folder'],
    ['~/../you', '~', false, 'out of the home folder'],
    ['file:///app/src/../../etc', '/app/src', false, 'out in a file URL'],
    ['/app/src/%2e%2e/%2e%2e/etc', '/app/src', unclear, '".." encoded'],
    ['/app/src/%2E%2E%2F..%2Fetc', '/app/src', unclear, 'slashes encoded too'],
    ['/app/src/..%2f..%2fetc', '/app/src', unclear, 'only slashes encoded'],
    ['/app/src/%252e%252e/etc', '/app/src', unclear, 'encoded twice'],
    ['/app/src/%25', '/app/src', true, 'a percent sign, encoded once'],
    ['/app/src/%2525', '/app/src', unclear, 'a percent sign, encoded twice'],
    ['/app/src/%u002e%u002e/etc', '/app/src', unclear, 'encoded as IIS did'],
    ['/app/src/%c0%ae%c0%ae/etc', '/app/src', unclear, 'dots in overlong UTF-8'],
    ['/app/src/a%00.ts', '/app/src', unclear, 'an encoded NUL'],
    ['/app/src/a%0a', '/app/src', unclear, 'an encoded newline'],
    ['%2fetc%2fpasswd', '/w', unclear, 'absolute once decoded'],
    ['%7e/a', '/w', unclear, 'the home folder once decoded'],
    ['file:///app/src/%2e%2e/a', '/app/src', unclear, '".." encoded in a file URL'],
    ['/app/src\\..\\..\\etc', '/app/src', false, 'out by backslashes, or a name of its own'],
    ['src\\..\\..\\etc', '.', unclear, 'out by backslashes for those that turn them'],
    ['/app/src/..\\..\\etc', '/app/src', unclear, 'both kinds of slashes'],
    ['/app/src/%5c..%5c..', '/app/src', unclear, 'encoded backslashes'],
    ['\\\\server\\share', '/w', unclear, 'a share'],
    ['C:\\Windows', '/w', unclear, 'a drive'],
    ['C:/Windows', '/w', unclear, 'a drive with a slash'],
    ['//app/src/a', '/app/src', unclear, 'two slashes at the start'],
    ['~root/a', '/w', unclear, 'the home folder of another'],
    ['~+/a', '/w', unclear, 'the folder of a shell'],
    ['~/../me/a', '/home/me', unclear, 'a climb that misleads who keeps "~"'],
    ['~/a', '/w', unclear, 'inside only for who keeps "~"'],
    ['$HOME/a', '/w', unclear, 'a variable'],
    ['src/$X/../a', '/w', unclear, 'a climb over a variable'],
    ['file://server/app/src/a', '/app/src', unclear, 'a host in a file URL'],
    ['file://localhost/app/src/a', '/app/src', unclear, 'the own host in a file URL'],
    ['file:////server/share', '/', unclear, 'a share in a file URL'],
    ['file:/app/src/a', '/app/src', unclear, 'a file URL with one slash'],
    ['file:app/src/a', '/w', unclear, 'a file URL without slashes'],
    ['file://~/a', '/w', unclear, 'a file URL of the home folder'],
    ['file:///app/src/a?/../../../etc', '/app/src', unclear, 'a query in a file URL'],
    ['file:///app/src/a#b', '/app/src', unclear, 'a fragment in a file URL'],
    ['https://evil.test/app/src', '/w', unclear, 'a URL of the network'],
    ['vscode-remote://ssh/app/src', '/w', unclear, 'a URL of the editor'],
    ['', '/w', unclear, 'nothing'],
    [' /app/src/a', '/w', unclear, 'a space before, which some trim'],
    ['/app/src/a ', '/app/src', unclear, 'a space after'],
    ['"/etc/passwd"', '/w', unclear, 'quotes that some take off'],
    ['/app/src/a\u0000/../../etc', '/app/src', unclear, 'a NUL ends strings for some'],
    ['/app/src/a\n', '/app/src', unclear, 'a newline'],
    ['/app/src/.\u200c./a', '/app/src', unclear, 'a character that HFS+ leaves out'],
    ['/app/src/\u202e', '/app/src', unclear, 'text turned around'],
    ['/app/src/．．／etc', '/app/src', unclear, 'dots of full width'],
    ['/app/src/\u2025/etc', '/app/src', unclear, 'a leader of two dots'],
    ['/app/src/..\u2215etc', '/app/src', unclear, 'a slash of mathematics'],
    ['/app/src/\ud800', '/app/src', unclear, 'half a character'],
    ['/proc/self/root/app/src/a', '/app/src', unclear, 'the disk as each process sees it'],
    ['/proc/42/cwd/a', '/app/src', unclear, 'the folder of another process'],
    ['/app/../proc/self/cwd', '/proc', unclear, 'the same, by ".."'],
    ['/dev/fd/3', '/app/src', unclear, 'an open file'],
    ['/System/Volumes/Data/app/src/a', '/app/src', unclear, 'the disk once more, on macOS'],
    [`/app/src/${'a'.repeat(5000)}`, '/app/src', unclear, 'too long for any system'],
    [`/app/src/${'a/'.repeat(300)}`, '/app/src', unclear, 'too many folders to look at each'],
  ])('%j under %j: %s, %s', (path, base, expected) => {
    expect(isUnder(path, base, linux)).toBe(expected);
  });

  it.each([
    ['/App/SRC/a', '/app/src', true, 'case does not matter'],
    ['/app/src-evil', '/app/src', false, 'a sibling'],
    ['/app/caf\u00e9/a', '/app/cafe\u0301', unclear, 'composed and decomposed'],
    ['/app/stra\u00dfe/a', '/app/STRASSE', unclear, 'two letters for one'],
    ['/app/\u212a/a', '/app/k', unclear, 'the sign of Kelvin'],
    ['/app/\ufb01le', '/app/file', unclear, 'a ligature'],
  ])('%j under %j, without regard to case: %s, %s', (path, base, expected) => {
    expect(isUnder(path, base, mac)).toBe(expected);
  });

  it('is unclear if it is relative to no workspace', () => {
    const facts: PathFacts = { ...linux, workspaceFolder: undefined };
    expect(isUnder('src/a', '/', facts)).toBe(unclear);
    expect(isUnder('/app/src', 'src', facts)).toBe(unclear);
    expect(isUnder('~/a/../b', '~', facts)).toBe(unclear);
    expect(isUnder('/app/src/a', '/app/src', facts)).toBe(true);
    expect(isUnder('~/a', '~', facts)).toBe(true);
    expect(isUnder('file:///etc/passwd', '/app/src', facts)).toBe(false);
  });
});

describe('a path of Windows', () => {
  it.each([
    ['C:\\app\\src\\a.ts', 'C:\\app\\src', true, 'a file inside'],
    ['c:\\app\\src\\a.ts', 'C:\\app\\src', true, 'the case of the drive'],
    ['C:/app/src/a.ts', 'C:\\app\\src', true, 'slashes'],
    ['C:\\APP\\Src\\a.ts', 'c:/app/src', true, 'the case of names'],
    ['src\\a.ts', 'src', true, 'relative to the workspace'],
    ['.\\src/../a.ts', 'C:\\w', true, 'up, but not out'],
    ['~\\docs\\a', 'C:\\Users\\me', true, 'the home folder'],
    ['file:///C:/app/src/a%20b.ts', 'C:\\app\\src', true, 'a file URL'],
    ['C:\\Windows', 'C:\\', true, 'everything on the drive'],
    ['C:\\app\\src\\console.log', 'C:\\app', true, 'nearly a device'],
    ['C:\\app\\src-evil', 'C:\\app\\src', false, 'a sibling'],
    ['D:\\app\\src', 'C:\\app\\src', false, 'another drive'],
    ['C:\\app\\src\\..\\..\\Windows', 'C:\\app\\src', false, 'out by ".."'],
    ['C:/app/src/../../Windows', 'C:\\app\\src', false, 'out by ".." and slashes'],
    ['..\\x', '.', false, 'out of the workspace'],
    ['C:x', 'C:\\', unclear, 'relative to the folder of a drive'],
    ['\\app\\src', 'C:\\', unclear, 'relative to the drive'],
    ['/app/src', 'C:\\', unclear, 'the same with slashes'],
    ['/c/app/src', 'C:\\', unclear, 'a drive as Git Bash writes it'],
    ['\\\\server\\share\\a', 'C:\\', unclear, 'a share'],
    ['//server/share/a', 'C:\\', unclear, 'a share with slashes'],
    ['\\\\?\\C:\\app\\src\\..\\a', 'C:\\app\\src', unclear, 'a path taken as it is'],
    ['\\\\.\\C:\\app\\src', 'C:\\app\\src', unclear, 'a device'],
    ['\\??\\C:\\app\\src', 'C:\\app\\src', unclear, 'an object of the kernel'],
    ['\\\\localhost\\C$\\app\\src', 'C:\\app\\src', unclear, 'the drive as a share'],
    ['C:\\app\\src\\a.txt:stream', 'C:\\app\\src', unclear, 'a stream'],
    ['C:\\app\\src::$INDEX_ALLOCATION\\a', 'C:\\app\\src', unclear, 'a folder by its stream'],
    ['C:\\app\\src.\\a', 'C:\\app\\src', unclear, 'a dot at the end, which is dropped'],
    ['C:\\app\\src \\a', 'C:\\app\\src', unclear, 'a space at the end, which is dropped'],
    ['C:\\app\\src\\...\\a', 'C:\\app\\src', unclear, 'three dots'],
    ['C:\\app\\src\\.. \\a', 'C:\\app\\src', unclear, '".." and a space'],
    ['C:\\app\\src\\NUL', 'C:\\app\\src', unclear, 'a device in each folder'],
    ['C:\\app\\src\\con.txt', 'C:\\app\\src', unclear, 'a device with an ending'],
    ['C:\\app\\src\\COM¹', 'C:\\app\\src', unclear, 'a device with a raised digit'],
    ['C:\\app\\src\\CONIN$', 'C:\\app\\src', unclear, 'the console'],
    ['C:\\PROGRA~1\\a', 'C:\\Program Files', unclear, 'a short name'],
    ['C:\\app\\src\\*', 'C:\\app\\src', unclear, 'a wildcard'],
    ['C:\\app\\src\\a|b', 'C:\\app\\src', unclear, 'what no name holds'],
    ['%APPDATA%\\a', 'C:\\w', unclear, 'a variable'],
    ['C:\\app\\src\\%2e%2e\\a', 'C:\\app\\src', unclear, '".." encoded'],
    ['C:\\app\\src\\..%5c..%5ca', 'C:\\app\\src', unclear, 'backslashes encoded'],
    ['file:///C|/app/src/a', 'C:\\app\\src', unclear, 'a drive with a bar'],
    ['file://server/share', 'C:\\', unclear, 'a share in a file URL'],
    ['file:///app/src', 'C:\\', unclear, 'a file URL without a drive'],
    ['C:\\app\\src\\..¥..', 'C:\\app\\src', unclear, 'a backslash once it is ANSI'],
    ['C:\\app\\caf\u00e9', 'C:\\app\\cafe\u0301', unclear, 'composed and decomposed'],
  ])('%j under %j: %s, %s', (path, base, expected) => {
    expect(isUnder(path, base, windows)).toBe(expected);
  });
});

describe.skipIf(process.platform === 'win32')('where links lead', () => {
  let root: string;
  let facts: PathFacts;

  function realpath(path: string): string | undefined {
    try {
      return realpathSync(path);
    } catch (error) {
      // A link that leads nowhere is there all the same.
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw error;
      return undefined;
    }
  }

  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'toolgate-under-')));
    for (const folder of ['app/src/a/b', 'app/src-evil', 'out/deep/er', 'home']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    writeFileSync(join(root, 'app/src/file'), '');
    writeFileSync(join(root, 'out/file'), '');
    for (const [link, target] of Object.entries({
      'app/src/out': '../../out',
      'app/src/deep': '../../out/deep/er',
      'app/src/inner': 'a/b',
      'app/src/outfile': '../../out/file',
      'app/src/infile': 'file',
      'app/src/dangling': '../../out/new',
      'app/src/loop': 'loop',
      'app/src/ping': 'pong',
      'app/src/pong': 'ping',
      'app/src/top': '/',
      'out/back': '../app/src',
      'out/src': '../app/src/a',
      'app/link': 'src',
      'home/~': '../out',
    })) {
      symlinkSync(target, join(root, link));
    }
    facts = {
      platform: 'posix',
      caseInsensitive: false,
      workspaceFolder: root,
      homedir: join(root, 'home'),
      realpath,
    };
  });

  afterAll(() => rmSync(root, { recursive: true }));

  it.each([
    ['app/src/a/b', 'app/src', true, 'no link at all'],
    ['app/src/file', 'app/src', true, 'a file'],
    ['app/src/new/file', 'app/src', true, 'what is not there yet'],
    ['app/src/inner/x', 'app/src', true, 'a link that stays inside'],
    ['app/src/infile', 'app/src', true, 'a linked file that stays inside'],
    ['app/src/a', 'app/link', true, 'a folder that is a link'],
    ['app/link', 'app/link', true, 'that link itself'],
    ['app/link/a', 'app/src', true, 'by the other name'],
    ['out/back/a', 'app/src', true, 'in from elsewhere'],
    ['out/back/a/x', 'out', false, 'so not elsewhere'],
    ['app/src/out/x', 'app/src', false, 'out by a link'],
    ['app/src/out/x/y/z', 'app/src', false, 'out, to what is not there yet'],
    ['app/src/top/etc', 'app/src', false, 'out to the root'],
    ['app/src/out', 'app/src', unclear, 'the link itself: reading leads out, removing does not'],
    ['app/src/outfile', 'app/src', unclear, 'a linked file'],
    ['app/src/out/', 'app/src', unclear, 'a link with a slash'],
    ['out/src', 'app/src', unclear, 'the other way round'],
    ['app/src/deep/../x', 'app/src', unclear, 'up from where the link leads, or from the link'],
    ['app/src/inner/../../x', 'app/src', unclear, 'out, for those that take names away'],
    ['app/src/out/../src-evil/x', 'app/src', unclear, 'inside, for those that take names away'],
    ['app/src/out/../app/src/file', 'app/src', true, 'inside, whoever reads it'],
    ['app/src/new/../out/x', 'app/src', false, 'out, past what is not there'],
    ['app/src/dangling', 'app/src', unclear, 'a link to a file that writing creates'],
    ['app/src/dangling/x', 'app/src', unclear, 'a link to a folder that may be created'],
    ['app/src/loop', 'app/src', unclear, 'a loop'],
    ['app/src/ping/x', 'app/src', unclear, 'a loop of two'],
    ['app/src/file/x', 'app/src', unclear, 'a file as a folder'],
  ])('%j under %j: %s, %s', (path, base, expected) => {
    expect(isUnder(path, base, facts)).toBe(expected);
    expect(isUnder(`${root}/${path}`, base, facts)).toBe(expected);
    // Whoever does not know `file://` climbs out of other folders.
    const climbs = path.includes('..') && expected === true;
    expect(isUnder(`file://${root}/${path}`, base, facts)).toBe(climbs ? unclear : expected);
  });

  it('is unclear for "~" where a folder has that name', () => {
    expect(isUnder('~/a', '~', facts)).toBe(true);
    expect(isUnder('~/a', '~', { ...facts, workspaceFolder: join(root, 'home') })).toBe(unclear);
  });

  it('is unclear where a link cannot be followed, or leads to what is no path', () => {
    const failing = (path: string): string => {
      throw new Error(path);
    };
    expect(isUnder('/a', '/', { ...linux, realpath: failing })).toBe(unclear);
    expect(isUnder('/a', '/', { ...linux, realpath: () => 'relative' })).toBe(unclear);
  });

  const names = [
    'app',
    'src',
    'a',
    'b',
    'out',
    'deep',
    'er',
    'inner',
    'back',
    'link',
    'file',
    'new',
  ];
  const paths = fc
    .array(fc.constantFrom(...names, '..', '..', '.', 'dangling', 'top'), { maxLength: 9 })
    .map((parts) => parts.join('/'));

  it('agrees with the system, for whatever exists', () => {
    fc.assert(
      fc.property(paths, fc.constantFrom('app/src', 'out', 'app/link', '.'), (path, base) => {
        fc.pre(path !== '');
        const truth = isUnder(path, base, facts);
        if (truth === unclear) return;
        const inside = realpathSync(join(root, base));
        // The system follows links before "..", `path.join` does not.
        for (const read of [`${root}/${path}`, posix.join(root, path)]) {
          let real: string;
          try {
            real = realpathSync.native(read);
          } catch {
            continue;
          }
          expect({ read, truth: real === inside || real.startsWith(`${inside}/`) }).toEqual({
            read,
            truth,
          });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('for any string', () => {
  const pieces = fc.constantFrom(
    ...[
      '/',
      '/',
      '\\',
      '.',
      '..',
      '~',
      'a',
      'src',
      'app',
      'C:',
      ':',
      '%',
      '%2e',
      '%2f',
      '%25',
      ' ',
    ],
    ...['file://', '$', '?', '#', '-', 'é', 'e\u0301', '\0', 'nul', '~1'],
  );
  const strings = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: pieces, maxLength: 14 }),
    fc.string({ unit: pieces, maxLength: 10 }).map((rest) => `/app/src/${rest}`),
    fc.string({ unit: pieces, maxLength: 10 }).map((rest) => `C:\\app\\src\\${rest}`),
  );
  const systems = fc.constantFrom(linux, mac, windows, {
    ...linux,
    realpath: (path: string) => path,
  });

  it('never throws', () => {
    fc.assert(
      fc.property(strings, strings, systems, (path, base, facts) => {
        isUnder(path, base, facts);
      }),
      { numRuns: 5000 },
    );
  });

  it('holds only where normalizing the path, as it is or decoded, stays inside', () => {
    fc.assert(
      fc.property(strings, (path) => {
        if (isUnder(path, '/app/src', linux) !== true) return;
        const plain = path.replace(/^file:\/\//i, '');
        for (const text of [plain, plain.replaceAll('\\', '/')]) {
          expect(`${posix.resolve('/w', text)}/`).toMatch(/^\/app\/src\//);
          if (!/%[0-9a-f]{2}/i.test(text)) continue;
          expect(`${posix.resolve('/w', decodeURIComponent(text))}/`).toMatch(/^\/app\/src\//);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('never holds with enough ".." appended, and goes on to hold with a plain name appended', () => {
    fc.assert(
      fc.property(strings, fc.constantFrom(linux, windows), (path, facts) => {
        const base = facts === linux ? '/app/src' : 'C:\\app\\src';
        expect(isUnder(`${path}/${'../'.repeat(20)}x`, base, facts)).not.toBe(true);
        if (isUnder(path, base, facts) !== true) return;
        expect(isUnder(`${path}/name`, base, facts)).toBe(true);
        expect(isUnder(path, `${base}-evil`, facts)).not.toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes linear time', () => {
    for (const facts of [linux, mac, windows, { ...linux, realpath: (path: string) => path }]) {
      for (const part of ['a', '/', '../', 'a/', '%2e', '%', '\\', '~', ':', ' ', '.', 'é', '%a']) {
        for (const size of [4000, 100_000]) {
          for (const start of ['', '/', 'C:\\', 'file:///', '~/']) {
            const path = start + part.repeat(Math.ceil(size / part.length)).slice(0, size);
            const started = performance.now();
            isUnder(path, '/app/src', facts);
            expect(performance.now() - started).toBeLessThan(2000);
          }
        }
      }
    }
  });
});
