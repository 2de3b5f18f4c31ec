import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Charge,
  ChargeResult,
  CounterStore,
} from '../../../../../src/gateway/counters/counterStore';
import { one } from './charges';
import { ModelCounters } from './model';

export interface Harness {
  readonly store: CounterStore;
  /** Lets time pass for the counters. */
  advance(ms: number): void | Promise<void>;
}

export interface HarnessOptions {
  readonly open: () => Promise<Harness>;
  readonly close: () => Promise<void>;
  /** Whether time stands still but for `advance`. */
  readonly exactClock: boolean;
  readonly propertyRuns: number;
}

/** What every store promises, whatever it keeps the counters in. */
export function describeCounters(name: string, options: HarnessOptions): void {
  describe(name, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await options.open();
    });
    afterEach(() => options.close());

    const charge = async (charges: readonly Charge[]): Promise<ChargeResult> =>
      harness.store.charge(charges);
    const grant = async (charges: readonly Charge[]): Promise<() => Promise<void>> => {
      const result = await charge(charges);
      if (!result.granted) throw new Error(`refused: ${JSON.stringify(result)}`);
      return () => result.release();
    };
    const isGranted = async (charges: readonly Charge[]): Promise<boolean> =>
      (await charge(charges)).granted;

    it('grants up to the maximum and says when to come again', async () => {
      for (let count = 0; count < 3; count++) await grant(one('1', '3'));
      expect(await charge(one('1', '3'))).toEqual({
        granted: false,
        index: 0,
        retryAfterSeconds: 60,
        remaining: '0',
      });
      expect(await isGranted(one('1', '3', 60, 'other'))).toBe(true);
    });

    it('slides: a full window at its end leaves no room at the start of the next', async () => {
      await harness.advance(59_000);
      for (let count = 0; count < 10; count++) await grant(one('1', '10'));
      for (let second = 0; second < 5; second++) {
        await harness.advance(1000);
        expect(await isGranted(one('1', '10'))).toBe(false);
      }
      await harness.advance(55_000);
      for (let count = 0; count < 10; count++) await grant(one('1', '10'));
      expect(await isGranted(one('1', '10'))).toBe(false);
    });

    it('frees each event when its own time has come', async () => {
      await grant(one('1', '2'));
      await harness.advance(30_000);
      await grant(one('1', '2'));
      expect(await charge(one('1', '2'))).toMatchObject({ retryAfterSeconds: 30 });
      await harness.advance(30_000);
      await grant(one('1', '2'));
      expect(await charge(one('1', '2'))).toMatchObject({ retryAfterSeconds: 30 });
    });

    it('makes the charges of one call all or none', async () => {
      await grant(one('1', '1', 60, 'narrow'));
      const both = [...one('1', '5', 60, 'wide'), ...one('1', '1', 60, 'narrow')];
      for (let count = 0; count < 9; count++) {
        expect(await charge(both)).toMatchObject({ granted: false, index: 1, remaining: '0' });
      }
      for (let count = 0; count < 5; count++) await grant(one('1', '5', 60, 'wide'));
      expect(await isGranted(one('1', '5', 60, 'wide'))).toBe(false);
    });

    it('names the first charge that does not fit', async () => {
      await grant([...one('1', '1', 60, 'a'), ...one('1', '1', 30, 'b')]);
      const call = [
        ...one('1', '9', 60, 'c'),
        ...one('1', '1', 30, 'b'),
        ...one('1', '1', 60, 'a'),
      ];
      expect(await charge(call)).toMatchObject({ index: 1, retryAfterSeconds: 30 });
    });

    it('counts a key that occurs twice in one call once', async () => {
      const call = [...one('1', '2', 10), ...one('1', '3', 60)];
      await grant(call);
      await grant(call);
      expect(await charge(call)).toMatchObject({ index: 0, remaining: '0' });
      await harness.advance(10_000);
      await grant(call);
      expect(await charge(call)).toMatchObject({ index: 1, remaining: '0' });
    });

    it('counts the largest of different costs of one key', async () => {
      await grant([...one('1', '10'), ...one('4', '10', 30)]);
      expect(await charge(one('7', '10'))).toMatchObject({ granted: false, remaining: '6' });
    });

    it('keeps events for the longest window that shares the key', async () => {
      await grant(one('1', '9', 3600));
      for (let minute = 0; minute < 8; minute++) {
        await harness.advance(61_000);
        await grant(one('1', '1', 60));
      }
      expect(await charge(one('1', '9', 3600))).toMatchObject({ granted: false, remaining: '0' });
    });

    it('gives a charge back once', async () => {
      const release = await grant(one('1', '2'));
      await grant(one('1', '2'));
      await release();
      await release();
      await grant(one('1', '2'));
      expect(await isGranted(one('1', '2'))).toBe(false);
    });

    it('gives back to every counter of the call, and to no other event', async () => {
      const both = [...one('2', '10', 60, 'a'), ...one('2', '10', 60, 'b')];
      const release = await grant(both);
      await grant(one('3', '10', 60, 'a'));
      await release();
      expect(await charge(one('11', '10', 60, 'a'))).toMatchObject({ remaining: '7' });
      expect(await charge(one('11', '10', 60, 'b'))).toMatchObject({ remaining: '10' });
    });

    it('gives nothing back that is no longer counted', async () => {
      const release = await grant(one('1', '2'));
      await harness.advance(60_000);
      await grant(one('1', '2'));
      await grant(one('1', '2'));
      await release();
      expect(await isGranted(one('1', '2'))).toBe(false);
    });

    it('adds decimals exactly', async () => {
      for (let count = 0; count < 10; count++) await grant(one('0.1', '1'));
      expect(await charge(one('0.0000000000000000000000000001', '1'))).toMatchObject({
        granted: false,
        remaining: '0',
      });
    });

    it('tells a maximum from a cost that is larger by less than a double can say', async () => {
      expect(await charge(one('1.0000000000000001', '1'))).toEqual({
        granted: false,
        index: 0,
        retryAfterSeconds: undefined,
        remaining: '1',
      });
      await grant(one('1', '1'));
    });

    it('adds numbers beyond 2^53 exactly', async () => {
      const max = '9007199254740993.0000000000000000000000000001';
      await grant(one('9007199254740992', max));
      expect(await charge(one('2', max))).toMatchObject({
        granted: false,
        remaining: '1.0000000000000000000000000001',
      });
      await grant(one('1.0000000000000000000000000001', max));
      expect(await isGranted(one('1e-28', max))).toBe(false);
    });

    it('adds more than any one amount may be', async () => {
      const most = '9999999999999999999999999999';
      for (let window = 0; window < 11; window++) {
        await grant(one(most, most, 1));
        await harness.advance(2000);
      }
      expect(await charge(one('1', most, 60))).toMatchObject({ granted: false, remaining: '0' });
    });

    it('lets a cost of 0 pass where all is used up, but not where more is', async () => {
      await grant(one('5', '5'));
      await grant(one('0', '5'));
      expect(await charge(one('0', '4'))).toMatchObject({ granted: false, remaining: '0' });
    });

    it('says so when a charge will never fit', async () => {
      await grant(one('1', '2'));
      expect(await charge(one('3', '2'))).toEqual({
        granted: false,
        index: 0,
        retryAfterSeconds: undefined,
        remaining: '1',
      });
      expect(await charge(one('1', '0'))).toMatchObject({ retryAfterSeconds: undefined });
    });

    it('grants a call without charges', async () => {
      const release = await grant([]);
      await release();
    });

    it.each(unreadable)('counts nothing of a call with the amount %j', async (amount) => {
      await expect(charge([...one('1', '1'), ...one(amount, '9', 60, 'b')])).rejects.toThrow(
        RangeError,
      );
      await expect(charge([...one('1', '1'), ...one('1', amount, 60, 'b')])).rejects.toThrow(
        RangeError,
      );
      await grant(one('1', '1'));
    });

    it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e10])(
      'refuses to count in a window of %d seconds',
      async (seconds) => {
        await expect(charge(one('1', '1', seconds))).rejects.toThrow(RangeError);
      },
    );

    it('counts keys apart whatever they are made of', async () => {
      const keys = ['a', 'A', 'a ', 'a\u0000', '{a}', 'a:b', 'a/../b', 'ä', 'a'.repeat(5000), ''];
      for (const key of keys) await grant(one('1', '1', 60, key));
      for (const key of keys) expect(await isGranted(one('1', '1', 60, key))).toBe(false);
    });

    it('lets exactly as many of 1,000 parallel calls through as fit', async () => {
      const calls = Array.from({ length: 1000 }, (_, index) =>
        charge([...one('0.1', '37', 60, 'shared'), ...one('1', '50', 60, `k${index % 20}`)]),
      );
      const granted = (await Promise.all(calls)).filter((result) => result.granted);
      expect(granted).toHaveLength(370);
      await Promise.all(granted.map((result) => result.granted && result.release()));
      expect(await charge(one('38', '37', 60, 'shared'))).toMatchObject({ remaining: '37' });
    });

    it('fits when as many seconds have passed as it said, and not before', async () => {
      for (const [cost, wait] of [
        ['2', 700],
        ['1', 2300],
        ['4', 5000],
        ['1', 0],
      ] as const) {
        await grant(one(cost, '8', 20));
        await harness.advance(wait);
      }
      for (const cost of ['1', '2', '3', '4', '7', '8']) {
        const refused = await charge(one(cost, '8', 20));
        if (refused.granted || refused.retryAfterSeconds === undefined) throw new Error('granted');
        await harness.advance(refused.retryAfterSeconds * 1000 - 1000);
        expect(await charge(one(cost, '8', 20))).toMatchObject({ retryAfterSeconds: 1 });
        await harness.advance(1000);
        await (await grant(one(cost, '8', 20)))();
        if (!options.exactClock) break;
        // All over again for the next cost.
        await harness.advance(20_000);
        await grant(one('8', '8', 20));
      }
    });

    const toTheMillisecond = async (): Promise<void> => {
      await grant(one('1', '1', 20));
      await harness.advance(19_999);
      expect(await charge(one('1', '1', 20))).toMatchObject({ retryAfterSeconds: 1 });
      await harness.advance(1);
      await grant(one('1', '1', 20));
    };
    if (options.exactClock) it('does not fit a millisecond before', toTheMillisecond);

    it('agrees with a list of all that happened', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          await options.close();
          harness = await options.open();
          await agrees(harness, steps);
        }),
        { numRuns: options.propertyRuns },
      );
    });
  });
}

