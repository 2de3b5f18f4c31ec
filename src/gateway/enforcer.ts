import { randomUUID } from 'node:crypto';
import { type Decision, decide, type RuleReference } from '../policy/decide';
import type { Limit } from '../policy/policy';
import type { ApprovalOutcome, Approvals } from './approvals';
import { isObject, type Params } from './jsonRpc';
import type { PolicySource } from './policySource';
import type { Refusal, RefusalCode } from './refusal';
import type { SlidingWindows } from './slidingWindow';
import type { ToolCatalogue } from './toolCatalogue';

/** A `tools/call` whose parameters have been checked. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Who calls, and which server is called. */
export interface Caller {
  readonly serverId: string;
  readonly server: string;
  readonly session: string;
  readonly client: string;
  readonly policies: PolicySource;
  readonly catalogue: ToolCatalogue;
}

export type AllowCode = 'allowed' | 'approved' | 'approved_for_session';

export type Judgement = {
  readonly decisionId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly call: ToolCall;
} & (
  | (RuleReference & { readonly forward: true; readonly code: AllowCode })
  | { readonly forward: false; readonly refusal: Refusal }
);

/** One decision and what came of it: what the record keeps. */
export interface CallRecord {
  readonly judgement: Judgement;
  readonly caller: Caller;
  readonly durationMs: number;
  readonly outcome: CallOutcome;
}

/** `lost`: the server was given the call and then no answer came, so nobody knows what it did. */
export type CallOutcome = 'ok' | 'tool_error' | 'error' | 'lost' | 'cancelled' | 'not_forwarded';

/** Keeps the record. No record, no call: while it fails, every call is refused. */
export interface Recorder {
  readonly failure: string | undefined;
  record(entry: CallRecord): void;
}

/** The parameters of a `tools/call`, or what is wrong with them. */
export function readToolCall(params: Params | undefined): ToolCall | string {
  const name = params?.name;
  if (typeof name !== 'string' || name === '') return '"params.name" must be a tool name.';
  const args = params?.arguments;
  if (args !== undefined && !isObject(args)) return '"params.arguments" must be an object.';
  return { tool: name, arguments: args ?? {} };
}

/** Judges calls in the order of the policy language: rule, limits, approval. */
export class Enforcer {
  constructor(
    private readonly approvals: Approvals,
    private readonly limits: SlidingWindows,
    private readonly recorder: Recorder,
  ) {}

  /** `onHold` is called when the call begins to wait for a person. Never rejects. */
  async judge(
    call: ToolCall,
    caller: Caller,
    signal: AbortSignal,
    onHold: () => void,
  ): Promise<Judgement> {
    const base = { decisionId: randomUUID(), time: Date.now(), call };
    const refuse = (refusal: Refusal): Judgement => ({ ...base, forward: false, refusal });

    if (this.recorder.failure !== undefined) return refuse(byGateway('no_record'));
    const policies = caller.policies.current();
    if (!policies) return refuse(byGateway('no_policy'));

    const risk = caller.catalogue.riskOf(call.tool);
    const decision = decide(policies, { server: caller.server, tool: call.tool }, risk);
    if (decision.verdict === 'deny') return refuse(decision);

    const reservation = this.limits.reserve(countedFor(decision.limits, caller.session));
    if (!reservation.granted) {
      const { limit, retryAfterSeconds } = reservation;
      return refuse({
        code: 'rate_limited',
        layer: limit.layer,
        rule: limit.rule,
        retryAfterSeconds,
        limit: limit.max,
        remaining: 0,
      });
    }
    const { layer, rule } = decision;
    if (decision.verdict === 'allow') {
      return { ...base, forward: true, code: 'allowed', layer, rule };
    }

    onHold();
    const outcome = await this.approvals.ask(approvalRequest(call, caller, decision, risk), signal);
    // The person may have tightened the policy, or disabled the server, while the call waited.
    const stillAsks = outcome === 'allowed' || outcome === 'allowed_for_session';
    if (stillAsks && !this.stillHolds(decision, call, caller)) {
      reservation.release();
      return this.judge(call, caller, signal, onHold);
    }
    switch (outcome) {
      case 'allowed':
        return { ...base, forward: true, code: 'approved', layer, rule };
      case 'allowed_for_session':
        return { ...base, forward: true, code: 'approved_for_session', layer, rule };
      default:
        reservation.release();
        return refuse({ code: refusalCodes[outcome], layer, rule, reason: decision.reason });
    }
  }

  private stillHolds(decision: Decision, call: ToolCall, caller: Caller): boolean {
    const policies = caller.policies.current();
    if (!policies) return false;
    const risk = caller.catalogue.riskOf(call.tool);
    const now = decide(policies, { server: caller.server, tool: call.tool }, risk);
    // Limits too: one that was added meanwhile has not counted this call.
    return JSON.stringify(now) === JSON.stringify(decision);
  }
}

const refusalCodes: Record<
  Exclude<ApprovalOutcome, 'allowed' | 'allowed_for_session'>,
  RefusalCode
> = {
  denied: 'approval_denied',
  timeout: 'approval_timeout',
  unavailable: 'approval_unavailable',
  cancelled: 'approval_cancelled',
};

function byGateway(code: RefusalCode): Refusal {
  return { code, layer: 'gateway', rule: '' };
}

/** Limits count for each session apart. */
function countedFor(limits: readonly Limit[], session: string): Limit[] {
  return limits.map((limit) => ({ ...limit, key: `${session}\n${limit.key}` }));
}

function approvalRequest(
  call: ToolCall,
  caller: Caller,
  decision: Decision,
  risk: { readonly category: string; readonly level: string },
) {
  return {
    serverId: caller.serverId,
    server: caller.server,
    session: caller.session,
    client: caller.client,
    tool: call.tool,
    arguments: call.arguments,
    category: risk.category,
    level: risk.level,
    layer: decision.layer,
    rule: decision.rule,
    reason: decision.reason,
  };
}
