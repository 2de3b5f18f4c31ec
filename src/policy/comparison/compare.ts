import type { PolicyDocument } from '../document';
import { Budget, TooLarge } from './budget';
import { Demonstration } from './demonstration';
import { DocumentIndex } from './documentIndex';
import { type Finding, Findings } from './findings';
import type { Loosening } from './loosening';
import { exchangeMessageOf, flowMessageOf, messageOf } from './message';
import { mayMeet } from './region';
import { RuleComparison } from './ruleComparison';
import { ServerComparison } from './serverComparison';

export interface Comparison {
  /** In the order of their pointers; empty when the new policy allows nothing that the old did not. */
  readonly loosenings: readonly Loosening[];
}

// A person reads them one by one, and one is enough to have to confirm.
const mostLoosenings = 100;
// About one second of work.
const effort = 30_000_000;

/**
 * What `after` may allow that `before` does not: calls that were refused or asked, calls beyond a
 * limit. It never leaves one out; what cannot be told is among them, as not `certain`.
 */
export function compare(before: PolicyDocument, after: PolicyDocument): Comparison {
  const indexes = { before: new DocumentIndex(before), after: new DocumentIndex(after) };
  const findings = new Findings();
  const complete = collect(indexes, findings, new Budget(effort));
  const found = findings.all.toSorted(byPointers).slice(0, mostLoosenings);
  if (found.length === 0 && complete) return { loosenings: [] };
  const demonstration = new Demonstration({ before, after }, indexes.before, indexes.after);
  const loosenings = found.map((finding) => toLoosening(finding, demonstration));
  return { loosenings: complete ? loosenings : [tooLarge, ...loosenings].slice(0, mostLoosenings) };
}

interface Indexes {
  readonly before: DocumentIndex;
  readonly after: DocumentIndex;
}

/** Fills `findings`; says whether it got to the end. */
function collect({ before, after }: Indexes, findings: Findings, budget: Budget): boolean {
  const servers = new ServerComparison(before, after, new RuleComparison(budget), findings, budget);
  try {
    compareRegions({ before, after }, servers, budget);
    for (const name of new Set([...before.labels, ...after.labels])) {
      budget.spend(before.effort + after.effort);
      servers.compare({
        names: { kind: 'name', name },
        before: before.blockOf(name),
        after: after.blockOf(name),
      });
    }
    return true;
  } catch (error) {
    if (error instanceof TooLarge) return false;
    throw error;
  }
}

/** The servers that neither document writes out, the most general first. */
function compareRegions(
  { before, after }: Indexes,
  servers: ServerComparison,
  budget: Budget,
): void {
  for (const [i, one] of [...before.regions.entries()].reverse()) {
    if (before.takesBefore(i, one.region)) continue;
    for (const j of [...after.regionsMeeting(one.region)].sort((a, b) => b - a)) {
      const other = after.regions[j]!;
      budget.spend(before.effort + after.effort);
      if (
        mayMeet(one.region, other.region) &&
        !before.takesBefore(i, other.region) &&
        !after.takesBefore(j, one.region) &&
        !after.takesBefore(j, other.region)
      ) {
        servers.compare({
          names: { kind: 'regions', before: one.region, after: other.region },
          before: one.block,
          after: other.block,
        });
      }
    }
  }
}

const tooLarge: Loosening = {
  kind: 'size',
  message: 'The policies are too large to be compared in full, so anything may be looser.',
  before: '',
  after: '',
  example: { server: '' },
  certain: false,
};

function toLoosening(finding: Finding, demonstration: Demonstration): Loosening {
  if (finding.kind === 'exchange') {
    const { before, after, servers } = finding;
    return {
      kind: 'exchange',
      message: exchangeMessageOf(finding),
      before,
      after,
      example: { server: demonstration.serverIn(servers) },
      certain: true,
    };
  }
  if (finding.kind === 'flow') {
    const { kind, before, after, servers } = finding;
    const example = { server: demonstration.serverIn(servers) };
    // No single call shows it.
    return { kind, message: flowMessageOf(finding), before, after, example, certain: false };
  }
  const { kind, before, after } = finding.difference;
  return { kind, message: messageOf(finding), before, after, ...demonstration.show(finding) };
}

function byPointers(a: Finding, b: Finding): number {
  const [first, second] = [a, b].map((finding) => {
    const { before, after } = finding.kind === 'rule' ? finding.difference : finding;
    return [before ?? '', after ?? ''] as const;
  }) as [readonly [string, string], readonly [string, string]];
  return compareTexts(first[0], second[0]) || compareTexts(first[1], second[1]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
