import { compileGlob } from '../glob';
import { allOf, type Truth } from './truth';

/** What stands between two spaces of a command line, with its quotes taken off. */
interface Word {
  readonly text: string;
  /** A shell may make any number of other words of it, as of `*.ts` or `{a,b}`. */
  readonly expands: boolean;
}

/**
 * Whether a text is one plain command whose words fit these globs by position; a last `**` stands
 * for any further words. Holds only where all shells of the platform read the same words. False
 * for another plain command; everything else that a shell may do with the text is unclear.
 */
export function isCommandOf(
  text: string,
  words: readonly string[],
  platform: 'posix' | 'windows',
): Truth {
  // Spaces that one reader splits at and another does not, keys that a terminal acts on, and
  // characters that no person sees.
  if (/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text)) return undefined;
  const parsed = platform === 'windows' ? windowsWords(text) : posixWords(text);
  const program = parsed?.[0];
  if (parsed === undefined || program === undefined || program.expands) return undefined;

  const truth = fits(parsed, words);
  if (truth !== false) return truth;
  // The program that runs would fit, were it spelled otherwise.
  const first = words[0];
  const rest = parsed.slice(1);
  if (runsItsWords(program.text, platform)) return undefined;
  if (first === undefined || first === '**') return false;
  const spelledAlike = compileGlob(programKey(first, platform)).matches(
    programKey(program.text, platform),
  );
  return spelledAlike && fits([{ text: first, expands: false }, ...rest], words) !== false
    ? undefined
    : false;
}

function fits(parsed: readonly Word[], globs: readonly string[]): Truth {
  const open = globs.at(-1) === '**';
  const fixed = open ? globs.slice(0, -1) : globs;
  const truths: Truth[] = [];
  for (const [index, glob] of fixed.entries()) {
    const word = parsed[index];
    if (word === undefined) return allOf([...truths, false]);
    // From here on, a shell may see any words at all.
    if (word.expands) return allOf([...truths, undefined]);
    truths.push(compileGlob(glob).matches(word.text));
  }
  if (!open && parsed.length > fixed.length) {
    const further = parsed.slice(fixed.length);
    truths.push(further.every((word) => word.expands) ? undefined : false);
  }
  return allOf(truths);
}

// File systems without case find `RM` where `rm` is meant, and Windows adds the ending itself.
function programKey(program: string, platform: 'posix' | 'windows'): string {
  const folded = program.normalize('NFC').toLowerCase();
  return platform === 'windows' ? folded.replace(/\.(?:exe|com|cmd|bat|ps1)$/, '') : folded;
}

// The shell itself takes the words behind these for the command.
const posixPrefixes: ReadonlySet<string> = new Set(
  'command builtin exec noglob nocorrect time -'.split(' '),
);
const windowsPrefixes: ReadonlySet<string> = new Set(['call', 'start']);

function runsItsWords(program: string, platform: 'posix' | 'windows'): boolean {
  return platform === 'windows'
    ? windowsPrefixes.has(program.toLowerCase())
    : posixPrefixes.has(program);
}

// --- sh, dash, bash, zsh ---

// Reserved in one of the shells. `eval` reads its words as commands again.
const posixKeywords: ReadonlySet<string> = new Set(
  (
    'if then else elif fi for foreach while until do done end case esac in select repeat function ' +
    'time coproc { } [ [[ ]] eval'
  ).split(' '),
);

/** The words of a command line, or `undefined` where shells do more with it than taking its words. */
function posixWords(source: string): readonly Word[] | undefined {
  const words: Word[] = [];
  // History substitution of a line that begins so; a job.
  if (/^ *[\^%]/.test(source)) return undefined;
  let at = 0;
  while (at < source.length) {
    if (source[at] === ' ') {
      at++;
      continue;
    }
    const word = posixWord(source, at, words.length === 0);
    if (word === undefined) return undefined;
    words.push(word);
    at = word.end;
  }
  return words;
}

