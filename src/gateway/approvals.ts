import { randomUUID } from 'node:crypto';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';
import type { RuleReference } from '../policy/decide';
import {
  type GrantBounds,
  type GrantSubject,
  type ScopedGrant,
  ScopedGrants,
} from './scopedGrants';

/** A call that waits for a person, with all that the person needs to judge it. */
export interface ApprovalRequest extends RuleReference, GrantSubject {
  readonly serverId: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What the call may do, in a few words. */
  readonly risk: string;
  readonly reason: string | undefined;
  /** Overrides the setting. */
  readonly timeoutSeconds: number | undefined;
  /** Whether the answer may be given for more than this call. */
  readonly remember: boolean;
  /** Whether the person may change the arguments: only those of a tool. */
  readonly editable: boolean;
}

export interface PendingApproval extends ApprovalRequest {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly askedAt: number;
  readonly expiresAt: number;
  /** How many equal calls wait for the answer. None, after the agent was told to come back. */
  readonly calls: number;
}

export type ApprovalAnswer =
  /** For one call, with other arguments if they are given. */
  | { readonly kind: 'allow_once'; readonly arguments?: Readonly<Record<string, unknown>> }
  /** For each call that equals this one, as long as the session lasts. */
  | { readonly kind: 'allow_arguments' }
  /** For each call of the tool that the same rule asks about. Without bounds, for the session. */
  | ({ readonly kind: 'allow_tool' } & GrantBounds)
  /** The message is for the agent. */
  | { readonly kind: 'deny'; readonly message?: string };

export type ApprovalOutcome =
  | {
      readonly kind: 'allowed';
      readonly by: 'once' | ScopedGrant['kind'];
      /** The person was asked about this call, and not about an earlier one. */
      readonly asked: boolean;
      /** Those of the person, if they changed them. */
      readonly arguments?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'denied'; readonly message?: string }
  /** The agent is told before its client gives up; the same call picks the answer up later. */
  | { readonly kind: 'pending'; readonly id: string }
  | { readonly kind: 'timeout' | 'unavailable' | 'full' | 'cancelled' };

/** Someone who can be asked. `ask` returns at once; the answer comes through `Approvals.answer`. */
export interface Approver {
  ask(pending: PendingApproval): void;
  /** The question is settled otherwise (time, cancellation, another surface): take it away. */
  withdraw(pending: PendingApproval): void;
}

/** How long a call may be kept, and how it is given up. */
export interface Patience {
  readonly signal: AbortSignal;
  /** After so long the agent is told that the call is pending. Infinity: it is kept to the end. */
  readonly holdMs: number;
}

/** One call that is kept waiting. */
interface Waiter {
  question: Question;
  settle(outcome: ApprovalOutcome): void;
}

interface Question {
  readonly pending: PendingApproval;
  /** The oldest first. */
  readonly waiters: Set<Waiter>;
  /** Given while no call was there to take it. */
  answer: Answered | undefined;
  timer: NodeJS.Timeout | undefined;
}

type Answered = Extract<ApprovalOutcome, { kind: 'allowed' | 'denied' }>;

// More open questions than a person can read are answered by habit, not by judgement.
const mostPending = 20;

/**
 * The calls that wait for a person. Equal calls share a question. An answer is for exactly the call
 * that was shown, and is used once; whatever goes wrong, an unanswered call is not made.
 */
export class Approvals implements Disposable {
  /** By id, the oldest first. */
  private readonly questions = new Map<string, Question>();
  private readonly scoped = new ScopedGrants();
  private readonly approvers = new Set<Approver>();
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  /** `timeoutSeconds` is read for each question, so that a changed setting counts for the next. */
  constructor(private readonly timeoutSeconds: () => number) {}

  /** What is still to be answered, the oldest first. */
  get pending(): readonly PendingApproval[] {
    return this.open().map(({ pending, waiters }) => ({ ...pending, calls: waiters.size }));
  }

  get grants(): readonly ScopedGrant[] {
    return this.scoped.list();
  }

  revoke(grant: string): boolean {
    const revoked = this.scoped.revoke(grant);
    if (revoked) this.changed.fire();
    return revoked;
  }

  connect(approver: Approver): Disposable {
    this.approvers.add(approver);
    return {
      dispose: () => {
        this.approvers.delete(approver);
        if (this.approvers.size === 0) this.endAll('unavailable');
      },
    };
  }

  /** Resolves when the question is settled, or the call has been kept long enough. Never rejects. */
  async ask(request: ApprovalRequest, patience: Patience): Promise<ApprovalOutcome> {
    const { signal, holdMs } = patience;
    if (signal.aborted) return { kind: 'cancelled' };
    const known = [...this.questions.values()].find(
      ({ pending }) => pending.binding === request.binding,
    );
    const grant = request.remember ? this.scoped.use(request) : undefined;
    if (grant) {
      if (known?.waiters.size === 0) this.end(known);
      else this.changed.fire();
      return { kind: 'allowed', by: grant, asked: false };
    }
    if (known?.answer) {
      this.end(known);
      return known.answer;
    }
    if (!known && this.approvers.size === 0) return { kind: 'unavailable' };
    if (!known && this.open().length >= mostPending) return { kind: 'full' };

    return new Promise((resolve) => {
      const waiter: Waiter = {
        question: known ?? this.question(request),
        settle: (outcome) => {
          clearTimeout(hold);
          signal.removeEventListener('abort', cancel);
          waiter.question.waiters.delete(waiter);
          resolve(outcome);
        },
      };
      const cancel = (): void => {
        waiter.settle({ kind: 'cancelled' });
        // What nobody waits for any more is not asked.
        if (waiter.question.waiters.size === 0) this.end(waiter.question);
        else this.changed.fire();
      };
      const hold = Number.isFinite(holdMs)
        ? setTimeout(() => {
            waiter.settle({ kind: 'pending', id: waiter.question.pending.id });
            this.changed.fire();
          }, holdMs)
        : undefined;
      waiter.question.waiters.add(waiter);
      signal.addEventListener('abort', cancel);
      if (known) this.changed.fire();
      else this.present(waiter.question);
    });
  }

