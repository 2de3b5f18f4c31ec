import { Big } from 'big.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountText, parseAmount, parseSum } from '../../../../src/gateway/counters/amount';

describe('an amount', () => {
  it.each([
    ['0', '0'],
    ['0.0', '0'],
    ['0e5', '0'],
    ['1', '1'],
    ['12.50', '12.5'],
    ['1e3', '1000'],
    ['1.5E+2', '150'],
    ['15e-1', '1.5'],
    ['1e27', '1000000000000000000000000000'],
    ['1e-28', '0.0000000000000000000000000001'],
    ['100000e-33', '0.0000000000000000000000000001'],
    ['0.00000000000000000000000000010', '0.0000000000000000000000000001'],
    ['9999999999999999999999999999.9999999999999999999999999999', undefined],
    ['1234567890123456', undefined],
  ])('reads %s', (text, plain = text) => {
    expect(amountText(parseAmount(text))).toBe(plain);
  });

  it('is the number that another library reads', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,20})(\.\d{1,20})?(e[+-]?[0-7])?$/);
    fc.assert(
      fc.property(digits, digits, (one, other) => {
        const sum = parseAmount(one) + parseAmount(other);
        expect(new Big(amountText(sum)).eq(new Big(one).plus(other))).toBe(true);
        expect(amountText(sum)).toBe(new Big(one).plus(other).toFixed());
      }),
    );
  });

  it('may have more digits when it is a sum', () => {
    const largest = parseAmount('9999999999999999999999999999.5');
    const sum = amountText(largest + largest);
    expect(parseSum(sum)).toBe(largest + largest);
    expect(() => parseAmount(sum)).toThrow(RangeError);
  });

  it('is refused without repeating it', () => {
    expect(() => parseAmount('secret')).toThrow(/^An amount must be/);
  });
});
