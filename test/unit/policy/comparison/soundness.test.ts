// What can go wrong silently: a policy that lets more pass than the one that a person confirmed is
// taken for a stricter one, and so takes effect without a word. Hence every comparison here is held
// against trying all calls of a small universe.
import { describe, expect, it } from 'vitest';
import { compare } from '../../../../src/policy/comparison/compare';
import { policyDocument } from '../../../../src/policy/document';
import { mutate, mutateClauses, tighten } from './mutations';
import { Dice, findLooser, isShownBy, type Json, randomClauses, randomDocument } from './universe';

const runs = Number(process.env.TOOLGATE_FUZZ_RUNS ?? 400);
const seed = Number(process.env.TOOLGATE_FUZZ_SEED ?? Date.now() % 1_000_000);
const timeout = 600_000;

function show(before: Json, after: Json, looser: string): string {
  return `seed ${seed}: ${looser}\n${JSON.stringify(before)}\n${JSON.stringify(after)}`;
}

/** How often one policy is looser than the other, and how often it is only said to be. */
function countPairs(pairs: number, make: () => readonly [Json, Json]): [number, number] {
  let loose = 0;
  let cautious = 0;
  for (let run = 0; run < pairs; run++) {
    const [before, after] = make();
    const { loosenings } = compare(before, after);
    const shown = loosenings.filter(({ certain }) => certain);
    for (const { example } of shown) {
      if (!isShownBy(before, after, example)) {
        expect.fail(show(before, after, `not so: ${JSON.stringify(example)}`));
      }
    }
    const looser = findLooser(before, after);
    if (looser !== undefined && loosenings.length === 0) expect.fail(show(before, after, looser));
    if (looser !== undefined || shown.length > 0) loose++;
    else if (loosenings.length > 0) cautious++;
  }
  return [loose, cautious];
}

describe(`comparing with brute force, seed ${seed}`, () => {
  it('never takes a looser policy for a stricter one', { timeout }, () => {
    const dice = new Dice(seed);
    const [loose, cautious] = countPairs(runs, () => {
      const before = randomDocument(dice);
      if (dice.chance(0.3)) return [before, randomDocument(dice)];
      const after = mutate(dice, before);
      return [before, dice.chance(0.5) ? after : mutate(dice, after)];
    });
    console.log(`seed ${seed}: ${runs} pairs, ${loose} looser, ${cautious} not but said to be`);
    expect(loose).toBeGreaterThan(runs / 5);
  });

  it('never takes a looser rule for a stricter one', { timeout }, () => {
    const dice = new Dice(seed + 3);
    const pairs = 8 * runs;
    const documentOf = (rule: Json): Json => ({
      version: '1',
      default: 'deny',
      tools: { a: rule },
    });
    const [loose, cautious] = countPairs(pairs, () => {
      const before = documentOf(randomClauses(dice));
      return [
        before,
        dice.chance(0.3) ? documentOf(randomClauses(dice)) : mutateClauses(dice, before),
      ];
    });
    console.log(`seed ${seed}: ${pairs} rules, ${loose} looser, ${cautious} not but said to be`);
    expect(loose).toBeGreaterThan(pairs / 10);
  });

  it('finds nothing between a policy and itself', { timeout }, () => {
    const dice = new Dice(seed + 1);
    for (let run = 0; run < runs; run++) {
      const document = randomDocument(dice);
      expect(policyDocument.safeParse(document).success).toBe(true);
      const { loosenings } = compare(document, structuredClone(document));
      if (loosenings.length > 0) expect.fail(show(document, loosenings, 'the same'));
    }
  });

  it('finds nothing in at least 90 % of tightening edits', { timeout }, () => {
    const dice = new Dice(seed + 2);
    let edits = 0;
    const cautious: string[] = [];
    for (let run = 0; run < runs; run++) {
      const before = randomDocument(dice);
      const after = tighten(dice, before);
      if (after === undefined || findLooser(before, after) !== undefined) continue;
      edits++;
      const [first] = compare(before, after).loosenings;
      if (first) cautious.push(show(before, after, first.message));
    }
    console.log(`seed ${seed}: ${edits} tightening edits, ${cautious.length} said to be looser`);
    expect(cautious.length / edits, cautious.join('\n')).toBeLessThan(0.1);
  });
});