  /** Says whether the answer still counted: a late one changes nothing. */
  answer(id: string, answer: ApprovalAnswer): boolean {
    const question = this.questions.get(id);
    if (!question || question.answer) return false;
    const { pending, waiters } = question;
    if (answer.kind === 'deny') {
      const { message } = answer;
      this.settle(question, { kind: 'denied', ...(message === undefined ? {} : { message }) });
      return true;
    }
    if (pending.remember && answer.kind !== 'allow_once') {
      if (answer.kind === 'allow_tool') this.scoped.addTool(pending, answer);
      else this.scoped.addArguments(pending);
      // The grant is there for the call that comes back.
      if (waiters.size === 0) this.end(question);
      this.useGrants(question);
      return true;
    }
    const changedArguments = answer.kind === 'allow_once' ? answer.arguments : undefined;
    const allowed: Answered = {
      kind: 'allowed',
      by: 'once',
      asked: true,
      ...(changedArguments ? { arguments: changedArguments } : {}),
    };
    const [first, ...others] = waiters;
    if (!first) this.keep(question, allowed);
    else {
      first.settle(allowed);
      this.end(question);
      // One answer is for one call: the person is asked about the equal ones again.
      if (others.length > 0) this.askAgain(question, others);
    }
    return true;
  }

  /** What was allowed for a session ends with it. */
  endSession(session: string): void {
    if (this.scoped.endSession(session)) this.changed.fire();
  }

  /** Takes every question and every grant back, as when everything is halted. */
  forgetAll(): void {
    this.scoped.clear();
    this.endAll('cancelled');
    this.changed.fire();
  }

  dispose(): void {
    this.endAll('unavailable');
    this.scoped.clear();
    this.approvers.clear();
    this.changed.dispose();
  }

  private open(): readonly Question[] {
    return [...this.questions.values()].filter(({ answer }) => answer === undefined);
  }

  private question(request: ApprovalRequest): Question {
    const askedAt = Date.now();
    const timeoutMs = (request.timeoutSeconds ?? this.timeoutSeconds()) * 1000;
    const pending = {
      ...request,
      id: randomUUID(),
      askedAt,
      expiresAt: askedAt + timeoutMs,
      calls: 1,
    };
    const question: Question = { pending, waiters: new Set(), answer: undefined, timer: undefined };
    question.timer = setTimeout(() => this.settleAll(question, { kind: 'timeout' }), timeoutMs);
    this.questions.set(pending.id, question);
    return question;
  }

  private present({ pending }: Question): void {
    this.changed.fire();
    for (const approver of this.approvers) {
      // One that answers at once has settled the question for the others.
      if (this.questions.has(pending.id)) approver.ask(pending);
    }
  }

  private askAgain({ pending }: Question, waiters: readonly Waiter[]): void {
    const question = this.question(pending);
    for (const waiter of waiters) {
      waiter.question = question;
      question.waiters.add(waiter);
    }
    this.present(question);
  }

  /** The same questions, already asked by parallel calls, are answered by a new grant. */
  private useGrants(answered: Question): void {
    for (const question of this.open()) {
      for (const waiter of [...question.waiters]) {
        const grant = question.pending.remember ? this.scoped.use(question.pending) : undefined;
        if (!grant) break;
        waiter.settle({ kind: 'allowed', by: grant, asked: question === answered });
        if (question.waiters.size === 0) this.end(question);
      }
    }
    this.changed.fire();
  }

  private settle(question: Question, answered: Answered): void {
    if (question.waiters.size === 0) this.keep(question, answered);
    else this.settleAll(question, answered);
  }

  /** Keeps an answer for the call that comes back, for as long again as the person had for it. */
  private keep(question: Question, answered: Answered): void {
    question.answer = answered;
    clearTimeout(question.timer);
    const { askedAt, expiresAt } = question.pending;
    question.timer = setTimeout(() => this.end(question), expiresAt - askedAt);
    this.withdraw(question);
  }

  private settleAll(question: Question, outcome: ApprovalOutcome): void {
    for (const waiter of [...question.waiters]) waiter.settle(outcome);
    this.end(question);
  }

  private endAll(kind: 'unavailable' | 'cancelled'): void {
    for (const question of [...this.questions.values()]) this.settleAll(question, { kind });
  }

  private end(question: Question): void {
    if (!this.questions.delete(question.pending.id)) return;
    clearTimeout(question.timer);
    this.withdraw(question);
  }

  private withdraw({ pending }: Question): void {
    for (const approver of this.approvers) approver.withdraw(pending);
    this.changed.fire();
  }
}
