import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCommandOf } from '../../../../src/policy/operators/command';

const unclear = undefined as boolean | undefined;
const any = ['**'];
const status = ['git', 'status', '**'];

describe('an honest command of a POSIX shell', () => {
  it.each([
    ['git status', ['git', 'status'], true, 'word by word'],
    ['git status', status, true, '"**" for no further word'],
    ['git status -s --branch', status, true, '"**" for some further words'],
    ['  git   status  ', ['git', 'status'], true, 'any number of spaces'],
    ['git status -s', ['git', 'status'], false, 'a word too many'],
    ['git', ['git', 'status'], false, 'a word too few'],
    ['git push', status, false, 'another word'],
    ['ls', ['git', '**'], false, 'another program'],
    ['ls *.ts', ['git', '**'], false, 'another program, whatever its words become'],
    ['npm run test:unit', ['npm', 'run', 'test:*'], true, '"*" within a word'],
    ['npm run build', ['npm', 'run', 'test:*'], false, 'a word that does not fit'],
    ["git commit -m 'fix: a; b'", ['git', 'commit', '-m', '*'], true, 'a semicolon in quotes'],
    ['grep "a b" f', ['grep', 'a b', 'f'], true, 'one word in double quotes'],
    ["grep 'a|b$(c)`d`' f", ['grep', 'a|b$(c)`d`', 'f'], true, 'everything in single quotes'],
    ['grep "a|b;c&d<e>f#g" f', ['grep', '*', 'f'], true, 'what double quotes quote'],
    ["echo 'it'\\''s'", ['echo', "it's"], true, 'a quote between quotes'],
    ['echo "a\\"b\\\\c"', ['echo', 'a"b\\c'], true, 'escapes in double quotes'],
    ['grep "\\bword\\b" f', ['grep', '\\bword\\b', 'f'], true, 'a backslash that stays'],
    ['ls my\\ dir', ['ls', 'my dir'], true, 'an escaped space'],
    ['a"b"\'c\'d', ['abcd'], true, 'one word in parts'],
    ["git commit -m ''", ['git', 'commit', '-m', ''], true, 'an empty word'],
    ['git show HEAD~1', ['git', 'show', 'HEAD~1'], true, '"~" within a word'],
    ['git show HEAD^', ['git', 'show', '*'], true, '"^" at the end'],
    ['git show stash@{0}', ['git', 'show', '*'], true, 'braces that expand to nothing'],
    ['find . -exec ls {} +', ['find', '**'], true, 'empty braces'],
    ['npx tsc --outDir=dist', ['npx', 'tsc', '--outDir=*'], true, '"=" in an option'],
    ['ls *.ts', ['ls', '**'], true, 'a glob where any words may follow'],
    ['cp {a,b} c', ['cp', '**'], true, 'braces where any words may follow'],
    ['ls ~/x', ['ls', '**'], true, 'the home folder where any words may follow'],
    ["git commit -m 'für 日本 🎉'", ['git', 'commit', '-m', '*'], true, 'text beyond ASCII'],
    ['npm i @scope/name', ['npm', 'i', '*'], true, 'a scoped package'],
    ["'if' x", ['if', 'x'], true, 'a quoted keyword is a program'],
    ['command -v node', ['command', '-v', '*'], true, 'a prefix that was asked for'],
  ])('%j over %j: %s, %s', (text, words, expected) => {
    expect(isCommandOf(text, words, 'posix')).toBe(expected);
  });
});

