import type { CompiledLimit } from '../limit';
import type { Pointer } from '../pointer';
import type { Access, ExchangeKind } from '../vocabulary';
import type { Block } from './block';
import type { Region } from './region';
import type { RiskMask } from './riskMask';
import type { Difference } from './ruleComparison';
import type { RuleView } from './ruleView';

/** A name that a document writes out, or the names of two regions. */
export type Names =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'regions'; readonly before: Region; readonly after: Region };

/** Servers with the blocks that govern them. */
export interface Servers {
  readonly names: Names;
  readonly before: Block | undefined;
  readonly after: Block | undefined;
}

/** Calls for which rules differ. */
export interface Witness {
  readonly servers: Servers;
  readonly tools: Names;
  readonly risks: RiskMask;
  readonly before: RuleView;
  readonly after: RuleView;
  readonly limitsAfter: readonly CompiledLimit[];
}

export interface RuleFinding {
  readonly kind: 'rule';
  readonly difference: Difference;
  readonly witnesses: Witness[];
}

export interface ExchangeFinding {
  readonly kind: 'exchange';
  readonly exchange: ExchangeKind;
  readonly servers: Servers;
  readonly access: { readonly before: Access; readonly after: Access };
  readonly before: Pointer | undefined;
  readonly after: Pointer | undefined;
}

/** Fewer flows of data are asked about. */
export interface FlowFinding {
  readonly kind: 'flow';
  readonly servers: Servers;
  readonly before: Pointer;
  readonly after: Pointer | undefined;
}

export type Finding = RuleFinding | ExchangeFinding | FlowFinding;

const mostWitnesses = 6;

/** What was found: one entry for each pair of pointers, however many calls it concerns. */
export class Findings {
  private readonly found = new Map<string, Finding>();
  private readonly limits = new Set<Pointer>();

  get all(): readonly Finding[] {
    return [...this.found.values()];
  }

  addRule(difference: Difference, witness: Witness): void {
    const key = JSON.stringify([difference.before, difference.after ?? null]);
    const known = this.found.get(key);
    if (difference.kind === 'limit') this.limits.add(difference.before);
    if (!known) this.found.set(key, { kind: 'rule', difference, witnesses: [witness] });
    else if (known.kind === 'rule' && known.witnesses.length < mostWitnesses) {
      known.witnesses.push(witness);
    }
  }

  addExchange(finding: ExchangeFinding): void {
    const key = JSON.stringify([finding.before ?? null, finding.after ?? null, finding.exchange]);
    if (!this.found.has(key)) this.found.set(key, finding);
  }

  addFlow(finding: FlowFinding): void {
    const key = JSON.stringify([finding.before, finding.after ?? null]);
    if (!this.found.has(key)) this.found.set(key, finding);
  }

  /** Whether the loss of this limit is among what was found. */
  hasLimit(pointer: Pointer): boolean {
    return this.limits.has(pointer);
  }
}
