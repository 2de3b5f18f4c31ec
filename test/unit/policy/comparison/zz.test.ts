import { it } from 'vitest';
import { compare } from '/tmp/wt3/src/policy/comparison/compare';
import { policyDocument } from '/tmp/wt3/src/policy/document';
import { Policy } from '/tmp/wt3/src/policy/policy';
import { mutate } from '/tmp/wt3/test/unit/policy/comparison/mutations';
import { Dice, findLooser, randomDocument } from '/tmp/wt3/test/unit/policy/comparison/universe';
it('p', { timeout: 600000 }, () => {
  const dice = new Dice(5); const N = 300;
  const pairs = Array.from({ length: N }, () => { const d = randomDocument(dice); return [d, mutate(dice, d)]; });
  const t = (l: string, f: (a: any, b: any) => void) => { const s = performance.now(); for (const [a, b] of pairs) f(a, b); console.log(l, (performance.now() - s) / N); };
  t('policies', (a, b) => { new Policy(a, 'workspace'); new Policy(b, 'workspace'); });
  t('safeParse', (a) => policyDocument.safeParse(a));
  t('same', (a) => compare(a, structuredClone(a)));
  t('compare', (a, b) => compare(a, b));
  t('brute', (a, b) => findLooser(a, b));
});