describe('a hostile command of a POSIX shell', () => {
  it.each([
    ['git status; id', status, 'a second command'],
    ['git status;', status, 'an end, with nothing behind it'],
    ['git status && id', status, 'and then'],
    ['git status || id', status, 'or else'],
    ['git status | sh', status, 'a pipe'],
    ['git status & id', status, 'in the background'],
    ['git status $(id)', status, 'a substitution'],
    ['git status `id`', status, 'a substitution of old'],
    ['git status "$(id)"', status, 'a substitution in double quotes'],
    ['git status "`id`"', status, 'one of old in double quotes'],
    [`git\${IFS}status`, status, 'a space by variable'],
    [`git status \${x}`, status, 'a variable in braces'],
    ['git status $HOME', status, 'a variable'],
    ['git status "$HOME"', status, 'a variable in double quotes'],
    ["git status $'\\x3b'", status, 'ANSI-C quotes'],
    ['git status $"x"', status, 'translated quotes'],
    ['git status $((1+1))', status, 'arithmetic'],
    ['git status\nid', status, 'a newline'],
    ['git status\r\nid', status, 'a carriage return'],
    ["git commit -m 'a\nb'", ['git', '**'], 'a newline in quotes'],
    ['git status\u2028id', status, 'a line separator'],
    ['git\u00a0status', status, 'a no-break space'],
    ['git\tstatus', status, 'a tab, which a terminal completes'],
    ['git status \u0003', status, 'a key of the terminal'],
    ['git status \u001b[A', status, 'an escape sequence'],
    ['git status \u0000', status, 'a NUL'],
    ['git status \u200b', status, 'a zero-width space'],
    ['git status \u202e', status, 'text turned around'],
    ['git status \ud800', status, 'half a character'],
    ['git status > f', status, 'output to a file'],
    ['git status 2>&1', status, 'output joined'],
    ['git status < f', status, 'input from a file'],
    ['git status <<EOF', status, 'a here-document'],
    ['git status <<<x', status, 'a here-string'],
    ['git status <(id)', status, 'process substitution'],
    ['git status >(id)', status, 'the other process substitution'],
    ['git status =(id)', status, "zsh's process substitution"],
    ['git status =ls', status, "zsh's path of a program"],
    ['(git status)', status, 'a subshell'],
    ['{ git status; }', any, 'a group'],
    ['! git status', any, 'a negation'],
    ['git status !!', status, 'history'],
    ['git status "!x"', status, 'history in double quotes'],
    ['^status^push', any, 'history by replacement'],
    ['%1', any, 'a job'],
    ['git status # x', status, 'a comment'],
    ['git status a#b', status, 'a comment for some'],
    ['# git status', any, 'only a comment'],
    ['GIT_DIR=x git status', any, 'an assignment'],
    ['x=1', any, 'only an assignment'],
    ['PATH+=:/tmp git status', any, 'an assignment that appends'],
    ['git status ~root', status, 'the home folder of another'],
    ['git status ~+', status, 'the folder of the shell'],
    ['~/git status', any, 'a program by the home folder'],
    ['g* status', any, 'a program by glob'],
    ['{git,x} status', any, 'a program by braces'],
    ['git *', ['git', '*'], 'a glob that may be many words'],
    ['git stat?s', ['git', 'stat*'], 'a glob for one letter'],
    ['git [s]tatus', ['git', '*'], 'a glob of a class'],
    ['git {status,push}', ['git', '*'], 'braces that are two words'],
    ['git {1..3}', ['git', '*'], 'braces that count'],
    ['git status *', ['git', 'status'], 'a glob that may be no word'],
    ['git status {', status, 'an open brace'],
    ['git status }', status, 'a brace that ends a list in zsh'],
    ["git status 'x", status, 'an open quote'],
    ['git status "x', status, 'an open double quote'],
    ['git status \\', status, 'an open escape'],
    ['git status "\\$HOME"', status, 'an escape that not all readers take'],
    ['if git status', any, 'a keyword'],
    ['while git status', any, 'a loop'],
    ['time git status', any, 'a keyword of bash'],
    ['[[ a ]]', any, 'a test of bash'],
    ['[ a ]', any, 'a test'],
    [']] a', any, 'the end of one'],
    ['function git status', any, 'a function'],
    ['git() status', any, 'a function of old'],
    ["eval 'id; id'", any, 'commands in a string'],
    ["'eval' x", any, 'the same, quoted'],
    ['command rm x', ['rm', '**'], 'a prefix before the program that is looked for'],
    ['exec rm x', ['rm', '**'], 'another prefix'],
    ['noglob rm x', ['rm', '**'], 'a prefix of zsh'],
    ['RM x', ['rm', '**'], 'a program found without regard to case'],
    ['', any, 'nothing'],
    ['   ', any, 'only spaces'],
  ])('%j over %j is unclear: %s', (text, words) => {
    expect(isCommandOf(text, words, 'posix')).toBe(unclear);
  });

  it.each([
    ["'git status'", status, false, 'a program with a space in its name'],
    ['git\\ status', status, false, 'the same, escaped'],
    ['gіt status', status, false, 'a Cyrillic letter'],
    ['git "status; id"', status, false, 'one word in quotes'],
    ['git -c core.pager=id status', status, false, 'an option before the word'],
    ['"r""m" -rf x', ['rm', '**'], true, 'the program in pieces'],
    ['\\r\\m x', ['rm', '**'], true, 'the program escaped'],
  ])('%j over %j: %s, %s', (text, words, expected) => {
    expect(isCommandOf(text, words, 'posix')).toBe(expected);
  });
});

