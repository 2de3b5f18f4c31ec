import { z } from 'zod';
import { flows } from './flows';
import { limits, rateLimit } from './limit';
import { hasInvisibleCharacters } from './names';
import { rule } from './rule';
import { accesses, categories, type ExchangeKind, levels } from './vocabulary';

const name = z
  .string()
  .min(1, 'A name cannot be empty.')
  .refine((text) => !hasInvisibleCharacters(text), {
    error: 'This name holds an invisible character. Type it again by hand.',
  });

const defaultAction = z
  .enum(accesses, { error: '"default" must be "allow", "deny" or "require_approval".' })
  .describe('What happens to a tool that no rule names.');

const hide = z
  .array(name, '"hide" must be a list of tool names, such as ["delete_repo", "admin_*"].')
  .describe('Tools that the agent does not see and cannot call. "*" stands for any characters.');

const allTools = z
  .strictObject(
    { rate_limit: rateLimit.optional(), limits: limits.optional() },
    '"all_tools" must be an object with "limits" or "rate_limit".',
  )
  .describe('Limits that are counted over the calls of all tools.');

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

const classify = z
  .record(
    name,
    z.enum(categories, { error: `A category is one of ${categories.join(', ')}.` }),
    '"classify" must be an object: a tool name to its category.',
  )
  .describe('Your own category for a tool, where you know better.');

const exchangeHelp: Readonly<Record<ExchangeKind, string>> = {
  sampling: 'Whether the server may have the agent’s model write something.',
  elicitation: 'Whether the server may ask you questions through the agent.',
  roots: 'Whether the server may learn the folders of the workspace.',
  resources: 'Whether the agent may read the resources of the server.',
  prompts: 'Whether the agent may use the prompts of the server.',
};

function exchange(kind: ExchangeKind) {
  const error = `"${kind}" must be "allow", "deny" or "require_approval".`;
  return z.enum(accesses, { error }).describe(exchangeHelp[kind]).optional();
}

const serverPolicy = z
  .strictObject(
    {
      default: defaultAction.optional(),
      hide: hide.optional(),
      all_tools: allTools.optional(),
      tools: tools.optional(),
      risk: risk.optional(),
      flows: flows.optional(),
      classify: classify.optional(),
      sampling: exchange('sampling'),
      elicitation: exchange('elicitation'),
      roots: exchange('roots'),
      resources: exchange('resources'),
      prompts: exchange('prompts'),
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
      all_tools: allTools.optional(),
      tools: tools.optional(),
      risk: risk.optional(),
      flows: flows.optional(),
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
