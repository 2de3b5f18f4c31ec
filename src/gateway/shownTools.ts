import { narrowSchema, type Schema } from '../policy/narrowSchema';
import { outlook } from '../policy/outlook';
import type { Policy } from '../policy/policy';
import { isObject } from './jsonRpc';
import type { PolicySource } from './policySource';
import type { ToolCatalogue } from './toolCatalogue';

export interface ListingContext {
  readonly server: string;
  readonly policies: PolicySource;
  readonly catalogue: ToolCatalogue;
  /** Whether a tool that is refused by the default alone is shown, so that the agent learns why. */
  readonly listDenied: () => boolean;
}

/** The tools of a listing as the agent may see them: without hidden ones, arguments bounded. */
export function shownTools(tools: readonly unknown[], context: ListingContext): unknown[] {
  const policies = context.policies.current();
  return tools.flatMap((tool) => shownTool(tool, policies, context) ?? []);
}

function shownTool(
  tool: unknown,
  policies: readonly Policy[] | undefined,
  { server, catalogue, listDenied }: ListingContext,
): unknown {
  if (!isObject(tool) || typeof tool.name !== 'string') return undefined;
  if (!policies) return listDenied() ? tool : undefined;
  const risk = catalogue.riskOf(tool.name);
  const { action, rule, schemas } = outlook(policies, server, tool.name, risk);
  if (action === 'hide') return undefined;
  if (action === 'deny' && rule.endsWith('/default') && !listDenied()) return undefined;
  const { inputSchema } = tool;
  if (schemas.length === 0 || !isObject(inputSchema)) return tool;
  const narrow = (own: Schema, bound: object): Schema => narrowSchema(own, bound as Schema);
  return { ...tool, inputSchema: schemas.reduce<Schema>(narrow, inputSchema) };
}
