import type { Gateway } from '../../gateway/gateway';
import { outlook, riskUnder } from '../../policy/outlook';
import { type Level, levels } from '../../risk/risk';
import type { ServerItem } from '../workspaceServers';
import { ToolNode } from './nodes';

// Each is classified before it is drawn, and nobody reads as many.
export const mostShown = 500;

/** The known tools of a server but those that wait for a review, with what the policy says of them. */
export function toolsOf(server: ServerItem, gateway: Gateway): readonly ToolNode[] {
  const waiting = gateway.pinsOf(server.id)?.waiting ?? [];
  const unreviewed = new Set(waiting.filter(({ kind }) => kind === 'tool').map(({ name }) => name));
  const policies = server.place.policies.current();
  return (gateway.catalogueOf(server.id)?.list(mostShown) ?? [])
    .filter(({ name }) => !unreviewed.has(name))
    .map((tool) => {
      const prospect = policies && outlook(policies, server.label, tool.name, tool.risk);
      return new ToolNode(server, tool, prospect);
    });
}

export type LevelCounts = Readonly<Record<Level, number>>;

export function levelCounts(tools: readonly ToolNode[]): LevelCounts {
  const counts = { low: 0, medium: 0, high: 0, critical: 0 };
  for (const { tool, outlook: prospect } of tools) counts[riskUnder(prospect, tool.risk).level]++;
  return counts;
}

/** The tools of each level, the gravest first; levels without tools are left out. */
export function byLevel(tools: readonly ToolNode[]): ReadonlyMap<Level, readonly ToolNode[]> {
  const groups = new Map<Level, ToolNode[]>(levels.toReversed().map((level) => [level, []]));
  for (const node of tools) groups.get(riskUnder(node.outlook, node.tool.risk).level)!.push(node);
  return new Map([...groups].filter(([, group]) => group.length > 0));
}
