import { setImmediate as nextTurn } from 'node:timers/promises';
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

// A server may list thousands of tools, and each costs its share to classify.
const longestStretchMs = 10;

/**
 * The tools of a listing as the agent may see them: without hidden ones, arguments bounded. Lets
 * others have their turn in between.
 */
export async function shownTools(
  tools: readonly unknown[],
  context: ListingContext,
): Promise<unknown[]> {
  const policies = context.policies.current();
  const shown: unknown[] = [];
  // To read and learn a long listing has taken its time already, and to write it will.
  await nextTurn();
  let since = performance.now();
  for (const tool of tools) {
    const own = shownTool(tool, policies, context);
    if (own !== undefined) shown.push(own);
    if (performance.now() - since < longestStretchMs) continue;
    await nextTurn();
    since = performance.now();
  }
  await nextTurn();
  return shown;
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