/** No number of at least 0 in JSON's notation, or beyond 28 digits. */
const unreadable = [
  ...['', ' ', 'abc', 'NaN', 'Infinity', '-Infinity', '-1', '-0', '-0.0', '-1e-9', '+1', '0x10'],
  ...['1,5', '1_000', '.5', '5.', '01', '1e', 'e5', '1 ', ' 1', '1\n', '1\u00a0', '١', '1e400'],
  ...['1e-400', '1e28', '10000000000000000000000000000', '1e-29', '1e999999999999', '1n', 'null'],
];

type Step =
  | { readonly kind: 'advance'; readonly seconds: number }
  | { readonly kind: 'release'; readonly which: number }
  | { readonly kind: 'charge'; readonly charges: readonly Charge[] };

// Windows end half a second from any step, so that a clock that also runs by itself does no harm.
const windows = [1.5, 5.5, 30.5];
const charges = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    windowSeconds: fc.constantFrom(...windows),
    max: fc.constantFrom('1', '3', '4.5', '10', '0.3', '12345678901234567890.5'),
    cost: fc.constantFrom('1', '0', '0.1', '0.25', '2', '1e-7', '1234567890123456789.125'),
  }),
  { minLength: 1, maxLength: 3 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance'), seconds: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release'), which: fc.nat(40) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('charge'), charges }) },
);

async function agrees({ store, advance }: Harness, steps: readonly Step[]): Promise<void> {
  const model = new ModelCounters();
  const releases: { real(): Promise<void>; model(): void }[] = [];
  for (const step of steps) {
    if (step.kind === 'advance') {
      await advance(step.seconds * 1000);
      model.now += step.seconds * 1000;
    } else if (step.kind === 'release') {
      const release = releases[step.which];
      await release?.real();
      release?.model();
    } else {
      // Every call also asks for the longest window, so that the stores keep all that the model does.
      const long = step.charges.map(({ key, cost }) => ({
        key,
        cost,
        windowSeconds: windows[2]!,
        max: '1e27',
      }));
      const call = [...step.charges, ...long];
      const [real, expected] = [await store.charge(call), model.charge(call)];
      if (real.granted && expected.granted) {
        releases.push({ real: () => real.release(), model: () => expected.release() });
      } else expect(real).toEqual(expected);
    }
  }
}