function posixWord(
  source: string,
  start: number,
  isProgram: boolean,
): (Word & { readonly end: number }) | undefined {
  let text = '';
  let expands = false;
  let at = start;
  let openBraces = 0;
  let braceExpands = false;
  while (at < source.length && source[at] !== ' ') {
    const letter = source[at] as string;
    const next = source[at + 1];
    switch (letter) {
      case "'": {
        const end = source.indexOf("'", at + 1);
        if (end < 0) return undefined;
        text += source.slice(at + 1, end);
        at = end;
        break;
      }
      case '"': {
        const quoted = doubleQuoted(source, at);
        if (quoted === undefined) return undefined;
        text += quoted.text;
        at = quoted.end;
        break;
      }
      case '\\':
        if (next === undefined) return undefined;
        text += next;
        at++;
        break;
      case ';':
      case '&':
      case '|':
      case '<':
      case '>':
      case '(':
      case ')':
      case '$':
      case '`':
      case '!':
      // A comment at the start of a word; in its middle too for some that split as shells do.
      case '#':
        return undefined;
      case '=':
        // An assignment before the command; in zsh, `=ls` is the path of ls.
        if (isProgram || at === start) return undefined;
        text += letter;
        break;
      case '~':
        if (at === start || '=:'.includes(source[at - 1] as string)) {
          // `~user`, `~+`, and in zsh names that a function looks up.
          if (next !== undefined && next !== '/' && next !== ' ') return undefined;
          expands = true;
        }
        text += letter;
        break;
      case '*':
      case '?':
      case '[':
        expands = true;
        text += letter;
        break;
      case '{':
        openBraces++;
        text += letter;
        break;
      case '}':
        if (--openBraces < 0) return undefined;
        expands ||= braceExpands;
        text += letter;
        break;
      default:
        if (openBraces > 0 && (letter === ',' || (letter === '.' && next === '.'))) {
          braceExpands = true;
        }
        text += letter;
    }
    at++;
  }
  if (openBraces > 0) return undefined;
  const written = source.slice(start, at);
  if (isProgram && (posixKeywords.has(written) || text === 'eval')) return undefined;
  return { text, expands, end: at };
}

function doubleQuoted(
  source: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  let text = '';
  for (let at = start + 1; at < source.length; at++) {
    const letter = source[at] as string;
    if (letter === '"') return { text, end: at };
    if ('$`!'.includes(letter)) return undefined;
    if (letter === '\\') {
      const next = source[at + 1];
      // Programs that split as shells do keep this backslash, shells do not.
      if (next === undefined || '$`!'.includes(next)) return undefined;
      if (next === '"' || next === '\\') at++;
      text += source[at];
    } else {
      text += letter;
    }
  }
  return undefined;
}

// --- cmd.exe, PowerShell ---

// Both shells have their own quotes, escapes and variables, and what PowerShell passes on, cmd.exe
// may read once more (a `.cmd` file as the program). Only characters that mean themselves to all.
const windowsPlain = /^[a-z0-9_./\\:+=@?*~-]+$/i;
const windowsQuoted = /^(?:[ \w./\\:+=@?*~,;#'()[\]{}-]|(?![\uff00-\uffef])[\p{L}\p{M}])+$/u;
const windowsProgram = /^(?:[a-z]:\\|\.{1,2}\\)?[a-z][a-z0-9_.\\-]*$/i;

const windowsKeywords: ReadonlySet<string> = new Set(
  (
    'if for rem goto else do in foreach function filter while switch try throw return exit break ' +
    'continue param begin process end class enum using trap data workflow parallel sequence ' +
    'inlinescript dynamicparam configuration until elseif catch finally from define var hidden static'
  ).split(' '),
);
const cmdInternals =
  /^(?:assoc|break|call|cd|chdir|cls|color|copy|date|del|dir|dpath|echo|endlocal|erase|exit|for|ftype|goto|if|keys|md|mkdir|mklink|move|path|pause|popd|prompt|pushd|rd|rem|ren|rename|rmdir|set|setlocal|shift|start|time|title|type|ver|verify|vol)[./\\:+]/i;

function windowsWords(source: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let at = 0;
  while (at < source.length) {
    if (source[at] === ' ') {
      at++;
      continue;
    }
    const quoted = source[at] === '"';
    const close = source.indexOf(quoted ? '"' : ' ', at + 1);
    if (quoted && close < 0) return undefined;
    const end = quoted ? close + 1 : close < 0 ? source.length : close;
    // A quote inside of a word, or two in a row, is read in as many ways as there are readers.
    if (end < source.length && source[end] !== ' ') return undefined;
    const word = windowsWord(source.slice(at, end), words.length === 0);
    if (word === undefined) return undefined;
    words.push(word);
    at = end;
  }
  return words;
}

function windowsWord(written: string, isProgram: boolean): Word | undefined {
  if (written.startsWith('"')) {
    const text = written.slice(1, -1);
    // PowerShell takes a quoted program for a value, and drops an empty word. A backslash before
    // the closing quote escapes it for the program, not for the shell.
    if (isProgram || !windowsQuoted.test(text) || text.endsWith('\\')) return undefined;
    return { text, expands: false };
  }
  if (!windowsPlain.test(written)) return undefined;
  if (isProgram) {
    const name = written.toLowerCase();
    // `del/q` and `cd..` are a command and its argument.
    if (windowsKeywords.has(name) || cmdInternals.test(name)) return undefined;
    return windowsProgram.test(written) ? { text: written, expands: false } : undefined;
  }
  if (/^[=@~]/.test(written)) return undefined;
  // PowerShell cuts `-a.b` and `-a:b` in two.
  if (/^-(?!-).*[.:]/.test(written)) return undefined;
  // It also keeps `--` to itself for scripts, such as npm's.
  return { text: written, expands: written === '--' || /[*?]/.test(written) };
}
