// What can go wrong silently: a policy that lets more pass than the one that a person confirmed is
// taken for a stricter one, and so takes effect without a word. Hence every comparison here is held
// against trying all calls of a small universe.
import { describe, expect, it } from 'vitest';
import { compare } from '../../../../src/policy/comparison/compare';
import { policyDocument } from '../../../../src/policy/document';
import { mutate, tighten } from './mutations';
import { Dice, findLooser, type Json, randomDocument } from './universe';

const runs = Number(process.env.TOOLGATE_FUZZ_RUNS ?? 1500);
const seed = Number(process.env.TOOLGATE_FUZZ_SEED ?? Date.now() % 1_000_000);

function show(before: Json, after: Json, looser: string): string {
  return `seed ${seed}: ${looser}\n${JSON.stringify(before)}\n${JSON.stringify(after)}`;
}

describe(`comparing with brute force, seed ${seed}`, () => {
  it('never takes a looser policy for a stricter one', { timeout: 600_000 }, () => {
    const dice = new Dice(seed);
    let loose = 0;
    let cautious = 0;
    for (let run = 0; run < runs; run++) {
      const before = randomDocument(dice);
      const after = dice.chance(0.3)
        ? randomDocument(dice)
        : dice.chance(0.5)
          ? mutate(dice, before)
          : mutate(dice, mutate(dice, before));
      const looser = findLooser(before, after);
      const { loosenings } = compare(before, after);
      if (looser === undefined) cautious += loosenings.length > 0 ? 1 : 0;
      else {
        loose++;
        if (loosenings.length === 0) expect.fail(show(before, after, looser));
      }
      for (const { certain, example } of loosenings) {
        if (certain) expect(example.server).not.toBe('');
      }
    }
    console.log(`seed ${seed}: ${runs} pairs, ${loose} looser, ${cautious} not but said to be`);
    expect(loose).toBeGreaterThan(runs / 5);
  });

  it('finds nothing between a policy and itself', { timeout: 600_000 }, () => {
    const dice = new Dice(seed + 1);
    for (let run = 0; run < runs; run++) {
      const document = randomDocument(dice);
      expect(policyDocument.safeParse(document).success).toBe(true);
      const { loosenings } = compare(document, structuredClone(document));
      if (loosenings.length > 0) expect.fail(show(document, loosenings, 'the same'));
    }
  });

  it('finds nothing in at least 90 % of tightening edits', { timeout: 600_000 }, () => {
    const dice = new Dice(seed + 2);
    let edits = 0;
    let cautious = 0;
    const examples: string[] = [];
    for (let run = 0; run < runs; run++) {
      const before = randomDocument(dice);
      const after = tighten(dice, before);
      if (after === undefined || findLooser(before, after) !== undefined) continue;
      edits++;
      const { loosenings } = compare(before, after);
      if (loosenings.length === 0) continue;
      cautious++;
      if (examples.length < 12)
        examples.push(
          `${JSON.stringify(before)}\n${JSON.stringify(after)}\n  ${JSON.stringify(loosenings[0])}`,
        );
    }
    console.log(`seed ${seed}: ${edits} tightening edits, ${cautious} said to be looser`);
    if (process.env.TOOLGATE_FUZZ_SHOW) console.log(examples.join('\n'));
    expect(cautious / edits).toBeLessThan(0.1);
  });
});
