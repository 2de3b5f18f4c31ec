import { randomUUID } from 'node:crypto';
import {
  type CallFacts,
  type Decision,
  decide,
  type LimitUse,
  type Observed,
  type RuleReference,
} from '../policy/decide';
import type { Access, ExchangeKind } from '../policy/document';
import type { PathFacts } from '../policy/operators/under';
import type { Risk } from '../risk/risk';
import type { ApprovalOutcome, ApprovalRequest, Approvals } from './approvals';
import type { Cancellation } from './cancellation';
import type { HaltSwitch } from './haltSwitch';
import { isObject, type Params } from './jsonRpc';
import type { CountedFor, GrantedReservation, Limits, Reservation } from './limits';
import type { PolicySource } from './policySource';
import type { Refusal, RefusalCode } from './refusal';
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
  /** Calls of the session before this one. */
  readonly sessionCalls: number;
  readonly counted: CountedFor;
  readonly policies: PolicySource;
  readonly catalogue: ToolCatalogue;
  readonly paths: PathFacts;
}

/** `halted`: it was let through, and everything was halted before its answer came. */
export type AllowCode = 'allowed' | 'approved' | 'approved_for_session' | 'halted';

interface JudgementBase {
  readonly decisionId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly call: ToolCall;
  /** What rules in `observe` mode would have done. */
  readonly observed: readonly Observed[];
}

export type Judgement = JudgementBase &
  (
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
    private readonly limits: Limits,
    private readonly recorder: Recorder,
    private readonly halt: HaltSwitch,
  ) {}

  /**
   * Answers at once where nobody has to be waited for. `onHold` is called when the call begins to
   * wait for a person. Never rejects.
   */
  judge(
    call: ToolCall,
    caller: Caller,
    cancel: Cancellation,
    onHold: () => void,
  ): Judgement | Promise<Judgement> {
    const base: JudgementBase = { decisionId: randomUUID(), time: Date.now(), call, observed: [] };
    if (this.halt.isHalted) return refused(base, byGateway('halted'));
    if (this.recorder.failure !== undefined) return refused(base, byGateway('no_record'));
    const risk = caller.catalogue.riskOf(call.tool);
    const decision = decideCall(call, caller, risk);
    if (!decision) return refused(base, byGateway('no_policy'));
    const { observed } = decision;
    if (decision.verdict === 'deny') return refused({ ...base, observed }, decision);

    const go = (reservation: Reservation): Judgement | Promise<Judgement> => {
      if (reservation.kind !== 'granted') return refused({ ...base, observed }, full(reservation));
      const judged = { ...base, observed: [...observed, ...reservation.observed.map(overLimit)] };
      if (decision.verdict === 'allow') return forwarded(judged, 'allowed', decision);
      onHold();
      return this.judgeByPerson(judged, decision, risk, reservation, caller, cancel, onHold);
    };
    const reservation = this.limits.reserve(decision.limits, caller.counted);
    return reservation instanceof Promise ? reservation.then(go) : go(reservation);
  }

  private async judgeByPerson(
    base: JudgementBase,
    decision: AskingDecision,
    risk: Risk,
    reservation: GrantedReservation,
    caller: Caller,
    cancel: Cancellation,
    onHold: () => void,
  ): Promise<Judgement> {
    const { call } = base;
    const { layer, rule, reason } = decision;
    const risks = `${risk.category}, ${risk.level}`;
    const request = approvalRequest(call, caller, decision, risks);
    const outcome = await this.approvals.ask(request, cancel.signal);
    if (outcome !== 'allowed' && outcome !== 'allowed_for_session') {
      await reservation.release();
      return refused(base, { code: refusalCodes[outcome], layer, rule, reason });
    }
    // The policy may have been tightened while the call waited; a limit that was added meanwhile
    // has not counted it.
    const now = decideCall(call, caller, caller.catalogue.riskOf(call.tool));
    if (JSON.stringify(now) !== JSON.stringify(decision)) {
      await reservation.release();
      return this.judge(call, caller, cancel, onHold);
    }
    return forwarded(base, outcome === 'allowed' ? 'approved' : 'approved_for_session', decision);
  }

  /** The last look before a call goes on: what was judged while everything was halted does not. */
  unlessHalted(judgement: Judgement): Judgement {
    const isOpen = judgement.forward || judgement.refusal.code === 'approval_cancelled';
    if (!this.halt.isHalted || !isOpen) return judgement;
    const { decisionId, time, call, observed } = judgement;
    return refused({ decisionId, time, call, observed }, byGateway('halted'));
  }

  /** What the strictest policy says of something other than tools. */
  accessTo(kind: ExchangeKind, caller: Caller): AccessRule {
    const policies = caller.policies.current();
    if (!policies) return { access: 'deny', layer: 'gateway', rule: '' };
    return policies
      .map((policy): AccessRule => {
        const { access, pointer } = policy.accessTo(kind, caller.server);
        return { access, layer: policy.layer, rule: pointer };
      })
      .reduce((a, b) => (strictness[b.access] > strictness[a.access] ? b : a));
  }

  /**
   * Judges a request that is not a tool call, and that the policy does not just allow. It is shown
   * and recorded under the name of its method.
   */
  async judgeExchange(
    kind: ExchangeKind,
    call: ToolCall,
    caller: Caller,
    cancel: Cancellation,
    onHold: () => void,
  ): Promise<Judgement> {
    const base: JudgementBase = { decisionId: randomUUID(), time: Date.now(), call, observed: [] };
    const { access, layer, rule } = this.accessTo(kind, caller);
    if (access === 'allow') return forwarded(base, 'allowed', { layer, rule });
    if (access === 'deny') return refused(base, { code: 'denied', layer, rule });
    onHold();
    const approval = { timeoutSeconds: undefined, remember: true };
    const decision = { layer, rule, reason: undefined, approval };
    const outcome = await this.approvals.ask(
      approvalRequest(call, caller, decision, exchangeRisks[kind]),
      cancel.signal,
    );
    const stillAsks = this.accessTo(kind, caller).access === access;
    if (stillAsks && outcome === 'allowed') {
      return forwarded(base, 'approved', { layer, rule });
    }
    if (stillAsks && outcome === 'allowed_for_session') {
      return forwarded(base, 'approved_for_session', { layer, rule });
    }
    const code =
      outcome === 'allowed' || outcome === 'allowed_for_session' ? 'denied' : refusalCodes[outcome];
    return refused(base, { code, layer, rule });
  }
}

