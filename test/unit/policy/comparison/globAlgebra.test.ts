import { describe, expect, it } from 'vitest';
import {
  includes,
  meet,
  tokensAfterFolding,
  tokensOf,
} from '../../../../src/policy/comparison/globAlgebra';
import { namesIn, Pattern, type Region } from '../../../../src/policy/comparison/region';
import { compileGlob } from '../../../../src/policy/glob';
import { foldName } from '../../../../src/policy/names';

function words(letters: readonly string[], most: number): string[] {
  if (most === 0) return [''];
  const shorter = words(letters, most - 1);
  return ['', ...letters.flatMap((letter) => shorter.map((rest) => letter + rest))];
}

const names = [...new Set(words(['a', 'b', 'c'], 6))];
const patterns = [...new Set(words(['a', 'b', '*', '?'], 3))];
const matching = new Map(
  patterns.map((pattern) => {
    const glob = compileGlob(pattern);
    return [pattern, new Set(names.filter((name) => glob.matches(name)))];
  }),
);

describe('patterns over names', () => {
  it('include one another only where every name does', () => {
    const missed: string[] = [];
    for (const wide of patterns) {
      for (const narrow of patterns) {
        const says = includes(tokensOf(wide), tokensOf(narrow));
        const is = [...matching.get(narrow)!].every((name) => matching.get(wide)!.has(name));
        if (says && !is) expect.fail(`${wide} does not include ${narrow}`);
        if (is && !says) missed.push(`${wide} ${narrow}`);
      }
    }
    expect(missed).toEqual([]);
  });

  it('meet exactly where they have a name in common, and show where', () => {
    for (const a of patterns) {
      for (const b of patterns) {
        const met = meet(tokensOf(a), tokensOf(b));
        const common = [...matching.get(a)!].some((name) => matching.get(b)!.has(name));
        if ((met !== undefined) !== common) expect.fail(`${a} and ${b}: ${String(met)}`);
        const regions = [a, b].map(
          (text): Region => ({ kind: 'match', pattern: new Pattern(text) }),
        ) as [Region, Region];
        for (const name of met ? namesIn(...regions) : []) {
          expect(compileGlob(a).matches(name) && compileGlob(b).matches(name)).toBe(true);
        }
      }
    }
  });

  it.each(['a*', '*b', '?b', 'a?c', 'del_*', 'a', '*x*y?'])(
    'cover, folded, what the names of %s look like',
    (pattern) => {
      const glob = compileGlob(pattern);
      const folded = compileFolded(pattern);
      const odd = [
        'a\u0301',
        'ﬁ',
        'ﬁb',
        'aﬁc',
        'a\u0301c',
        'Ab',
        'ａ',
        'del_\u0301x',
        'x\u0301y㎏',
        'ÀB',
      ];
      for (const name of [...names, ...odd].filter((text) => glob.matches(text))) {
        expect(folded(foldName(name)), name).toBe(true);
      }
    },
  );
});

function compileFolded(pattern: string): (name: string) => boolean {
  const tokens = tokensAfterFolding(pattern)!;
  return (name) => includes(tokens, [...name]);
}