describe('an honest command of Windows', () => {
  it.each([
    ['git status', ['git', 'status'], true, 'word by word'],
    ['git status -s --branch', status, true, 'options'],
    ['git push', status, false, 'another word'],
    ['git commit -m "fix(x): a; b"', ['git', 'commit', '-m', 'fix(x): a; b'], true, 'quotes'],
    ['git commit -m "für dich"', ['git', 'commit', '-m', '*'], true, 'letters beyond ASCII'],
    ['dir /w', ['dir', '/w'], true, 'an option of cmd.exe'],
    ['type C:\\src\\a.txt', ['type', 'C:\\src\\*'], true, 'a path'],
    ['.\\build.cmd all', ['.\\build.cmd', '**'], true, 'a program by path'],
    ['C:\\tools\\x.exe -v', ['C:\\tools\\*', '-v'], true, 'a program by its whole path'],
    ['npm run test:unit', ['npm', 'run', 'test:*'], true, 'a colon in a word'],
    ['git show HEAD~1', ['git', 'show', '*'], true, '"~" within a word'],
    ['npx tsc --outDir=dist', ['npx', 'tsc', '*'], true, '"=" in an option'],
    ['git add *.ts', ['git', 'add', '**'], true, 'a glob where any words may follow'],
    ['npm test -- --watch', ['npm', '**'], true, '"--" where any words may follow'],
    ['scp a me@host:b', ['scp', '**'], true, '"@" within a word'],
  ])('%j over %j: %s, %s', (text, words, expected) => {
    expect(isCommandOf(text, words, 'windows')).toBe(expected);
  });
});

describe('a hostile command of Windows', () => {
  it.each([
    ['git status & id', status, 'a second command'],
    ['git status && id', status, 'and then'],
    ['git status | id', status, 'a pipe'],
    ['git status; id', status, 'a second command of PowerShell'],
    ['git status > f', status, 'output to a file'],
    ['git status < f', status, 'input from a file'],
    ['git status %PATH%', status, 'a variable'],
    ['git status "%PATH%"', status, 'a variable in quotes'],
    ['git status !PATH!', status, 'a variable, delayed'],
    ['git status $env:PATH', status, 'a variable of PowerShell'],
    ['git status "$(id)"', status, 'a substitution in quotes'],
    ['git status `n', status, 'an escape of PowerShell'],
    ['git status ^& id', status, 'an escape of cmd.exe'],
    ["git status 'a b'", status, 'quotes for PowerShell only'],
    ["git status 'a & id'", status, 'quotes that cmd.exe does not see'],
    ['git status "a & id"', status, 'what a batch file reads once more'],
    ['git status "a|id"', status, 'a pipe that a batch file reads once more'],
    ['git status \u201ca b\u201d', status, 'quotes for PowerShell, letters for cmd.exe'],
    ['git status \u2013x', status, 'a dash for PowerShell'],
    ['git status "\uff02 id"', status, 'a quote once it is ANSI'],
    ['git status "\u00a5"', status, 'a backslash once it is ANSI'],
    ['git status\nid', status, 'a newline'],
    ['git status \u001a', status, 'an end of file'],
    ['git status (id)', status, 'an expression'],
    ['git status @(id)', status, 'a list of PowerShell'],
    ['git status {id}', status, 'a block of PowerShell'],
    ['git status a,b', status, 'a list for one, a word for the other'],
    ['git status # x', status, 'a comment of PowerShell'],
    ['git status --% x', status, 'no more parsing'],
    ['git status -a.b', status, 'PowerShell cuts it in two'],
    ['git status -a:b', status, 'PowerShell may cut it in two'],
    ['git status "a\\"', status, 'an escaped quote for the program only'],
    ['git status "a\\" & id"', status, 'the same, with a command behind it'],
    ['git status "a""b"', status, 'two quotes in a row'],
    ['git status a"b c"', status, 'a quote inside of a word'],
    ['git status ""', status, 'an empty word, which PowerShell drops'],
    ['git status "a', status, 'an open quote'],
    ['"git" status', any, 'a quoted program is a value for PowerShell'],
    ['& git status', any, 'a call of PowerShell'],
    ['. git status', any, 'a script in this scope'],
    ['@git status', any, 'without echo'],
    [':git status', any, 'a label'],
    ['rem git status', any, 'a comment'],
    ['if x git status', any, 'a condition'],
    ['for git status', any, 'a loop'],
    ['return git status', any, 'a keyword that runs the rest'],
    ['call del x', ['del', '**'], 'a prefix'],
    ['start del x', ['del', '**'], 'another prefix'],
    ['del/q x', ['del', '**'], 'a command and its option'],
    ['cd..', ['cd', '**'], 'a command and its folder'],
    ['echo.x', any, 'a command and its text'],
    ['./git status', any, 'a path for one, an option for the other'],
    ['DEL x', ['del', '**'], 'case'],
    ['git.exe push', ['git', 'push'], 'the ending of a program'],
    ['git *.ts', ['git', '*'], 'a glob that programs expand'],
    ['npm -- x', ['npm', '*', 'x'], 'a word that PowerShell may drop'],
    ['7z x', any, 'a number for PowerShell, perhaps'],
    ['git [a]', ['git', '**'], 'an index of PowerShell'],
    ['git ~', ['git', '**'], 'a home folder, for some'],
    ['', any, 'nothing'],
  ])('%j over %j is unclear: %s', (text, words) => {
    expect(isCommandOf(text, words, 'windows')).toBe(unclear);
  });
});

