import { expect, it } from 'vitest';
import { filterWords, passesFilter } from '../../../src/ui/tree/toolFilter';

it.each([
  ['', true],
  ['  ', true],
  ['delete', true],
  ['DELETE', true],
  ['crit ask', true],
  ['ask github', true],
  ['delete low', false],
  ['reporead', false],
])('filters by "%s": %s', (filter, passes) => {
  const texts = ['github', 'delete_repo', 'Destructive', 'critical', 'ask'];
  expect(passesFilter(filterWords(filter), texts)).toBe(passes);
});
