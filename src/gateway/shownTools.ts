import { setImmediate as nextTurn } from 'node:timers/promises';
import { narrowSchema, type Schema } from '../policy/narrowSchema';
import { type Outlook, outlook } from '../policy/outlook';
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
  /** Whether the client is to leave the asking to the gateway. */
  readonly asksAlone: () => boolean;
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
  { server, catalogue, listDenied, asksAlone }: ListingContext,
): unknown {
  if (!isObject(tool) || typeof tool.name !== 'string') return undefined;
  if (!policies) return listDenied() ? tool : undefined;
  const risk = catalogue.riskOf(tool.name);
  const prospect = outlook(policies, server, tool.name, risk);
  const { action, rule, schemas } = prospect;
  if (action === 'hide') return undefined;
  if (action === 'deny' && rule.endsWith('/default') && !listDenied()) return undefined;
  const shown = asksAlone() && isSettled(prospect, policies) ? withoutQuestion(tool) : tool;
  const { inputSchema } = tool;
  if (schemas.length === 0 || !isObject(inputSchema)) return shown;
  const narrow = (own: Schema, bound: object): Schema => narrowSchema(own, bound as Schema);
  return { ...shown, inputSchema: schemas.reduce<Schema>(narrow, inputSchema) };
}

/**
 * Whether the gateway asks about each call by a rule that names the tool, or the person has confirmed
 * what that rule lets pass. What a default, a rule about risks or the built-in policy says is not
 * enough: it depends on what the server says of itself. Nor is a policy that came with the
 * workspace, or a rule that only observes.
 */
function isSettled(
  { layer, rule, action, observe }: Outlook,
  policies: readonly Policy[],
): boolean {
  const policy = policies.find((candidate) => candidate.layer === layer);
  const isNamed = /^(?:\/servers\/[^/]*)?\/tools\//.test(rule);
  if (!policy || layer === 'preset' || !isNamed || observe) return false;
  return action === 'require_approval' || (action === 'allow' && policy.byPerson);
}

/** VS Code asks about every tool that does not say that it only reads. */
function withoutQuestion(tool: Record<string, unknown>): Record<string, unknown> {
  const annotations = isObject(tool.annotations) ? tool.annotations : {};
  return { ...tool, annotations: { ...annotations, readOnlyHint: true } };
}
