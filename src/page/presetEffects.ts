import { outlook } from '../policy/outlook';
import { type EffectiveAction, effectiveAction } from '../policy/outlookInWords';
import { policiesAfter } from '../policy/policiesAfter';
import { presetEdits } from '../policy/presetEdits';
import { type PresetName, presets } from '../policy/presets';
import type { JudgedTool, PoliciesInForce } from '../report/reportedTool';
import { factsOf } from './effects';

export type ActionCounts = Readonly<Record<EffectiveAction, number>>;

/** What a preset would make of a server. */
export interface PresetEffect {
  readonly name: PresetName;
  readonly summary: string;
  /** Undefined while no policy can be relied on. */
  readonly after: ActionCounts | undefined;
  /** How many tools would be treated otherwise than now. */
  readonly changes: number;
}

export function presetEffects(
  server: string,
  tools: readonly JudgedTool[],
  policies: PoliciesInForce,
): readonly PresetEffect[] {
  return Object.values(presets).map(({ name, summary }) => {
    if (!policies) return { name, summary, after: undefined, changes: 0 };
    const then = policiesAfter(policies, (text, _, format) =>
      presetEdits(text, server, name, format),
    );
    const changes = tools.filter(
      (tool) =>
        factsOf(outlook(policies, server, tool.name, tool.risk)) !==
        factsOf(outlook(then, server, tool.name, tool.risk)),
    ).length;
    return { name, summary, after: actionCounts(server, tools, then), changes };
  });
}

export function actionCounts(
  server: string,
  tools: readonly JudgedTool[],
  policies: PoliciesInForce,
): ActionCounts {
  const counts = { allow: 0, limited: 0, ask: 0, deny: 0, hidden: 0, 'no policy': 0 };
  for (const { name, risk } of tools) {
    counts[effectiveAction(policies && outlook(policies, server, name, risk))]++;
  }
  return counts;
}
