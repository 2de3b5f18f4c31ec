import Big from 'big.js';
import { z } from 'zod';
import { type ArgumentPath, follow, parsePath } from './argumentPath';
import { type Path, type Pointer, toPointer } from './pointer';

const secondsOf = { minute: 60, hour: 3600, day: 86_400 } as const;
type Unit = keyof typeof secondsOf;
const longestWindow = 366 * secondsOf.day;
// Counters know milliseconds.
const shortestWindow = 0.001;
// A sliding window remembers each call inside it, so its size bounds memory.
const largestMax = 100_000;
// Larger ones are not exact any more.
const largestSum = Number.MAX_SAFE_INTEGER;

const max = z
  .int(`"max" must be a whole number from 1 to ${largestMax}.`)
  .min(1, '"max" must be at least 1. To allow no call at all, write "action": "deny".')
  .max(largestMax, `"max" must be at most ${largestMax}.`)
  .describe('How many calls are let through in one window.');

const windowForm = `"window" must be a number of seconds (${shortestWindow} to ${longestWindow}), "minute", "hour" or "day".`;
const window = z
  .union(
    [
      z.number().min(shortestWindow, windowForm).max(longestWindow, windowForm),
      z.enum(Object.keys(secondsOf) as [Unit, ...Unit[]]),
    ],
    windowForm,
  )
  .describe('The length of the sliding window: seconds, or "minute", "hour", "day".');

const rateLimitForm =
  '"rate_limit" must be { "max": 10, "window": 60 }, or a string such as "10/minute", "100/hour", "500/day".';
const shorthand = /^([1-9]\d{0,5})\/(minute|hour|day)$/;

/** `{ "max": 10, "window": 60 }` or `"10/minute"`: calls per agent session. */
export const rateLimit = z
  .union(
    [
      z.strictObject({ max, window }),
      z
        .string()
        .regex(shorthand, { error: rateLimitForm, abort: true })
        .refine((text) => Number.parseInt(text, 10) <= largestMax, {
          error: `"rate_limit" can be at most ${largestMax} calls.`,
        }),
    ],
    rateLimitForm,
  )
  .describe('At most this many calls in a sliding window, counted per agent session.');

export const scopes = ['session', 'grant', 'workspace', 'user'] as const;
/** Whose calls are counted together: one session, one client's, the workspace's, the person's. */
export type Scope = (typeof scopes)[number];

const counter = z
  .string('"counter" must be a name.')
  .regex(/^[\w.-]{1,64}$/, 'A counter has up to 64 letters, digits, "_", "-" and ".".')
  .describe('A name that several limits share, so that they count together.');

const cost = z
  .string('"cost" must be a path, such as "args.amount".')
  .superRefine((text, context) => {
    const parsed = parsePath(text);
    if (parsed instanceof Error) context.addIssue({ code: 'custom', message: parsed.message });
    else if (parsed.root !== 'args') {
      context.addIssue({ code: 'custom', message: 'A cost is an argument: begin with "args.".' });
    }
  })
  .describe('The number at this path is added instead of 1: a spend cap.');

const limit = z
  .strictObject(
    {
      counter: counter.optional(),
      window,
      max: z
        .number('"max" must be a number.')
        .positive('"max" must be more than 0. To allow no call at all, write "action": "deny".')
        .max(largestSum, `"max" must be at most ${largestSum}.`)
        .describe('The most that the window may hold: calls, or with "cost" their sum.'),
      scope: z
        .enum(scopes, { error: `"scope" must be one of ${scopes.join(', ')}.` })
        .describe('Whose calls are counted together. "workspace" and "user" outlive restarts.')
        .optional(),
      cost: cost.optional(),
    },
    { error: 'A limit must be an object, such as { "max": 100, "window": "day" }.' },
  )
  .refine(({ cost, max }) => cost !== undefined || (Number.isInteger(max) && max <= largestMax), {
    error: `Calls are counted in whole numbers: "max" must be one, up to ${largestMax}.`,
    path: ['max'],
  });

export const limits = z
  .array(limit, '"limits" must be a list, such as [{ "max": 100, "window": "day" }].')
  .describe('Several limits; the call passes only if it fits them all.');

export type RateLimit = z.infer<typeof rateLimit>;
type LimitSource = z.infer<typeof limit>;

/** A limit in the form that is enforced. */
export interface CompiledLimit {
  readonly pointer: Pointer;
  /** The rule that the count belongs to, unless the limit names a counter. */
  readonly owner: Pointer;
  readonly counter: string | undefined;
  readonly scope: Scope;
  readonly max: number;
  readonly windowSeconds: number;
  readonly cost: ArgumentPath | undefined;
}

export function compileLimits(
  source: {
    readonly rate_limit?: RateLimit | undefined;
    readonly limits?: readonly LimitSource[] | undefined;
  },
  path: Path,
): readonly CompiledLimit[] {
  const owner = toPointer(path);
  const compiled: CompiledLimit[] = [];
  if (source.rate_limit !== undefined) {
    const pointer = toPointer([...path, 'rate_limit']);
    const shape = {
      pointer,
      owner,
      counter: undefined,
      scope: 'session',
      cost: undefined,
    } as const;
    compiled.push({ ...shape, ...normalizeRateLimit(source.rate_limit) });
  }
  for (const [index, item] of (source.limits ?? []).entries()) {
    compiled.push({
      pointer: toPointer([...path, 'limits', index]),
      owner,
      counter: item.counter,
      scope: item.scope ?? 'session',
      max: item.max,
      windowSeconds: secondsIn(item.window),
      cost: item.cost === undefined ? undefined : (parsePath(item.cost) as ArgumentPath),
    });
  }
  return compiled;
}

/**
 * What a call adds to a limit, as decimal text; `undefined` where the arguments have no cost that
 * could be added, which is a reason to refuse.
 */
export function costOf(
  { cost }: CompiledLimit,
  args: Readonly<Record<string, unknown>>,
): string | undefined {
  if (!cost) return '1';
  const found = follow(args, cost.steps);
  if (found.kind !== 'values') return undefined;
  let sum = new Big(0);
  for (const value of found.values) {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return undefined;
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined;
    sum = sum.plus(String(value));
  }
  return sum.toFixed();
}

function normalizeRateLimit(source: RateLimit): { max: number; windowSeconds: number } {
  if (typeof source === 'string') {
    const [, count, unit] = shorthand.exec(source)!;
    return { max: Number(count), windowSeconds: secondsOf[unit as Unit] };
  }
  return { max: source.max, windowSeconds: secondsIn(source.window) };
}

function secondsIn(length: number | Unit): number {
  return typeof length === 'number' ? length : secondsOf[length];
}
