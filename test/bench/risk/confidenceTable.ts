/** How often each kind of ground was right, counted by server so that a large one does not speak for all. */
import { type Basis, bases } from '../../../src/risk/confidence';
import { readSignals } from '../../../src/risk/signals';
import { verdictOf } from '../../../src/risk/verdict';
import type { Corpus, ShownTool } from './corpus';

export interface Observation {
  readonly server: string;
  readonly basis: Basis;
  readonly right: boolean;
  readonly weight: number;
}

// Labels were read twice. PolicyLayer's follow names, and the authors' hints know two categories only.
const weights = { label: 1, policy: 0.5, hint: 0.25 };
const mostOfServer = 12;
// Servers that no rule was developed on fit less well: few observations are drawn towards doubt.
const prior = { rate: 0.7, weight: 6 };

export function observations({ labelled, policyLayer, tools }: Corpus): readonly Observation[] {
  const judged = ({ tool, context }: ShownTool) => verdictOf(readSignals(tool, context));
  const seen: Observation[] = [];
  for (const row of labelled) {
    const { category, basis } = judged(row);
    const right = category === row.label.category;
    seen.push({ server: row.context.server, basis, right, weight: weights.label });
  }
  for (const row of policyLayer) {
    // Its Financial is partly a keyword match.
    if (row.category === 'Financial') continue;
    const { category, basis } = judged(row);
    const server = `PolicyLayer ${row.context.server}`;
    seen.push({ server, basis, right: category === row.category, weight: weights.policy });
  }
  const labels = new Set(labelled.map((row) => row.tool));
  for (const row of tools) {
    if (row.readOnly === null || labels.has(row.tool)) continue;
    const { category, basis } = judged(row);
    const right = (category === 'Read') === row.readOnly;
    // That a tool changes things does not say how: it shows an error, and no more.
    if (right && !row.readOnly) continue;
    seen.push({ server: row.context.server, basis, right, weight: weights.hint });
  }
  return seen;
}

export function confidenceTable(seen: readonly Observation[]): Readonly<Record<Basis, number>> {
  const ofServer = new Map<string, number>();
  for (const { server, weight } of seen) {
    ofServer.set(server, (ofServer.get(server) ?? 0) + weight);
  }
  const entries = bases.map((basis) => {
    let right = prior.rate * prior.weight;
    let all = prior.weight;
    for (const one of seen) {
      if (one.basis !== basis) continue;
      const weight = one.weight * Math.min(1, mostOfServer / (ofServer.get(one.server) ?? 1));
      all += weight;
      if (one.right) right += weight;
    }
    return [basis, Math.round((100 * right) / all) / 100] as const;
  });
  return Object.fromEntries(entries) as Record<Basis, number>;
}
