import { foldName } from './names';

/**
 * A pattern over names: `*` stands for any run of characters, `?` for one, all else for itself.
 * Matching takes time linear in the name for each `*`, because the agent chooses the names.
 */
export interface Glob {
  readonly pattern: string;
  /** How many UTF-16 units stand for themselves: the measure of how specific the pattern is. */
  readonly literalLength: number;
  matches(name: string): boolean;
  /** Whether a name that looks like one it matches would match (see `foldName`). */
  matchesFolded(foldedName: string): boolean;
}

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

export function compileGlob(pattern: string): Glob {
  // Most names have no pattern in them, and are many.
  if (!isGlob(pattern)) {
    let folded: string | undefined;
    return {
      pattern,
      literalLength: pattern.length,
      matches: (name) => name === pattern,
      matchesFolded: (foldedName) => {
        folded ??= foldName(pattern);
        return foldedName === folded;
      },
    };
  }
  const raw = tokenize(pattern, (literal) => literal);
  const folded = tokenize(pattern, foldName);
  return {
    pattern,
    literalLength: pattern.replaceAll(/[*?]/g, '').length,
    matches: (name) => matchTokens(raw, [...name]),
    matchesFolded: (foldedName) => matchTokens(folded, [...foldedName]),
  };
}

const anyRun = Symbol('*');
const anyOne = Symbol('?');
type Token = string | typeof anyRun | typeof anyOne;

function tokenize(pattern: string, literal: (text: string) => string): Token[] {
  return pattern.split(/([*?])/).flatMap((part): Token[] => {
    if (part === '*') return [anyRun];
    if (part === '?') return [anyOne];
    return [...literal(part)];
  });
}

// Greedy with one step back to the latest `*`: an earlier `*` never needs to be revisited.
function matchTokens(tokens: readonly Token[], letters: readonly string[]): boolean {
  let token = 0;
  let letter = 0;
  let retryToken = -1;
  let retryLetter = 0;
  while (letter < letters.length) {
    const current = tokens[token];
    if (current === anyRun) {
      retryToken = ++token;
      retryLetter = letter;
    } else if (current === anyOne || current === letters[letter]) {
      token++;
      letter++;
    } else if (retryToken >= 0) {
      token = retryToken;
      letter = ++retryLetter;
    } else {
      return false;
    }
  }
  while (tokens[token] === anyRun) token++;
  return token === tokens.length;
}
