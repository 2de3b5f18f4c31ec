import { compileGlob, type Glob, isGlob } from '../glob';
import { foldName } from '../names';
import {
  anyOne,
  anyRun,
  foldedTokensOf,
  includes,
  meet,
  type Token,
  tokensAfterFolding,
  tokensOf,
} from './globAlgebra';

/** A pattern of a policy with what the comparison asks of it. */
export class Pattern {
  readonly isGlob: boolean;
  readonly glob: Glob;
  private readonly lazy: { raw?: readonly Token[]; folded?: readonly Token[] } = {};

  constructor(readonly text: string) {
    this.isGlob = isGlob(text);
    this.glob = compileGlob(text);
  }

  get tokens(): readonly Token[] {
    this.lazy.raw ??= tokensOf(this.text);
    return this.lazy.raw;
  }

  get foldedTokens(): readonly Token[] {
    this.lazy.folded ??= foldedTokensOf(this.text);
    return this.lazy.folded;
  }
}

/**
 * Names, without those that a document writes out: `match` a pattern, `look` like names of one
 * without matching it, or `all`.
 */
export type Region =
  | { readonly kind: 'match' | 'look'; readonly pattern: Pattern }
  | { readonly kind: 'all' };

/** Whether `wide` surely has every name of `narrow`. */
export function regionIncludes(wide: Region, narrow: Region): boolean {
  if (wide.kind === 'all') return true;
  if (wide.kind === 'look') {
    return narrow.kind === 'look' && wide.pattern.text === narrow.pattern.text;
  }
  const { tokens } = wide.pattern;
  if (narrow.kind === 'match') return includes(tokens, narrow.pattern.tokens);
  return tokens.length === 1 && tokens[0] === anyRun;
}

/** Whether every name that looks like one of `narrow` looks like one of `wide`. */
export function looksInclude(wide: Pattern, narrow: Pattern): boolean {
  return includes(wide.foldedTokens, narrow.foldedTokens);
}

/** Whether some name may lie in both. */
export function mayMeet(a: Region, b: Region): boolean {
  if (a.kind === 'all' || b.kind === 'all') return true;
  if (a.kind === b.kind) {
    return a.kind === 'match'
      ? meet(a.pattern.tokens, b.pattern.tokens) !== undefined
      : meet(a.pattern.foldedTokens, b.pattern.foldedTokens) !== undefined;
  }
  const [matched, looked] = a.kind === 'match' ? [a, b as typeof a] : [b as typeof a, a];
  const folded = tokensAfterFolding(matched.pattern.text);
  return folded === undefined || meet(folded, looked.pattern.foldedTokens) !== undefined;
}

const fillers = ['', 'x', 'new', 'some_name', 'q7', 'other-1'];

/** Names that may lie in both, for examples: who uses one checks where it really lies. */
export function namesIn(a: Region, b: Region): readonly string[] {
  const looked = a.kind === 'look' ? a : b.kind === 'look' ? b : undefined;
  if (looked) return fill(looked.pattern.tokens).flatMap(disguises);
  if (a.kind === 'match' && b.kind === 'match') {
    return fill(meet(a.pattern.tokens, b.pattern.tokens) ?? []);
  }
  const matched = a.kind === 'match' ? a : b;
  return matched.kind === 'match' ? fill(matched.pattern.tokens) : ['some_name', 'other-1', 'q7'];
}

function fill(tokens: readonly Token[]): string[] {
  const filled = fillers.flatMap((run) =>
    ['x', 'q', '7'].map((one) =>
      tokens.map((token) => (token === anyRun ? run : token === anyOne ? one : token)).join(''),
    ),
  );
  return [...new Set(filled)].filter((name) => name !== '');
}

/** Names that a person takes for this one. */
function disguises(name: string): string[] {
  const letters = [...name];
  const inWide = letters.map((letter) =>
    /[!-~]/.test(letter) ? String.fromCodePoint(letter.codePointAt(0)! + 0xfee0) : letter,
  );
  const candidates = [
    name.toUpperCase(),
    letters.map((letter, at) => (at === 0 ? letter.toUpperCase() : letter)).join(''),
    inWide.join(''),
    [inWide[0], ...letters.slice(1)].join(''),
    name.toLowerCase(),
  ];
  return candidates.filter((other) => other !== name && foldName(other) === foldName(name));
}
