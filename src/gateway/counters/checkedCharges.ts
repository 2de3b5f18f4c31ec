import { parseAmount } from './amount';
import type { Charge } from './counterStore';

export interface CheckedCharge {
  readonly key: string;
  readonly windowMs: number;
  readonly max: bigint;
  /** The same in every charge of one key: they are one event. */
  readonly cost: bigint;
  /** Whether an earlier charge of the call has the same key. */
  readonly repeats: boolean;
}

/** About thirty years; beyond it, sums of milliseconds might lose digits somewhere. */
const longestWindowSeconds = 1e9;

/** Charges with their numbers read; throws `RangeError` if any is not one that can be counted. */
export function checkedCharges(charges: readonly Charge[]): CheckedCharge[] {
  const checked: CheckedCharge[] = [];
  for (const { key, windowSeconds, max, cost } of charges) {
    const windowMs = windowMsOf(windowSeconds);
    let amount = parseAmount(cost);
    let repeats = false;
    for (const [index, other] of checked.entries()) {
      if (other.key !== key) continue;
      repeats = true;
      if (other.cost < amount) checked[index] = { ...other, cost: amount };
      else amount = other.cost;
    }
    checked.push({ key, windowMs, max: parseAmount(max), cost: amount, repeats });
  }
  return checked;
}

function windowMsOf(seconds: number): number {
  if (!(seconds > 0 && seconds <= longestWindowSeconds)) {
    throw new RangeError(
      `A window must be more than 0 and at most ${longestWindowSeconds} seconds.`,
    );
  }
  // Rounded first, so that 1.1 s is 1100 ms and not 1101.
  return Math.ceil(Math.round(seconds * 1e6) / 1000);
}
