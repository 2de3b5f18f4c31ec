import { expect, it } from 'vitest';
import { compileSchema, schemaProblem } from '../../../src/policy/argumentSchema';

const bounded = { type: 'object', properties: { n: { maximum: 5 } }, required: ['n'] };

it('says which arguments do not fit', () => {
  const check = compileSchema(bounded);
  expect(check({ n: 5 })).toEqual([]);
  expect(check({ n: 6 })).toEqual(['/n']);
  expect(check({})).toEqual(['']);
});

// An asynchronous check answers with a promise, which is as good as a yes.
it.each([
  [{ ...bounded, $async: true }],
  [{ allOf: [{ ...bounded, $async: true }] }],
  [{ properties: { a: { $async: false } } }],
])('cannot be had asynchronously: %j', (schema) => {
  expect(schemaProblem(schema)).toContain('$async');
});

it.each([
  [{ required: ['constructor'] }, 'constructor'],
  [{ required: ['toString'], properties: { toString: {} } }, 'toString'],
  [{ required: ['__proto__'] }, '__proto__'],
])('%j takes only what was sent for sent', (schema, name) => {
  const check = compileSchema(schema);
  expect(check({})).toEqual(['']);
  expect(check(JSON.parse(`{ "${name}": 1 }`))).toEqual([]);
});

it('lets no argument vanish behind the prototype of objects', () => {
  const closed = compileSchema({ properties: { n: {} }, additionalProperties: false });
  expect(closed({ n: 1 })).toEqual([]);
  for (const name of ['__proto__', 'constructor']) {
    expect(closed(JSON.parse(`{ "${name}": { "n": 1 } }`))).toEqual(['']);
  }
});

it.each([
  [[1, 2, '1', [1], { a: 1 }, null], true],
  [
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    false,
  ],
  [[{ a: '1,"b":2' }, { a: 1, b: 2 }], true],
  [
    [
      [1, [2]],
      [1, [2]],
    ],
    false,
  ],
  [[[1, 2], [[1, 2]]], true],
  [[0, -0], false],
])('knows whether items are unique: %j', (items, fits) => {
  expect(compileSchema({ uniqueItems: true })(items)).toEqual(fits ? [] : ['']);
  expect(compileSchema({ uniqueItems: false })(items)).toEqual([]);
});

// The agent decides how much there is to check, and the editor waits.
it.each([
  [{ items: { type: 'string' } }, 'a'],
  [{ uniqueItems: true, items: { type: 'object' } }, undefined],
])('checks in good time, or not at all: %j', (schema, same) => {
  const check = compileSchema({ properties: { list: schema } });
  const listOf = (length: number): unknown[] =>
    Array.from({ length }, (_, index) => same ?? { index });
  expect(check({ list: listOf(9000) })).toEqual([]);
  const before = performance.now();
  expect(check({ list: listOf(300_000) })).toEqual(['']);
  expect(performance.now() - before).toBeLessThan(2000);
});

it('has no text fit a pattern that it is too long for, nor its opposite', () => {
  const long = 'a'.repeat(300_000);
  expect(compileSchema({ pattern: '^a+$' })(long.slice(0, 200_000))).toEqual([]);
  expect(compileSchema({ pattern: '^a+$' })(long)).toEqual(['']);
  expect(compileSchema({ not: { pattern: 'b' } })(long)).toEqual(['']);
});

it.each([
  [{ maximum: 'x' }, 'data/maximum must be number'],
  [{ required: ['a', 'a'] }, 'must NOT have duplicate items'],
  [{ properties: { a: { minLength: -1 } } }, 'data/properties/a/minLength'],
  [{ $schema: 'http://json-schema.org/draft-04/schema#' }, 'no schema with key or ref'],
  [{ maximun: 5 }, 'unknown keyword: "maximun"'],
])('%j is no schema', (schema, problem) => {
  expect(schemaProblem(schema)).toContain(problem);
});

it('does not let one schema refer to a part of another', () => {
  const named = { properties: { a: { $id: 'urn:policy:x', type: 'string' } } };
  const referring = { properties: { a: { $ref: 'urn:policy:x' } } };
  for (const schema of [named, { ...named, title: 'Again' }]) {
    expect(
      schemaProblem({ ...schema, $schema: 'https://json-schema.org/draft/2020-12/schema' }),
    ).toBe(undefined);
  }
  expect(schemaProblem(referring)).toContain('urn:policy:x');
});

it('is read quickly enough for a policy to have hundreds', () => {
  schemaProblem({});
  const before = process.cpuUsage();
  for (let index = 0; index < 400; index++) {
    expect(schemaProblem({ properties: { [`a${index}`]: { maximum: index } } })).toBeUndefined();
  }
  // Microseconds of work, however busy the machine is.
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});
