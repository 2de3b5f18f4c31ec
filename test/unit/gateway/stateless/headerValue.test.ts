import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHeaderValue,
  encodeHeaderValue,
} from '../../../../src/gateway/stateless/headerValue';

describe('a text in a header', () => {
  // https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
  it.each([
    ['us-west1', 'us-west1'],
    ['two words', 'two words'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['', '=?base64??='],
  ])('%j is written %s', (text, value) => {
    expect(encodeHeaderValue(text)).toBe(value);
    expect(decodeHeaderValue(value)).toBe(text);
  });

  it.each([
    ['=?base64?SGVsbG8?=', 'without padding'],
    ['=?base64?SGVs_G8=?=', 'in the alphabet of URLs'],
    ['=?base64?SGVs bG8=?=', 'with a space'],
    ['=?base64?/w==?=', 'that is no UTF-8'],
  ])('%s is none: base64 %s', (value) => {
    expect(decodeHeaderValue(value)).toBeUndefined();
  });

  it('is always visible ASCII, and always read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = encodeHeaderValue(text);
        expect(value).toMatch(/^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/);
        expect(decodeHeaderValue(value)).toBe(text);
      }),
    );
  });
});
