import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileGlob } from '../../../src/policy/glob';

it.each([
  ['*', '', true],
  ['get_*', 'get_job', true],
  ['get_*', 'forget_job', false],
  ['*_job', 'get_job', true],
  ['get_?', 'get_a', true],
  ['get_?', 'get_ab', false],
  ['a*b*c', 'aXbXbc', true],
  ['a*b*c', 'aXcXb', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['a+(b)', 'a+(b)', true],
  ['?', '😀', true],
  ['', '', true],
])('%j over %j is %s', (pattern, name, expected) => {
  expect(compileGlob(pattern).matches(name)).toBe(expected);
});

it('agrees with the regular expression that says the same', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(patterns, letters, (pattern, name) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      expect(compileGlob(pattern).matches(name)).toBe(new RegExp(`^${source}$`).test(name));
    }),
    { numRuns: 2000 },
  );
});

it('takes no more than linear time for each star', () => {
  const glob = compileGlob(`${'*a'.repeat(20)}b`);
  const started = performance.now();
  expect(glob.matches('a'.repeat(20_000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