type AskingDecision = Exclude<Decision, { verdict: 'deny' }>;

export type AccessRule = RuleReference & { readonly access: Access };

const strictness: Readonly<Record<Access, number>> = { allow: 0, require_approval: 1, deny: 2 };

const exchangeRisks: Readonly<Record<ExchangeKind, string>> = {
  sampling: 'the server has the agent’s model write something',
  elicitation: 'the server asks you questions',
  roots: 'the server learns the folders of the workspace',
  resources: 'the agent reads what the server offers',
  prompts: 'the agent takes instructions from the server',
};

function decideCall(call: ToolCall, caller: Caller, risk: Risk): Decision | undefined {
  const policies = caller.policies.current();
  if (!policies) return undefined;
  const facts: CallFacts = {
    category: risk.category,
    level: risk.level,
    client: caller.client,
    sessionCalls: caller.sessionCalls,
    paths: caller.paths,
  };
  return decide(policies, { server: caller.server, tool: call.tool, args: call.arguments }, facts);
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

function refused({ decisionId, time, call, observed }: JudgementBase, refusal: Refusal): Judgement {
  return { decisionId, time, call, observed, forward: false, refusal };
}

function forwarded(
  { decisionId, time, call, observed }: JudgementBase,
  code: AllowCode,
  { layer, rule }: RuleReference,
): Judgement {
  return { decisionId, time, call, observed, forward: true, code, layer, rule };
}

/** Why a call whose limits could not be reserved is refused. */
function full(reservation: Exclude<Reservation, GrantedReservation>): Refusal {
  const { layer, pointer: rule, max } = reservation.use;
  if (reservation.kind === 'unavailable') return { code: 'no_state', layer, rule };
  const { retryAfterSeconds, remaining } = reservation;
  const limit = { retryAfterSeconds, limit: max, remaining: Number(remaining) };
  return { code: 'rate_limited', layer, rule, limit };
}

function overLimit({ layer, pointer }: LimitUse): Observed {
  return { verdict: 'deny', code: 'rate_limited', layer, rule: pointer };
}

function byGateway(code: RefusalCode): Refusal {
  return { code, layer: 'gateway', rule: '' };
}

function approvalRequest(
  call: ToolCall,
  caller: Caller,
  decision: Pick<AskingDecision, 'layer' | 'rule' | 'reason' | 'approval'>,
  risk: string,
): ApprovalRequest {
  return {
    serverId: caller.serverId,
    server: caller.server,
    session: caller.session,
    client: caller.client,
    tool: call.tool,
    arguments: call.arguments,
    risk,
    layer: decision.layer,
    rule: decision.rule,
    reason: decision.reason,
    timeoutSeconds: decision.approval.timeoutSeconds,
    remember: decision.approval.remember,
  };
}
