import { randomUUID } from 'node:crypto';
import {
  type CallFacts,
  type Decision,
  decide,
  type LimitUse,
  type Observed,
  type RuleReference,
} from '../policy/decide';
import type { Touched } from '../policy/flows';
import type { PathFacts } from '../policy/operators/under';
import type { Treatment } from '../policy/results';
import type { Access, ExchangeKind } from '../policy/vocabulary';
import type { Risk } from '../risk/risk';
import type { ApprovalOutcome, ApprovalRequest, Approvals } from './approvals';
import { Bindings } from './binding';
import type { Cancellation } from './cancellation';
import type { HaltSwitch } from './haltSwitch';
import { isObject, type Params } from './jsonRpc';
import type { CountedFor, GrantedReservation, Limits, Reservation } from './limits';
import type { PolicySource } from './policySource';
import type { Refusal, RefusalCode } from './refusal';
import type { GrantSubject } from './scopedGrants';
import type { ToolCatalogue } from './toolCatalogue';
import { TouchedData } from './touchedData';

/** A `tools/call` whose parameters have been checked. */
export interface ToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Who calls, and which server is called. */
export interface Caller {
  readonly serverId: string;
  /** Changes when the configuration of the server does. */
  readonly serverVersion: string;
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
export type AllowCode = 'allowed' | 'approved' | 'approved_by_grant' | 'halted';

interface JudgementBase {
  readonly decisionId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly call: ToolCall;
  /** What rules in `observe` mode would have done. */
  readonly observed: readonly Observed[];
  /** How long the person took, where one answered this call. */
  readonly answeredAfterMs?: number;
  /** What the person's word was for, where it let the call through. */
  readonly binding?: string;
}

export type Judgement = JudgementBase &
  (
    | (RuleReference & {
        readonly forward: true;
        readonly code: AllowCode;
        /** The person has changed the arguments: `call` has theirs. */
        readonly edited: boolean;
        /** What is done to the result. */
        readonly results?: Treatment;
        /** What the agent reads by it. */
        readonly touches?: Touched;
      })
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
export type CallOutcome =
  | 'ok'
  | 'tool_error'
  | 'error'
  /** The server wants an answer of the person or the agent first. */
  | 'input_required'
  | 'lost'
  | 'cancelled'
  | 'not_forwarded';

/** Keeps the record. No record, no call: while it fails, every call is refused. */
export interface Recorder {
  readonly failure: string | undefined;
  /**
   * Notes, before it returns, that a call which a person has approved is about to be made: should
   * the gateway die meanwhile, the record tells that its outcome is unknown.
   */
  begin(judgement: Judgement, caller: Caller): void;
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

/** How a call that waits for a person is kept, and given up. */
export interface Hold {
  readonly cancel: Cancellation;
  /** After so long the agent is told to come back. */
  readonly holdMs: number;
  /** Called when the call begins to wait. */
  onHold(): void;
}

/** Judges calls in the order of the policy language: rule, limits, approval. */
export class Enforcer {
  private readonly bindings = new Bindings();
  private readonly touched = new TouchedData();

  constructor(
    private readonly approvals: Approvals,
    private readonly limits: Limits,
    private readonly recorder: Recorder,
    private readonly halt: HaltSwitch,
  ) {}

  /**
   * Answers at once where nobody has to be waited for. `earlier` is what came of the same call before
   * it was interrupted: its limits are paid, and what a person has approved is not asked again.
   */
  judge(
    call: ToolCall,
    caller: Caller,
    hold: Hold,
    earlier?: Judgement,
  ): Judgement | Promise<Judgement> {
    const base: JudgementBase = { decisionId: randomUUID(), time: Date.now(), call, observed: [] };
    if (this.halt.isHalted) return refused(base, byGateway('halted'));
    if (this.recorder.failure !== undefined) return refused(base, byGateway('no_record'));
    const risk = caller.catalogue.riskOf(call.tool);
    const decision = this.decideCall(call, caller, risk);
    if (!decision) return refused(base, byGateway('no_policy'));
    const { observed } = decision;
    if (decision.verdict === 'deny') return refused({ ...base, observed }, decision);

    const go = (reservation: Reservation): Judgement | Promise<Judgement> => {
      if (reservation.kind !== 'granted') return refused({ ...base, observed }, full(reservation));
      const judged = { ...base, observed: [...observed, ...reservation.observed.map(overLimit)] };
      if (decision.verdict === 'allow') return forwarded(judged, 'allowed', decision);
      if (earlier?.forward && earlier.binding !== undefined) {
        const { binding } = this.bindings.subjectOf(call, caller, decision);
        if (binding === earlier.binding) {
          return forwarded({ ...judged, binding }, earlier.code, decision);
        }
      }
      return this.judgeByPerson(judged, decision, risk, reservation, caller, hold);
    };
    const reservation = this.limits.reserve(earlier ? [] : decision.limits, caller.counted);
    return reservation instanceof Promise ? reservation.then(go) : go(reservation);
  }

  private async judgeByPerson(
    base: JudgementBase,
    decision: AskingDecision,
    risk: Risk,
    reservation: GrantedReservation,
    caller: Caller,
    hold: Hold,
  ): Promise<Judgement> {
    const { call } = base;
    const { layer, rule, reason } = decision;
    const subject = this.bindings.subjectOf(call, caller, decision);
    const risks = `${risk.category}, ${risk.level}`;
    const request = { ...approvalRequest(call, caller, decision, risks), ...subject };
    const { outcome, judged } = await this.ask(request, base, hold);
    if (outcome.kind !== 'allowed') {
      await reservation.release();
      return refused(judged, refusalBy(outcome, { layer, rule, reason }));
    }
    // The answer is for what was shown, under the policies of then: the call is judged anew if
    // anything is different now. A limit that was added meanwhile has not counted it either.
    const now = this.decideCall(call, caller, caller.catalogue.riskOf(call.tool));
    const isStill =
      JSON.stringify(now) === JSON.stringify(decision) &&
      this.bindings.subjectOf(call, caller, decision).binding === subject.binding;
    if (!isStill) {
      await reservation.release();
      return this.judge(call, caller, hold);
    }
    if (outcome.arguments) {
      await reservation.release();
      return this.judgeEdited(
        { ...judged, call: { ...call, arguments: outcome.arguments } },
        caller,
      );
    }
    const code = outcome.by === 'once' ? 'approved' : 'approved_by_grant';
    return forwarded({ ...judged, binding: subject.binding }, code, decision);
  }

  /** What the person wrote is approved, but no more allowed than if the agent had written it. */
  private async judgeEdited(base: JudgementBase, caller: Caller): Promise<Judgement> {
    const decision = this.decideCall(base.call, caller, caller.catalogue.riskOf(base.call.tool));
    if (!decision) return refused(base, byGateway('no_policy'));
    if (decision.verdict === 'deny') return refused(base, decision);
    const reservation = await this.limits.reserve(decision.limits, caller.counted);
    if (reservation.kind !== 'granted') return refused(base, full(reservation));
    const { binding } = this.bindings.subjectOf(base.call, caller, decision);
    return { ...forwarded({ ...base, binding }, 'approved', decision), edited: true };
  }

  /** Asks the person, and notes how long they took. */
  private async ask(
    request: ApprovalRequest,
    base: JudgementBase,
    { cancel, holdMs, onHold }: Hold,
  ): Promise<{ readonly outcome: ApprovalOutcome; readonly judged: JudgementBase }> {
    onHold();
    const asked = performance.now();
    const outcome = await this.approvals.ask(request, { signal: cancel.signal, holdMs });
    const byPerson = outcome.kind === 'denied' || (outcome.kind === 'allowed' && outcome.asked);
    const answeredAfterMs = Math.round(performance.now() - asked);
    return { outcome, judged: byPerson ? { ...base, answeredAfterMs } : base };
  }

  /** For what may not be asked of the server at all, whatever the policy says. */
  refuse(call: ToolCall, refusal: Refusal): Judgement {
    return refused({ decisionId: randomUUID(), time: Date.now(), call, observed: [] }, refusal);
  }

  /** Notes that a call goes on: what it reads counts for every call that is judged after it. */
  forwards(judgement: Judgement | undefined, caller: Caller): void {
    if (judgement?.forward && judgement.touches) this.touched.add(judgement.touches, caller);
  }

  /** Forgets what a session that has ended has read. */
  endSession(session: string): void {
    this.touched.endSession(session);
  }

  /** The last look before a call goes on: what was judged while everything was halted does not. */
  unlessHalted(judgement: Judgement): Judgement {
    if (!this.halt.isHalted) return judgement;
    if (!judgement.forward && !outranked.has(judgement.refusal.code)) return judgement;
    const { decisionId, time, call, observed } = judgement;
    return refused({ decisionId, time, call, observed }, byGateway('halted'));
  }

  private decideCall(call: ToolCall, caller: Caller, risk: Risk): Decision | undefined {
    const policies = caller.policies.current();
    if (!policies) return undefined;
    const facts: CallFacts = {
      category: risk.category,
      level: risk.level,
      client: caller.client,
      sessionCalls: caller.sessionCalls,
      paths: caller.paths,
      marks: caller.catalogue.flowOf(call.tool),
      touched: this.touched.of(caller),
    };
    return decide(
      policies,
      { server: caller.server, tool: call.tool, args: call.arguments },
      facts,
    );
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
    hold: Hold,
  ): Promise<Judgement> {
    const base: JudgementBase = { decisionId: randomUUID(), time: Date.now(), call, observed: [] };
    const { access, layer, rule } = this.accessTo(kind, caller);
    if (access === 'allow') return forwarded(base, 'allowed', { layer, rule });
    if (access === 'deny') return refused(base, { code: 'denied', layer, rule });
    const approval = { timeoutSeconds: undefined, remember: true };
    const decision = { layer, rule, reason: undefined, approval };
    const subject = this.bindings.subjectOf(call, caller, decision);
    const request = {
      ...approvalRequest(call, caller, decision, exchangeRisks[kind]),
      ...subject,
      editable: false,
    };
    const { outcome, judged } = await this.ask(request, base, hold);
    if (outcome.kind !== 'allowed') return refused(judged, refusalBy(outcome, { layer, rule }));
    if (this.accessTo(kind, caller).access !== access) {
      return refused(judged, { code: 'denied', layer, rule });
    }
    return forwarded(judged, outcome.by === 'once' ? 'approved' : 'approved_by_grant', decision);
  }
}

// Refusals that the end of the server may have caused.
const outranked: ReadonlySet<RefusalCode> = new Set([
  'approval_cancelled',
  'server_changed',
  'tool_changed',
]);

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

type Unallowed = Exclude<ApprovalOutcome, { kind: 'allowed' }>;

const refusalCodes: Readonly<Record<Unallowed['kind'], RefusalCode>> = {
  denied: 'approval_denied',
  pending: 'approval_pending',
  timeout: 'approval_timeout',
  unavailable: 'approval_unavailable',
  full: 'approval_unavailable',
  cancelled: 'approval_cancelled',
};

function refusalBy(
  outcome: Unallowed,
  by: RuleReference & { readonly reason?: string | undefined },
): Refusal {
  const { layer, rule, reason } = by;
  const refusal: Refusal = { code: refusalCodes[outcome.kind], layer, rule, reason };
  switch (outcome.kind) {
    case 'denied':
      return { ...refusal, message: outcome.message };
    case 'pending':
      return { ...refusal, approvalId: outcome.id };
    case 'full':
      return { ...refusal, tooManyPending: true };
    default:
      return refusal;
  }
}

function refused(base: JudgementBase, refusal: Refusal): Judgement {
  return { ...base, forward: false, refusal };
}

function forwarded(
  base: JudgementBase,
  code: AllowCode,
  { layer, rule, results, touches }: RuleReference & Pick<AskingDecision, 'results' | 'touches'>,
): Extract<Judgement, { forward: true }> {
  const effects = { ...(results && { results }), ...(touches && { touches }) };
  return { ...base, forward: true, code, layer, rule, edited: false, ...effects };
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
): Omit<ApprovalRequest, keyof GrantSubject> {
  return {
    serverId: caller.serverId,
    editable: true,
    arguments: call.arguments,
    risk,
    layer: decision.layer,
    rule: decision.rule,
    reason: decision.reason,
    timeoutSeconds: decision.approval.timeoutSeconds,
    remember: decision.approval.remember,
  };
}
