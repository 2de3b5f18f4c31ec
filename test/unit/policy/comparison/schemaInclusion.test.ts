import { describe, expect, it } from 'vitest';
import {
  type ArgumentCheck,
  compileSchema,
  schemaProblem,
} from '../../../../src/policy/argumentSchema';
import { schemaIncludes } from '../../../../src/policy/comparison/schemaInclusion';
import { Dice, type Json } from './universe';

describe('a schema includes another', () => {
  it.each([
    [{ type: 'number' }, { type: 'integer' }],
    [{ type: ['string', 'number'] }, { type: 'number', description: 'How many.' }],
    [{ maximum: 5 }, { maximum: 5, minimum: 1 }],
    [{ maximum: 5 }, { exclusiveMaximum: 5 }],
    [{ exclusiveMaximum: 5 }, { maximum: 4 }],
    [{ type: 'string', maxLength: 3 }, { enum: ['a', 'abc'] }],
    [{ enum: ['a', 'b'] }, { const: 'b' }],
    [{ required: ['a'] }, { required: ['b', 'a'] }],
    [{ properties: { a: { maximum: 9 } } }, { properties: { a: { maximum: 5 } }, required: ['a'] }],
    [{ properties: { a: {} } }, { properties: { a: {}, b: { type: 'string' } } }],
    [
      { properties: { a: {}, b: {} }, additionalProperties: false },
      { properties: { a: {} }, additionalProperties: false },
    ],
    [{ items: { type: 'number' } }, { items: { type: 'integer' }, maxItems: 3 }],
    [{ pattern: '^/a' }, { allOf: [{ pattern: '^/a' }, { maxLength: 9 }] }],
    [{ allOf: [{ minimum: 1 }, { maximum: 5 }] }, { minimum: 2, maximum: 3 }],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { type: 'string' }],
    [true, { type: 'string' }],
    [{ title: 'Old' }, true],
    [{ minLength: 1 }, false],
  ] as const)('%j that of %j', (wide, narrow) => {
    expect(schemaIncludes(wide, narrow)).toBe(true);
  });

  it.each([
    ['a wider type', { type: 'integer' }, { type: 'number' }],
    ['a higher maximum', { maximum: 5 }, { maximum: 6 }],
    ['a maximum for an exclusive one', { exclusiveMaximum: 5 }, { maximum: 5 }],
    ['one value more', { enum: ['a'] }, { enum: ['a', 'b'] }],
    ['a property not required', { required: ['a'] }, {}],
    [
      'a property more',
      { properties: { a: {} }, additionalProperties: false },
      { properties: { a: {}, b: {} }, additionalProperties: false },
    ],
    ['others than these', { additionalProperties: { type: 'string' } }, { properties: { a: {} } }],
    [
      'an item that is exempt',
      { items: { type: 'string' } },
      { items: { type: 'string' }, prefixItems: [{}] },
    ],
    [
      'none that has to be contained',
      { contains: { const: 1 } },
      { contains: { const: 1 }, minContains: 0 },
    ],
    ['null', { type: 'string' }, { type: 'string', nullable: true }],
    [
      'properties that have been looked at',
      { unevaluatedProperties: false },
      { unevaluatedProperties: false, properties: { a: {} } },
    ],
    [
      'a reference to something else',
      { properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: { type: 'string' } } },
      { properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: {} } },
    ],
    ['another pattern', { pattern: '^a' }, { pattern: 'a' }],
    [
      'a way round a pattern for names',
      { patternProperties: { '^a': { type: 'string' } } },
      { properties: { ab: {} } },
    ],
    [
      'the other branch',
      { if: { required: ['a'] }, else: { required: ['b'] } },
      { if: { required: ['b'] }, else: { required: ['b'] } },
    ],
    ['what is not one of', { oneOf: [{ minimum: 1 }, { maximum: 5 }] }, { minimum: 1 }],
  ] as const)('not with %s', (_what, wide, narrow) => {
    expect(schemaIncludes(wide, narrow)).toBe(false);
  });

  it('only where every value of many fits', { timeout: 120_000 }, () => {
    const seed = Number(process.env.TOOLGATE_FUZZ_SEED ?? Date.now() % 1_000_000);
    const dice = new Dice(seed);
    const values = [
      1,
      2,
      2.5,
      'a',
      'ab',
      '',
      null,
      true,
      [],
      [1],
      ['a', 1],
      [1, 1],
      {},
      { a: 1 },
      { a: 'a', b: 2 },
      { b: 'a' },
    ];
    let included = 0;
    for (let run = 0; run < 200; run++) {
      const wide = randomSchema(dice, 2);
      const narrow = dice.chance(0.5)
        ? randomSchema(dice, 2)
        : { ...wide, ...randomSchema(dice, 2) };
      if (!schemaIncludes(wide, narrow)) continue;
      // The strict mode of the validator knows more rules than this generator.
      if (schemaProblem(wide) ?? schemaProblem(narrow)) continue;
      included++;
      const [wideCheck, narrowCheck] = [wide, narrow].map((schema) => compileSchema(schema));
      for (const value of values) {
        if (fits(narrowCheck!, value) === true && fits(wideCheck!, value) === false) {
          expect.fail(`seed ${seed}: ${JSON.stringify({ wide, narrow, value })}`);
        }
      }
    }
    expect(included).toBeGreaterThan(10);
  });
});

function fits(check: ArgumentCheck, value: unknown): boolean | undefined {
  try {
    return check(value).length === 0;
  } catch {
    // ajv stumbles over `patternProperties` beside alternatives that list properties.
    return undefined;
  }
}

function randomSchema(dice: Dice, depth: number): Json {
  const part = (): Json => (depth > 0 ? randomSchema(dice, depth - 1) : { type: 'string' });
  const keywords: (() => Json)[] = [
    () => ({
      type: dice.pick(['string', 'number', 'integer', 'array', 'object', ['string', 'number']]),
    }),
    () => ({ minimum: dice.below(3) }),
    () => ({ exclusiveMaximum: dice.below(4) }),
    () => ({ maxLength: dice.below(3) }),
    () => ({ maxItems: dice.below(3), uniqueItems: dice.chance(0.5) }),
    () => ({ enum: dice.pick([[1, 'a'], ['a'], [1, 2, null]]) }),
    () => ({ const: dice.pick([1, 'a']) }),
    () => ({ required: [dice.pick(['a', 'b'])] }),
    () => ({ properties: { [dice.pick(['a', 'b'])]: part() } }),
    () => ({ additionalProperties: dice.pick([false, true, part()]) }),
    () => ({ patternProperties: { '^a': part() } }),
    () => ({ items: part() }),
    () => ({ prefixItems: [part()], items: false, minItems: 1 }),
    () => ({ contains: part(), minContains: dice.below(3) }),
    () => ({ allOf: [part(), part()] }),
    () => ({ anyOf: [part(), part()] }),
    () => ({ not: part() }),
    () => ({ if: part(), else: part() }),
    () => ({ unevaluatedProperties: false }),
  ];
  return Object.assign({}, ...dice.some(3, () => dice.pick(keywords)()));
}
