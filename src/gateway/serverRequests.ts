import { Cancellation } from './cancellation';
import type { Caller, Enforcer, Judgement, Recorder } from './enforcer';
import {
  errorCodes,
  errorResponse,
  type JsonRpcMessage,
  type JsonRpcRequest,
  type RequestId,
} from './jsonRpc';
import { exchangeOf, serverRequests } from './methods';
import { refusalResponse } from './refusal';

// A client may leave what it is asked unanswered for ever.
const mostOpen = 1000;

/** What the requests of a server need from its session. */
export interface ServerRequestsContext {
  readonly enforcer: Enforcer;
  readonly recorder: Recorder;
  caller(): Caller;
  isClosed(): boolean;
  toClient(request: JsonRpcRequest): void;
  toServer(message: JsonRpcMessage): void;
}

/** What a server asks its client, which the policy may refuse or have the person decide about. */
export class ServerRequests {
  /** Those that the client has yet to answer. */
  private readonly asked = new Set<RequestId>();
  /** Those that wait for the person. */
  private readonly held = new Map<RequestId, Cancellation>();

  constructor(private readonly context: ServerRequestsContext) {}

  receive(request: JsonRpcRequest): void {
    if (!serverRequests.has(request.method)) {
      const error = 'Toolgate does not pass this method on.';
      return this.refuse(request.id, errorCodes.methodNotFound, error);
    }
    if (this.asked.size >= mostOpen) {
      const error = 'Too many requests are open at once.';
      return this.refuse(request.id, errorCodes.internalError, error);
    }
    const { enforcer } = this.context;
    const kind = exchangeOf(request);
    if (!kind || enforcer.accessTo(kind, this.context.caller()).access === 'allow') {
      return this.pass(request);
    }
    const startedAt = performance.now();
    const call = { tool: request.method, arguments: request.params ?? {} };
    const caller = this.context.caller();
    const cancel = new Cancellation();
    this.held.set(request.id, cancel);
    const hold = { cancel, holdMs: Number.POSITIVE_INFINITY, onHold() {} };
    const judged = (judgement: Judgement): void => {
      const durationMs = performance.now() - startedAt;
      const outcome = judgement.forward ? 'ok' : 'not_forwarded';
      this.context.recorder.record({ judgement, caller, durationMs, outcome });
      if (this.context.isClosed()) return;
      if (judgement.forward) return this.pass(request);
      if (judgement.refusal.code !== 'approval_cancelled') {
        this.context.toServer(refusalResponse(request, judgement.refusal, judgement.decisionId));
      }
    };
    enforcer
      .judgeExchange(kind, call, caller, hold)
      .finally(() => this.held.delete(request.id))
      .then(judged)
      .catch(() => {
        // As what is nested beyond the stack: a server chooses what it asks.
        const error = 'Toolgate: this could not be judged, so it was not asked.';
        if (!this.context.isClosed()) this.refuse(request.id, errorCodes.internalError, error);
      });
  }

  /** Whether the client answers what it was asked; an answer counts once. */
  takeAnswer(id: RequestId): boolean {
    return this.asked.delete(id);
  }

  /** The server takes back what it asked. */
  cancel(id: RequestId): void {
    this.held.get(id)?.abort();
  }

  /** The server gets an error instead of an answer. */
  refuse(id: RequestId, code: number, message: string): void {
    this.asked.delete(id);
    this.context.toServer(errorResponse(id, code, message));
  }

  /** Nothing is answered any more. */
  end(): void {
    for (const held of this.held.values()) held.abort();
    this.asked.clear();
  }

  private pass(request: JsonRpcRequest): void {
    this.asked.add(request.id);
    this.context.toClient(request);
  }
}
