import { foldName } from '../names';

export const anyRun = Symbol('*');
export const anyOne = Symbol('?');
/** A letter that stands for itself, any one letter, or any run of letters. */
export type Token = string | typeof anyRun | typeof anyOne;

/** The tokens of a pattern, as `compileGlob` reads it. */
export function tokensOf(pattern: string): readonly Token[] {
  return inOrder(tokenize(pattern, (literal) => literal));
}

/** The tokens that a folded name has to match to look like a name of the pattern. */
export function foldedTokensOf(pattern: string): readonly Token[] {
  return inOrder(tokenize(pattern, foldName));
}

/**
 * Tokens that the folded form of every name of the pattern matches; `undefined` where that cannot
 * be said. Folding may make one letter several, or join the last letter before a wildcard with what
 * the wildcard stands for, so those count as any run.
 */
export function tokensAfterFolding(pattern: string): readonly Token[] | undefined {
  // Only ASCII letters are sure to keep apart from their neighbours.
  if (!/^[ -~]*$/.test(pattern)) return undefined;
  const tokens = tokenize(pattern, foldName);
  const loosened = tokens.map((token, index): Token => {
    const next = tokens[index + 1];
    return typeof token !== 'string' || (next !== undefined && typeof next !== 'string')
      ? anyRun
      : token;
  });
  return inOrder(loosened);
}

/** The letters before the first wildcard. */
export function prefixOf(tokens: readonly Token[]): string {
  const end = tokens.findIndex((token) => typeof token !== 'string');
  return tokens.slice(0, end < 0 ? tokens.length : end).join('');
}

/**
 * Whether every name that matches `narrow` matches `wide`. It may say no where it is so, and never
 * yes where it is not.
 */
export function includes(wide: readonly Token[], narrow: readonly Token[]): boolean {
  // One row of "wide[..i] takes narrow[..j]" at a time.
  let row = narrow.map(() => false);
  row.unshift(true);
  for (const token of interleaved(wide)) {
    const next = [token === anyRun && row[0] === true];
    for (let at = 0; at < narrow.length; at++) {
      const taken = narrow[at];
      if (token === anyRun) next.push(row[at + 1]! || next[at]!);
      else next.push(row[at]! && (token === taken || (token === anyOne && taken !== anyRun)));
    }
    row = next;
  }
  return row[narrow.length]!;
}

// "??*" is "*?*?*": its letters may lie anywhere in the run.
function interleaved(tokens: readonly Token[]): readonly Token[] {
  let inRun = false;
  return tokens
    .toReversed()
    .flatMap((token): Token[] => {
      const widened = inRun && token === anyOne;
      inRun = token === anyRun || widened;
      return widened ? [token, anyRun] : [token];
    })
    .reverse();
}

/** The tokens of some names that match both; `undefined` if there is no such name. */
export function meet(a: readonly Token[], b: readonly Token[]): readonly Token[] | undefined {
  if (!startsAgree(a, b)) return undefined;
  const width = b.length + 1;
  // For each pair of positions: where the walk came from, and what it read on the way.
  const cameFrom = new Map<number, { readonly from: number; readonly read: Token | undefined }>();
  const waiting = [0];
  const visit = (from: number, i: number, j: number, read: Token | undefined): void => {
    const state = i * width + j;
    if (state === 0 || cameFrom.has(state)) return;
    cameFrom.set(state, { from, read });
    waiting.push(state);
  };
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const i = Math.floor(state / width);
    const j = state % width;
    const left = a[i];
    const right = b[j];
    if (left === anyRun) visit(state, i + 1, j, right === anyRun ? anyRun : undefined);
    if (right === anyRun) visit(state, i, j + 1, left === anyRun ? anyRun : undefined);
    if (left === undefined || right === undefined) continue;
    if (left === anyRun && right !== anyRun) visit(state, i, j + 1, right);
    else if (right === anyRun && left !== anyRun) visit(state, i + 1, j, left);
    else if (left === right || left === anyOne) visit(state, i + 1, j + 1, right);
    else if (right === anyOne) visit(state, i + 1, j + 1, left);
  }
  let state = a.length * width + b.length;
  if (state !== 0 && !cameFrom.has(state)) return undefined;
  const tokens: Token[] = [];
  for (let step = cameFrom.get(state); step; step = cameFrom.get(state)) {
    if (step.read !== undefined) tokens.push(step.read);
    state = step.from;
  }
  return inOrder(tokens.reverse());
}

/** Quickly tells most patterns apart: by the letters before the first wildcard. */
function startsAgree(a: readonly Token[], b: readonly Token[]): boolean {
  const most = Math.min(a.length, b.length);
  for (let at = 0; at < most; at++) {
    const left = a[at];
    const right = b[at];
    if (typeof left !== 'string' || typeof right !== 'string') return true;
    if (left !== right) return false;
  }
  return true;
}

function tokenize(pattern: string, literal: (text: string) => string): Token[] {
  return pattern.split(/([*?])/).flatMap((part): Token[] => {
    if (part === '*') return [anyRun];
    if (part === '?') return [anyOne];
    return [...literal(part)];
  });
}

// "*?" and "?*" mean the same; `includes` compares token by token, so there is one way to say it.
function inOrder(tokens: readonly Token[]): readonly Token[] {
  const ordered: Token[] = [];
  let run = false;
  const close = (): void => {
    if (run) ordered.push(anyRun);
    run = false;
  };
  for (const token of tokens) {
    if (token === anyRun) run = true;
    else {
      if (token !== anyOne) close();
      ordered.push(token);
    }
  }
  close();
  return ordered;
}