const pieces = [
  ...['git', 'a', 'b-c', '/x', 'é', '1', '.', '..', ',', '=', ':', '@', '%', '+', '^', '-', ']'],
  ...[
    ' ',
    ' ',
    ' ',
    '"',
    '"',
    "'",
    "'",
    '\\',
    '\\\\',
    '\\"',
    "\\'",
    '\\ ',
    '{',
    '}',
    '{}',
    '{a,b}',
  ],
  ...['~', '~/', '*', '?', '[', '#', '!', '$', '$x', '`', ';', '&', '|', '<', '>', '(', ')', '\n'],
];
const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom(...pieces), maxLength: 14 }),
  fc.string({ unit: fc.constantFrom(...pieces.slice(0, 36)), maxLength: 14 }),
);

const suffixes = {
  posix: [
    ...['; id', ';', ' && id', '|id', ' &', '&id', '\nid', '\r', ' `id`', ' "`id`"', ' $(id)'],
    ...[
      ' $x',
      ' "$x"',
      `\${IFS}`,
      ' > f',
      '2>f',
      ' < f',
      ' << E',
      ' # x',
      ' (id)',
      ' <(id)',
      ' !!',
    ],
    ...[' ~root', ' =ls', ' "', " '", '\\', '\t', ' \u00a0', ' \u2028', ' \u0000', ' }', ' {'],
  ],
  windows: [
    ...[
      '; id',
      ' & id',
      '&&id',
      '|id',
      '\nid',
      '\r',
      ' `x',
      ' $(id)',
      ' $x',
      ' "$x"',
      ' %x%',
      '%x',
    ],
    ...[' "%x%"', ' !x!', ' ^', ' > f', ' < f', ' # x', ' (id)', ' @(id)', ' {id}', ' a,b', ' "'],
    ...[
      " '",
      " 'x'",
      ' "a"b',
      ' "\\"',
      ' --%',
      ' \u2019',
      ' "\u201d"',
      '\t',
      ' \u0000',
      ' "a & id"',
    ],
  ],
};

