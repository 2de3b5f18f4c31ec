import { outlook } from '../policy/outlook';
import { type EffectiveAction, effectiveAction } from '../policy/outlookInWords';
import { policiesAfter } from '../policy/policiesAfter';
import { presetEdits } from '../policy/presetEdits';
import { type PresetName, presets } from '../policy/presets';
import type { JudgedTool, PoliciesInForce } from '../report/reportedTool';
import { factsOf, type Pause } from './effects';

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

export async function presetEffects(
  server: string,
  tools: readonly JudgedTool[],
  policies: PoliciesInForce,
  pause: Pause,
): Promise<readonly PresetEffect[]> {
  const effects: PresetEffect[] = [];
  for (const { name, summary } of Object.values(presets)) {
    const then =
      policies &&
      policiesAfter(policies, (text, _, format) => presetEdits(text, server, name, format));
    let changes = 0;
    for (const { name: tool, risk } of policies ? tools : []) {
      const [before, after] = [policies, then].map((these) =>
        factsOf(outlook(these!, server, tool, risk)),
      );
      if (before !== after) changes++;
      await pause();
    }
    effects.push({ name, summary, after: then && actionCounts(server, tools, then), changes });
  }
  return effects;
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
