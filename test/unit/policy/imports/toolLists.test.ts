import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../../src/policy/glob';
import { covers, expressionOf, overlap } from '../../../../src/policy/imports/globRelations';
import { importToolLists, type ListedTools } from '../../../../src/policy/imports/toolLists';
import { matcher } from '../../../../src/policy/operators/regex';
import type { Access } from '../../../../src/policy/vocabulary';
import { judge, policyOf } from './support';

const strictness = { allow: 0, require_approval: 1, deny: 2 } as const;
const pattern = fc
  .array(fc.constantFrom('a', 'b', '*', '?', '*'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const name = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));
const access = fc.constantFrom<Access>('allow', 'require_approval', 'deny');

/** The strictest line that fits, or the default: what the clients say of their lists. */
function expected(
  lines: readonly ListedTools[],
  fallback: Access,
  server: string,
  tool: string,
): Access {
  const fitting = lines.filter(
    (line) => compileGlob(line.server).matches(server) && compileGlob(line.tool).matches(tool),
  );
  return fitting.length === 0
    ? fallback
    : fitting.map((line) => line.access).reduce((a, b) => (strictness[b] > strictness[a] ? b : a));
}

it('the strictest line that fits a call decides, however patterns overlap', () => {
  const line = fc.record({
    server: fc.oneof(name, pattern, fc.constant('*')),
    tool: fc.oneof(name, pattern, fc.constant('*')),
    access,
  });
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      access,
      fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 8 }),
      (lines, fallback, calls) => {
        const policy = policyOf(
          importToolLists({ description: '', default: fallback, lines, disabled: [] }, []),
        );
        for (const [server, tool] of calls) {
          const verdict = expected(lines, fallback, server, tool);
          expect([server, tool, judge(policy, tool, {}, server).verdict]).toEqual([
            server,
            tool,
            verdict,
          ]);
        }
      },
    ),
    { numRuns: 1000 },
  );
}, 60_000);

it('patterns overlap where some name fits both', () => {
  fc.assert(
    fc.property(pattern, pattern, name, (a, b, text) => {
      if (compileGlob(a).matches(text) && compileGlob(b).matches(text)) {
        expect(overlap(a, b)).toBe(true);
      }
    }),
  );
  expect(overlap('a*', 'b*')).toBe(false);
  expect(overlap('a?', 'a')).toBe(false);
  expect(overlap('*a', 'b*')).toBe(true);
});

it('a pattern covers another only where every name fits', () => {
  fc.assert(
    fc.property(pattern, pattern, name, (outer, inner, text) => {
      if (covers(outer, inner) && compileGlob(inner).matches(text)) {
        expect(compileGlob(outer).matches(text)).toBe(true);
      }
    }),
  );
  expect(covers('a*', 'ab?')).toBe(true);
  expect(covers('a?', 'a*')).toBe(false);
});

it('the expression of a pattern matches what the pattern does', () => {
  const odd = fc.oneof(pattern, fc.constantFrom('a.b', '[a]*', 'a+(b)', '^a$', 'a\\*', '{a}|b'));
  fc.assert(
    fc.property(odd, fc.oneof(name, odd), (source, text) => {
      expect(matcher(expressionOf(source), true)(text)).toBe(compileGlob(source).matches(text));
    }),
  );
});

describe('lists without an end', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);
  it.each([
    ['lines', names(10_001).map((tool) => ({ server: 's', tool, access: 'allow' as const }))],
    [
      'patterns',
      names(201).map((tool) => ({ server: 's', tool: `${tool}*`, access: 'allow' as const })),
    ],
    [
      'rules',
      [
        ...names(1000).map((server) => ({ server, tool: 'a', access: 'allow' as const })),
        ...names(100).map((tool) => ({ server: '*', tool: `${tool}*`, access: 'deny' as const })),
      ],
    ],
  ])('of %s are refused', (_, lines) => {
    const result = importToolLists({ description: '', default: 'deny', lines, disabled: [] }, []);
    expect(result.document).toBeUndefined();
    expect(result.problems).toHaveLength(1);
  });
});
