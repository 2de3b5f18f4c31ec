import { randomUUID } from 'node:crypto';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';
import type { RuleReference } from '../policy/decide';

/** A call that waits for a person, with all that the person needs to judge it. */
export interface ApprovalRequest extends RuleReference {
  readonly serverId: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What the call may do, in a few words. */
  readonly risk: string;
  readonly reason: string | undefined;
  /** Overrides the setting. */
  readonly timeoutSeconds: number | undefined;
  /** Whether the answer may be given for the whole session. */
  readonly remember: boolean;
  /** The name the agent's client gives itself. */
  readonly client: string;
  readonly session: string;
}

export interface PendingApproval extends ApprovalRequest {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  readonly expiresAt: number;
}

export type ApprovalAnswer = 'allow_once' | 'allow_session' | 'deny';

export type ApprovalOutcome =
  | 'allowed'
  | 'allowed_for_session'
  | 'denied'
  | 'timeout'
  | 'unavailable'
  | 'cancelled';

/** Someone who can be asked. `ask` returns at once; the answer comes through `Approvals.answer`. */
export interface Approver {
  ask(pending: PendingApproval): void;
  /** The question is settled otherwise (time, cancellation, another surface): take it away. */
  withdraw(pending: PendingApproval): void;
}

interface Waiting {
  readonly pending: PendingApproval;
  settle(outcome: ApprovalOutcome): void;
}

// More open questions than a person can read are answered by habit, not by judgement.
const mostPending = 20;

/** The calls that wait for a person. Whatever goes wrong, an unanswered call is not made. */
export class Approvals implements Disposable {
  private readonly waiting = new Map<string, Waiting>();
  private readonly allowedForSession = new Set<string>();
  private readonly approvers = new Set<Approver>();
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  /** `timeoutSeconds` is read for each question, so that a changed setting counts for the next. */
  constructor(private readonly timeoutSeconds: () => number) {}

  /** Oldest first. */
  get pending(): readonly PendingApproval[] {
    return [...this.waiting.values()].map(({ pending }) => pending);
  }

  connect(approver: Approver): Disposable {
    this.approvers.add(approver);
    return {
      dispose: () => {
        this.approvers.delete(approver);
        if (this.approvers.size === 0) this.settleAll('unavailable');
      },
    };
  }

  /** Resolves when the question is settled; never rejects. */
  async ask(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalOutcome> {
    if (signal.aborted) return 'cancelled';
    if (request.remember && this.allowedForSession.has(sessionKey(request))) {
      return 'allowed_for_session';
    }
    if (this.approvers.size === 0 || this.waiting.size >= mostPending) return 'unavailable';

    const askedAt = Date.now();
    const timeoutMs = (request.timeoutSeconds ?? this.timeoutSeconds()) * 1000;
    const pending = { ...request, id: randomUUID(), askedAt, expiresAt: askedAt + timeoutMs };
    return new Promise((resolve) => {
      const cancel = (): void => settle('cancelled');
      const timer = setTimeout(() => settle('timeout'), timeoutMs);
      const settle = (outcome: ApprovalOutcome): void => {
        if (!this.waiting.delete(pending.id)) return;
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        resolve(outcome);
        for (const approver of this.approvers) approver.withdraw(pending);
        this.changed.fire();
      };
      this.waiting.set(pending.id, { pending, settle });
      signal.addEventListener('abort', cancel);
      this.changed.fire();
      for (const approver of this.approvers) {
        // One that answers at once has settled the question for the others.
        if (this.waiting.has(pending.id)) approver.ask(pending);
      }
    });
  }

  /** Says whether the answer still counted: a late one changes nothing. */
  answer(id: string, answer: ApprovalAnswer): boolean {
    const waiting = this.waiting.get(id);
    if (!waiting) return false;
    if (answer === 'allow_session' && waiting.pending.remember) {
      const key = sessionKey(waiting.pending);
      this.allowedForSession.add(key);
      // The same question, already asked by parallel calls, is answered with it.
      for (const other of [...this.waiting.values()]) {
        if (sessionKey(other.pending) === key) other.settle('allowed_for_session');
      }
    } else {
      waiting.settle(answer === 'deny' ? 'denied' : 'allowed');
    }
    return true;
  }

  /** What was allowed for a session ends with it. */
  endSession(session: string): void {
    const prefix = JSON.stringify([session]).slice(0, -1);
    for (const key of this.allowedForSession) {
      if (key.startsWith(prefix)) this.allowedForSession.delete(key);
    }
  }

  dispose(): void {
    this.settleAll('unavailable');
    this.approvers.clear();
    this.changed.dispose();
  }

  private settleAll(outcome: ApprovalOutcome): void {
    for (const waiting of [...this.waiting.values()]) waiting.settle(outcome);
  }
}

// The rule is part of what was approved: under another rule, the person is asked again.
function sessionKey(request: ApprovalRequest): string {
  return JSON.stringify([
    request.session,
    request.serverId,
    request.tool,
    request.layer,
    request.rule,
    request.reason,
  ]);
}
