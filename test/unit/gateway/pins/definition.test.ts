import { describe, expect, it } from 'vitest';
import {
  definitionText,
  differencesBetween,
  digestOf,
} from '../../../../src/gateway/pins/definition';

const fields = (before: unknown, after: unknown): string[] =>
  differencesBetween(before, after).map(
    ({ field, kind, severity }) => `${field} ${kind} ${severity}`,
  );

const hinted = (annotations: unknown): object => ({ name: 'a', annotations });

describe('the differences between two definitions', () => {
  it.each([
    ['nothing', { a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }, []],
    ['a text', { description: 'a' }, { description: 'b' }, ['description changed review']],
    ['a list', { args: ['a', 'b'] }, { args: ['a'] }, ['args[1] removed review']],
    ['a nested member', { s: {} }, { s: { 'x y': [{ d: 1 }] } }, ['s."x y" added review']],
    ['another type', { s: ['a'] }, { s: { 0: 'a' } }, ['s changed review']],
    ['a null for nothing', { s: null }, {}, ['s removed review']],
    ['a name of Object’s own', {}, { constructor: 'a' }, ['constructor added review']],
    ['the whole', 'a', 'b', [' changed review']],
  ])('of %s', (_, before, after, expected) => {
    expect(fields(before, after)).toEqual(expected);
    expect(digestOf(before) === digestOf(after)).toBe(expected.length === 0);
  });

  it.each([
    ['promises only to read', {}, { readOnlyHint: true }, 'review'],
    ['no longer promises only to read', { readOnlyHint: true }, undefined, 'notice'],
    ['promises to destroy nothing', undefined, { destructiveHint: false }, 'review'],
    ['no longer promises so', { destructiveHint: false }, {}, 'notice'],
    ['promises to be idempotent', {}, { idempotentHint: true }, 'review'],
    ['no longer promises so', { idempotentHint: true }, { idempotentHint: false }, 'notice'],
    ['promises a closed world', {}, { openWorldHint: false }, 'review'],
    ['no longer promises so', { openWorldHint: false }, {}, 'notice'],
    ['has another title', { title: 'a' }, { title: 'b' }, 'review'],
    ['writes a hint as a text', { readOnlyHint: false }, { readOnlyHint: 'yes' }, 'review'],
    ['has no object for annotations', {}, ['readOnlyHint'], 'review'],
  ])('need a review only towards less risk: it %s', (_, before, after, severity) => {
    expect(differencesBetween(hinted(before), hinted(after))).toMatchObject([{ severity }]);
  });

  it.each([
    [undefined, {}],
    [
      {},
      { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    ],
  ])('are none where %j becomes %j, as an absent hint has its default', (before, after) => {
    expect(differencesBetween(hinted(before), hinted(after))).toEqual([]);
    expect(differencesBetween(hinted(after), hinted(before))).toEqual([]);
  });

  it('are counted to a bound', () => {
    const many = (value: string): string[] => Array.from({ length: 5000 }, () => value);
    expect(differencesBetween(many('a'), many('b'))).toHaveLength(200);
  });
});

describe('the text of a definition', () => {
  it('begins with what a person reads first, and keeps the line breaks', () => {
    const definition = { inputSchema: { b: 1, a: ['x'] }, description: 'One.\nTwo.', name: 'n' };
    expect(definitionText(definition)).toBe(
      '"name": "n"\n"description": \n  One.\n  Two.\n"inputSchema": {\n  "a": [\n    "x"\n  ],\n  "b": 1\n}',
    );
  });

  it('has no line that a text of the server can pass for', () => {
    const text = definitionText({ description: 'Good.\n"name": "other"\r=== end', name: 'n' });
    const own = text.split('\n').filter((line) => !line.startsWith('  '));
    expect(own).toEqual(['"name": "n"', '"description": ']);
    expect(text).toContain('\\r=== end');
  });
});
