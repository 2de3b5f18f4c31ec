/** A use of one counter: `cost` is added if, and only if, the sum within the window stays at or below `max`. */
export interface Charge {
  /**
   * Names the counter, by names and digests only, never by the value of an argument. Charges with
   * different windows may share one: events are kept as long as the longest window asked for.
   */
  readonly key: string;
  readonly windowSeconds: number;
  /**
   * Decimal numbers as JSON writes them (`"0.1"`, `"12"`, `"1e3"`), as text because sums of money
   * must be exact. From 0 up to 28 digits on either side of the point; anything else, `"-0"`
   * included, is a `RangeError`, and nothing of the call is counted.
   */
  readonly max: string;
  readonly cost: string;
}

export type ChargeResult =
  | {
      readonly granted: true;
      /** Takes the charge back, as when the person refuses the call. Once; never rejects. */
      release(): Promise<void>;
    }
  | {
      readonly granted: false;
      /** The first charge that did not fit. */
      readonly index: number;
      /** Whole seconds, at least 1, until it would fit if nothing else is counted; absent when it never will. */
      readonly retryAfterSeconds: number | undefined;
      /** What is left of `max` now, as decimal text, never negative. */
      readonly remaining: string;
    };

/** Thrown when the counters cannot be read or written: what needs them must not happen. */
export class CountersUnavailable extends Error {
  override readonly name = 'CountersUnavailable';
}

/** Where counters live. Charges of one call are made all or none, atomically against all others. */
export interface CounterStore {
  /**
   * Charges with the same key in one call are one event, whose cost is counted once (the largest,
   * should they differ).
   */
  charge(charges: readonly Charge[]): ChargeResult | Promise<ChargeResult>;
  dispose(): Promise<void>;
}