describe.each(['posix', 'windows'] as const)('for any string, on %s', (platform) => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (text, words) => {
        isCommandOf(text, words, platform);
        isCommandOf(text, any, platform);
      }),
      { numRuns: 2000 },
    );
  });

  it('holds no more once something is appended that shells act on', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(...suffixes[platform]), (text, suffix) => {
        fc.pre(isCommandOf(text, any, platform) === true);
        expect(isCommandOf(text + suffix, any, platform)).toBe(unclear);
        expect(isCommandOf(text + suffix, ['other'], platform)).toBe(unclear);
      }),
      { numRuns: 1000, maxSkipsPerRun: 1000 },
    );
  });

  it('takes linear time', () => {
    const parts = [
      'a',
      'a ',
      ' ',
      "'",
      '"',
      '\\',
      '{',
      '}',
      '{,',
      '~',
      '*',
      '* ',
      "''",
      '" "',
      '.',
    ];
    for (const part of [...parts, ' ~/', '=', 'é', '-', '""', '"a" ', '%', '\n']) {
      const text = `git ${part.repeat(Math.ceil(100_000 / part.length))}`;
      for (const words of [any, ['git', '*a*b*c', '**'], ['*', '*', '*']]) {
        const started = performance.now();
        isCommandOf(text, words, platform);
        expect(performance.now() - started).toBeLessThan(2000);
      }
    }
  });
});

// A reader of its own, without any escapes: what the program's runtime makes of the line.
function windowsReference(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|[^ "]+/g)].map(([all, quoted]) => quoted ?? all);
}

it('sees the words that a Windows program gets', () => {
  fc.assert(
    fc.property(texts, (text) => {
      if (isCommandOf(text, any, 'windows') !== true) return;
      const words = windowsReference(text);
      expect(isCommandOf(text, [...words, '**'], 'windows')).not.toBe(false);
      expect(text).not.toMatch(/[&|<>^%!$`\n]/);
    }),
    { numRuns: 5000 },
  );
});

/** How many words there are, if no shell makes others of them. */
function wordCount(text: string): number | undefined {
  for (let count = 1; count <= 20; count++) {
    if (isCommandOf(text, Array(count).fill('*'), 'posix') === true) return count;
  }
  return undefined;
}

// What was judged to be plain is run, in an empty folder, where no program is found.
function wordsByShell(shell: string, script: string): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'toolgate-command-'));
  try {
    const { stdout, stderr } = spawnSync(shell, ['-s'], {
      input: script,
      cwd: folder,
      env: { PATH: '/nonexistent', HOME: '/home/me', LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect(stderr).toBe('');
    const commands = stdout.split('\u0001\0');
    expect(commands.pop()).toBe('');
    return commands.map((words) => words.split('\0').slice(0, -1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(process.platform === 'win32')('what is judged to be one plain command', () => {
  const plain = [...new Set(fc.sample(texts, { numRuns: 40_000, seed: 1 }))].filter(
    (text) => isCommandOf(text, any, 'posix') === true,
  );

  it('is a fair part of what was tried', () => {
    expect(plain.length).toBeGreaterThan(500);
    expect(plain.filter((text) => wordCount(text) === undefined).length).toBeGreaterThan(30);
  });

  // The line itself is only safe to run where `bash` tells about programs that it does not find.
  const asArguments = (text: string) => `printf '%s\\0' ${text}\nprintf '\\001\\0'\n`;
  const asCommand = (text: string) => `${text}\nprintf '\\001\\0'\n`;
  const tellAll = `command_not_found_handle() { printf '%s\\0' "$@"; }\n`;
  const isBuiltin = /^ *(?:["'\\.:]|-)|^ *\S*[/."'\\]/;

  it.each([
    ['/bin/sh', 'arguments', plain.map(asArguments), plain],
    ['bash', 'arguments', plain.map(asArguments), plain],
    ...['bash'].map((shell) => {
      const named = plain.filter((text) => !isBuiltin.test(text));
      return [shell, 'a command', [tellAll, ...named.map(asCommand)], named] as const;
    }),
  ] as const)('is to %s, as %s, the same words', (shell, _, lines, sources) => {
    const all = wordsByShell(shell === 'bash' ? '/bin/bash' : shell, lines.join(''));
    expect(all).toHaveLength(sources.length);
    for (const [index, words] of all.entries()) {
      const text = sources[index] as string;
      const count = wordCount(text);
      const seen = { text, words };
      if (count === undefined) expect(text).toMatch(/[*?[{~]/);
      else {
        expect({ ...seen, count: words.length }).toEqual({ ...seen, count });
        expect({ ...seen, fits: isCommandOf(text, words, 'posix') }).toEqual({
          ...seen,
          fits: true,
        });
      }
    }
  });
});
