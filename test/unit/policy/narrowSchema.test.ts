import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowSchema, type Schema } from '../../../src/policy/narrowSchema';

function fitsOf(schema: Schema): (value: unknown) => boolean {
  return new Ajv2020({ strict: false, logger: false }).compile(schema);
}

describe('a narrowed schema', () => {
  it.each([
    [{ type: 'number' }, { maximum: 5 }, { type: 'number', maximum: 5 }],
    [{ maximum: 3 }, { maximum: 5 }, { maximum: 3 }],
    [{ type: ['string', 'integer'] }, { type: 'number' }, { type: 'integer' }],
    [{ enum: ['a', 'b', 'c'] }, { enum: ['c', 'a', 'x'] }, { enum: ['a', 'c'] }],
    [
      { type: 'string', description: 'Where to.' },
      { pattern: '^/app', description: 'ours' },
      { type: 'string', description: 'Where to.', pattern: '^/app' },
    ],
    [{ pattern: 'a' }, { pattern: 'b' }, { pattern: 'a', allOf: [{ pattern: 'b' }] }],
    [
      { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a'] },
      { properties: { a: { enum: ['x'] } }, required: ['b'] },
      {
        type: 'object',
        properties: { a: { type: 'string', enum: ['x'] }, b: {} },
        required: ['a', 'b'],
      },
    ],
    [
      { properties: { a: {}, b: {} } },
      { properties: { a: {} }, additionalProperties: false },
      { properties: { a: {} }, additionalProperties: false },
    ],
    [
      { $ref: '#/$defs/x', description: 'd' },
      { maximum: 1 },
      { description: 'd', allOf: [{ $ref: '#/$defs/x', description: 'd' }, { maximum: 1 }] },
    ],
  ])('%o by %o is %o', (own, bound, expected) => {
    expect(narrowSchema(own, bound)).toEqual(expected);
  });

  const scalar = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('a', 'ab', 'abc', true, null),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any')),
    ),
  })).any;
  const types = fc.constantFrom(
    'string',
    'number',
    'integer',
    'object',
    'array',
    'null',
    'boolean',
  );
  const schema = fc.letrec<{ schema: Schema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      fc.boolean(),
      fc.record(
        {
          type: fc.oneof(types, fc.uniqueArray(types, { minLength: 1, maxLength: 3 })),
          minimum: fc.integer({ min: -2, max: 2 }),
          maximum: fc.integer({ min: -2, max: 2 }),
          minLength: fc.integer({ min: 0, max: 3 }),
          maxLength: fc.integer({ min: 0, max: 3 }),
          pattern: fc.constantFrom('a', 'b$', '^c'),
          enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
          required: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
          properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('schema'), { maxKeys: 2 }),
          patternProperties: fc.dictionary(fc.constantFrom('a', '^b'), tie('schema'), {
            maxKeys: 1,
          }),
          additionalProperties: tie('schema'),
          items: tie('schema'),
          maxItems: fc.integer({ min: 0, max: 2 }),
          uniqueItems: fc.boolean(),
          anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          not: tie('schema'),
        },
        { requiredKeys: [] },
      ) as fc.Arbitrary<Schema>,
    ),
  })).schema;

  it('takes exactly the values that both take', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(schema, schema, fc.array(value, { minLength: 8 }), (own, bound, values) => {
        const [ownFits, boundFits, bothFit] = [own, bound, narrowSchema(own, bound)].map(fitsOf);
        for (const candidate of values) {
          expect(bothFit!(candidate)).toBe(ownFits!(candidate) && boundFits!(candidate));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a schema with references stays valid when it is narrowed', () => {
  const own = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' }, n: { type: 'number' } },
    $defs: { A: { type: 'string' } },
  };
  it.each<[string, Schema, Schema]>([
    ['the tool’s', own, { properties: { n: { maximum: 5 } } }],
    [
      'the tool’s, as a whole',
      { $ref: '#/definitions/Call', definitions: { Call: own, ...own.$defs }, $defs: own.$defs },
      { properties: { n: { maximum: 5 } } },
    ],
    [
      'the policy’s',
      own,
      { properties: { n: { $ref: '#/$defs/B' } }, $defs: { B: { maximum: 5 } } },
    ],
    [
      'both, of one name',
      own,
      { properties: { n: { $ref: '#/$defs/A' } }, $defs: { A: { maximum: 5 } } },
    ],
    [
      'the policy’s, as a whole',
      own,
      { $ref: '#/$defs/B', $defs: { B: { properties: { n: { maximum: 5 } } } } },
    ],
  ])('%s', (_, schema, bound) => {
    for (const narrowed of [
      narrowSchema(schema, bound),
      narrowSchema(narrowSchema(schema, bound), bound),
    ]) {
      const fits = fitsOf(narrowed);
      expect(
        [
          { a: 'x', n: 5 },
          { a: 'x', n: 6 },
          { a: 1, n: 5 },
        ].map(fits),
      ).toEqual([true, false, false]);
    }
  });
});
