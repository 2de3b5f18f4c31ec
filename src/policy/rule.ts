import { z } from 'zod';
import { schemaProblem } from './argumentSchema';
import { condition } from './condition';
import { limits, rateLimit } from './limit';
import { results } from './results';

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
const onDeny = reason.describe('Sent to the agent when this refuses a call.');

const conditions = z
  .array(condition, '"conditions" must be a list of conditions.')
  .describe('They count when all of them hold; an empty list always holds.');

const requirement = z.union(
  [condition, z.strictObject({ conditions, on_deny: onDeny.optional() })],
  'Write a condition, or { "conditions": […], "on_deny": "…" }.',
);
const denial = z.strictObject(
  { conditions, on_deny: onDeny.optional() },
  'Write { "conditions": […], "on_deny": "…" }.',
);
const question = z.strictObject(
  { conditions, reason: reason.describe('Shown to you when you are asked.').optional() },
  'Write { "conditions": […], "reason": "…" }.',
);

const args = z
  .record(z.string(), z.unknown(), '"args" must be a JSON Schema of the arguments.')
  .superRefine((schema, context) => {
    const problem = schemaProblem(schema);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .describe(
    'A JSON Schema that the arguments must fit. The agent sees the bound in the tool’s own schema.',
  );

const approval = z
  .strictObject({
    timeout: z
      .number('"timeout" must be a number of seconds.')
      .min(1, 'Give at least one second to answer.')
      .max(86_400, 'A call can wait for a day at most.')
      .describe('Seconds that the call waits for an answer.')
      .optional(),
    remember: z
      .enum(['never', 'session'], { error: '"remember" must be "never" or "session".' })
      .describe('Whether an answer can be given for the whole session.')
      .optional(),
  })
  .describe('How you are asked about calls under this rule.');

/** What happens to calls of a tool. */
export const rule = z
  .strictObject(
    {
      action: action.optional(),
      reason: reason
        .describe('Shown to you, and sent to the agent when a call is refused.')
        .optional(),
      on_deny: reason.describe('The same as "reason".').optional(),
      rate_limit: rateLimit.optional(),
      limits: limits.optional(),
      require: z
        .array(requirement, '"require" must be a list of conditions.')
        .describe('Each must hold, or the call is refused.')
        .optional(),
      deny_if: z
        .array(denial, '"deny_if" must be a list of { "conditions": […] }.')
        .describe('An entry whose conditions all hold refuses the call.')
        .optional(),
      approve_if: z
        .array(question, '"approve_if" must be a list of { "conditions": […] }.')
        .describe('An entry whose conditions all hold makes the call wait for you.')
        .optional(),
      args: args.optional(),
      approval: approval.optional(),
      results: results.optional(),
      mode: z
        .enum(['enforce', 'observe'], { error: '"mode" must be "enforce" or "observe".' })
        .describe('observe: the verdict is recorded and the call passes.')
        .optional(),
    },
    { error: 'A rule must be an object, such as {} (allow) or { "action": "deny" }.' },
  )
  .refine((value) => value.reason === undefined || value.on_deny === undefined, {
    error: '"reason" and "on_deny" mean the same. Keep one of them.',
    path: ['on_deny'],
  })
  .describe('What happens to calls of this tool. {} allows them.');

export type Rule = z.infer<typeof rule>;
