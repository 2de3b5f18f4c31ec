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
