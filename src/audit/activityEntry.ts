import { visibleLine } from '../common/visibleText';
import type { CallOutcome, CallRecord } from '../gateway/enforcer';
import type { Observed } from '../policy/decide';

/** One line of the record: what was called, what was decided, and what came of it. */
export interface ActivityEntry {
  /** ISO 8601, when the call arrived. */
  readonly time: string;
  readonly id: string;
  readonly server: string;
  readonly tool: string;
  readonly verdict: 'allow' | 'deny';
  readonly code: string;
  /** JSON Pointer of the rule that decided. */
  readonly rule: string;
  readonly layer: string;
  readonly durationMs: number;
  /** `unknown`: the gateway ended before the call did. */
  readonly outcome: string;
  /** How long the person took, where one answered this call. */
  readonly answeredAfterMs?: number;
  /** The person changed the arguments. */
  readonly edited?: boolean;
  readonly client: string;
  readonly session: string;
  /** What rules in `observe` mode would have done. */
  readonly observed?: readonly Observed[];
  readonly argumentKeys: readonly string[];
  /** Only where the person has asked for values to be kept. */
  readonly arguments?: unknown;
}

/** The outcome of a call that has begun, until its end is written; for ever, if the gateway dies. */
export const begun = 'unknown';

const mostKeys = 100;
const longestKey = 100;

export function activityEntry(
  record: Omit<CallRecord, 'outcome'> & { readonly outcome: CallOutcome | typeof begun },
  withValues: boolean,
): ActivityEntry {
  const { judgement, caller, durationMs, outcome } = record;
  const { call } = judgement;
  const decision = judgement.forward ? judgement : judgement.refusal;
  return {
    time: new Date(judgement.time).toISOString(),
    id: judgement.decisionId,
    server: visibleLine(caller.server),
    tool: visibleLine(call.tool.slice(0, 1000)),
    verdict: judgement.forward ? 'allow' : 'deny',
    code: decision.code,
    rule: decision.rule,
    layer: decision.layer,
    durationMs: Math.round(durationMs * 1000) / 1000,
    outcome,
    ...(judgement.answeredAfterMs === undefined
      ? {}
      : { answeredAfterMs: judgement.answeredAfterMs }),
    ...(judgement.forward && judgement.edited ? { edited: true } : {}),
    client: caller.client,
    session: caller.session,
    ...(judgement.observed.length > 0 ? { observed: judgement.observed } : {}),
    argumentKeys: Object.keys(call.arguments)
      .slice(0, mostKeys)
      .map((key) => visibleLine(key.slice(0, longestKey))),
    ...(withValues ? { arguments: call.arguments } : {}),
  };
}
