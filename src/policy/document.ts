import { z } from 'zod';
import { hasInvisibleCharacters } from './names';

export const categories = ['Read', 'Write', 'Execute', 'Destructive', 'Financial'] as const;
export const levels = ['low', 'medium', 'high', 'critical'] as const;
export type Category = (typeof categories)[number];
export type Level = (typeof levels)[number];

/** Keys of the policy language that a later version will enforce. Until then they are errors: a key that is read but not enforced would be a promise nobody keeps. */
export const plannedKeys: ReadonlySet<string> = new Set([
  'all_tools',
  'approval',
  'approve_if',
  'args',
  'classify',
  'deny_if',
  'elicitation',
  'flows',
  'limits',
  'mode',
  'prompts',
  'require',
  'resources',
  'results',
  'roots',
  'sampling',
]);

const secondsOf = { minute: 60, hour: 3600, day: 86_400 } as const;
type Unit = keyof typeof secondsOf;
const longestWindow = 31 * secondsOf.day;
// A sliding window remembers each call inside it, so its size bounds memory.
const largestMax = 100_000;

const name = z
  .string()
  .min(1, 'A name cannot be empty.')
  .refine((text) => !hasInvisibleCharacters(text), {
    error: 'This name holds an invisible character. Type it again by hand.',
  });

const max = z
  .int(`"max" must be a whole number from 1 to ${largestMax}.`)
  .min(1, '"max" must be at least 1. To allow no call at all, write "action": "deny".')
  .max(largestMax, `"max" must be at most ${largestMax}.`)
  .describe('How many calls are let through in one window.');

const window = z
  .union(
    [z.number().positive().max(longestWindow), z.enum(Object.keys(secondsOf) as [Unit, ...Unit[]])],
    {
      error: `"window" must be a number of seconds (up to ${longestWindow}), "minute", "hour" or "day".`,
    },
  )
  .describe('The length of the sliding window: seconds, or "minute", "hour", "day".');

const rateLimitForm =
  '"rate_limit" must be { "max": 10, "window": 60 }, or a string such as "10/minute", "100/hour", "500/day".';
const shorthand = /^([1-9]\d{0,5})\/(minute|hour|day)$/;

const rateLimit = z
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

export type RateLimit = z.infer<typeof rateLimit>;

const action = z
  .enum(['allow', 'deny', 'require_approval', 'hide'], {
    error: '"action" must be "allow", "deny", "require_approval" or "hide".',
  })
  .describe(
    'allow: the call goes on. deny: it is refused. require_approval: it waits until you answer. hide: the agent does not see the tool, and a call of it is refused.',
  );

const reason = z
  .string('The reason must be a text.')
  .max(2000, 'The reason can have at most 2000 characters.');

const rule = z
  .strictObject(
    {
      action: action.optional(),
      reason: reason
        .describe('Shown to you, and sent to the agent when a call is refused.')
        .optional(),
      on_deny: reason.describe('The same as "reason".').optional(),
      rate_limit: rateLimit.optional(),
    },
    { error: 'A rule must be an object, such as {} (allow) or { "action": "deny" }.' },
  )
  .refine((value) => value.reason === undefined || value.on_deny === undefined, {
    error: '"reason" and "on_deny" mean the same. Keep one of them.',
    path: ['on_deny'],
  })
  .describe('What happens to calls of this tool. {} allows them.');

export type Rule = z.infer<typeof rule>;

const defaultAction = z
  .enum(['allow', 'deny', 'require_approval'], {
    error: '"default" must be "allow", "deny" or "require_approval".',
  })
  .describe('What happens to a tool that no rule names.');

const hide = z
  .array(name, '"hide" must be a list of tool names, such as ["delete_repo", "admin_*"].')
  .describe('Tools that the agent does not see and cannot call. "*" stands for any characters.');

const tools = z
  .record(name, rule, '"tools" must be an object: a tool name or pattern to its rule.')
  .describe('A rule for each tool name, or pattern with "*".');

const risk = z
  .partialRecord(
    z.enum([...categories, ...levels], {
      error: `The keys of "risk" are ${[...categories, ...levels].map((key) => `"${key}"`).join(', ')}.`,
    }),
    rule,
    '"risk" must be an object: a category or level to its rule.',
  )
  .describe('A rule for each category or level of risk. A category beats a level.');

const serverPolicy = z
  .strictObject(
    {
      default: defaultAction.optional(),
      hide: hide.optional(),
      tools: tools.optional(),
      risk: risk.optional(),
    },
    { error: 'A server block must be an object with "default", "hide", "tools" or "risk".' },
  )
  .describe('Rules for one server, or for the servers whose label fits the pattern.');

/** The shape of `policy.json`. What the editor completes and what the gateway enforces come from here. */
export const policyDocument = z
  .strictObject(
    {
      $schema: z.string().optional(),
      version: z
        .literal('1', { error: 'Write "version": "1".' })
        .describe('The version of the policy language: "1".'),
      description: z
        .string('"description" must be a text.')
        .describe('A note for the reader.')
        .optional(),
      default: defaultAction,
      hide: hide.optional(),
      tools: tools.optional(),
      risk: risk.optional(),
      servers: z
        .record(
          name,
          serverPolicy,
          '"servers" must be an object: a server label or pattern to its rules.',
        )
        .describe('Rules that hold for one server, by its label in mcp.json or a pattern with "*".')
        .optional(),
    },
    {
      error:
        'A policy must be an object, such as { "version": "1", "default": "deny", "tools": {} }.',
    },
  )
  .describe('Which tools agents may call, and how often.');

export type PolicyDocument = z.infer<typeof policyDocument>;
export type ServerPolicy = z.infer<typeof serverPolicy>;

/** The limit in the one form that is enforced. */
export function normalizeRateLimit(limit: RateLimit): { max: number; windowSeconds: number } {
  if (typeof limit === 'string') {
    const [, count, unit] = shorthand.exec(limit)!;
    return { max: Number(count), windowSeconds: secondsOf[unit as Unit] };
  }
  const { window } = limit;
  return {
    max: limit.max,
    windowSeconds: typeof window === 'number' ? window : secondsOf[window],
  };
}
