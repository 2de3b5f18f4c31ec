const decimals = 28;
const mostDigits = 28;
const mostDigitsOfSum = 42;
const unit = 10n ** BigInt(decimals);
const one = unit;

const plain = /^(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const smallInteger = /^[1-9]\d{0,14}$/;

/**
 * A decimal number of at least 0 as a count of 10^-28: sums of such integers are exact, which those
 * of doubles are not. Throws `RangeError` for all else.
 */
export function parseAmount(text: string): bigint {
  return parse(text, mostDigits);
}

/** Reads what `amountText` wrote of a sum, which may have more digits than an amount. */
export function parseSum(text: string): bigint {
  return parse(text, mostDigitsOfSum);
}

/** The shortest plain decimal text, without an exponent. */
export function amountText(amount: bigint): string {
  const whole = amount / unit;
  const fraction = amount % unit;
  if (fraction === 0n) return whole.toString();
  return `${whole}.${fraction.toString().padStart(decimals, '0').replace(/0+$/, '')}`;
}

function parse(text: string, mostDigits: number): bigint {
  if (text === '1') return one;
  if (smallInteger.test(text)) return BigInt(text) * unit;
  const match = plain.exec(text);
  if (!match) throw new RangeError('An amount must be a decimal number of at least 0.');
  const [, whole = '', fraction = '', exponent = '0'] = match;
  // The point moves right by the exponent; what is right of it then must fit the decimals.
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return 0n;
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  if (scale < -decimals || significant.length + scale > mostDigits) {
    throw new RangeError(
      `An amount may have ${mostDigits} digits before the point and ${decimals} after it.`,
    );
  }
  return BigInt(significant) * 10n ** BigInt(decimals + scale);
}
