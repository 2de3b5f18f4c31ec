import { Emitter } from '../../common/event';
import { visibleLine } from '../../common/visibleText';
import { Cancellation } from '../cancellation';
import { asJudged, withEditNotice } from '../editNotice';
import type { CallOutcome } from '../enforcer';
import type { Exchange } from '../exchange';
import { withoutForgery } from '../forgery';
import {
  errorCodes,
  errorResponse,
  isObject,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from '../jsonRpc';
import { outcomeOf } from '../messageFacts';
import { statelessRequests } from '../methods';
import { ConnectionPins } from '../pins/connectionPins';
import { type Closure, closedResponse, type Refusal, refusalResponse } from '../refusal';
import { treatedResponse, treatedTold, treatmentFor, treatmentOfServer } from '../resultFilter';
import type { SessionContext } from '../session';
import type { ReceivedHeaders } from './mirroredHeaders';
import { paramHeaderMismatch } from './paramHeaders';
import { responseText } from './responseText';
import { isStatelessError } from './revision';
import { shownResult } from './shownResult';
import { StatelessConnection } from './statelessConnection';
import { type JudgedRequest, StatelessJudge } from './statelessJudge';
import { askStateless } from './statelessRequest';
import { listensToPrompts, listensToTools, promptsChanged, toolsChanged } from './subscriptions';

export interface StatelessContext extends SessionContext {
  /** The name by which the client goes. */
  readonly client: string;
  readonly version: string;
  /** The server waits for `initialize`: there is nothing to do here. */
  onHandshake(): void;
}

export type StatelessState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'stopped' };

interface Pending extends JudgedRequest {
  readonly startedAt: number;
  /** Takes the request back from the server, once it is there. */
  withdraw: (() => void) | undefined;
  isAcknowledged: boolean;
  isJudging: boolean;
}

const mostPending = 1000;

/**
 * What there is of a session where the protocol has none: all requests to one server that come
 * under one name of a client with one token. They share a connection, the limits with the scope
 * `session`, and what a person has allowed for the session. A client that takes another name begins
 * anew, as one that initializes anew does; what must hold regardless is limited in another scope.
 */
export class StatelessSession {
  private connection: StatelessConnection | undefined;
  /** What the person has approved, held against what this connection says. */
  private pins: ConnectionPins | undefined;
  private readonly pending = new Set<Pending>();
  private readonly judge: StatelessJudge;
  private readonly stateChanged = new Emitter<StatelessState>();
  private readonly closing = new Set<Promise<void>>();
  private closed = false;
  private closure: Closure | undefined;

  readonly onDidChangeState = this.stateChanged.event;
  lastUsed = performance.now();

  constructor(private readonly context: StatelessContext) {
    this.judge = new StatelessJudge(context);
  }

  get id(): string {
    return this.context.id;
  }

  private get isStopped(): boolean {
    return this.closure !== undefined;
  }

  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  /** The header of a call that does not say what its arguments say, as far as the tool is known. */
  paramMismatch(request: JsonRpcRequest, headers: ReceivedHeaders): string | undefined {
    if (request.method !== 'tools/call') return undefined;
    const { name, arguments: args } = request.params ?? {};
    const definition = this.context.catalogue.definitionOf(String(name));
    return paramHeaderMismatch(definition?.inputSchema, args, headers);
  }

  request(request: JsonRpcRequest, exchange: Exchange): void {
    this.lastUsed = performance.now();
    const cancel = new Cancellation();
    const pending: Pending = {
      request,
      exchange,
      startedAt: performance.now(),
      cancel,
      judgement: undefined,
      withdraw: undefined,
      isAcknowledged: false,
      isJudging: false,
    };
    if (this.closed) return this.refuse(pending, errorCodes.upstreamFailed, 'It was stopped.');
    if (!statelessRequests.has(request.method)) {
      const error = 'Toolgate does not pass this method on.';
      return this.refuse(pending, errorCodes.methodNotFound, error);
    }
    if (this.pending.size >= mostPending) {
      return this.refuse(pending, errorCodes.internalError, 'Too many requests are open at once.');
    }
    if (this.closure && request.method !== 'tools/call') {
      return exchange.answer(completed(closedResponse(request, this.closure)));
    }
    this.pending.add(pending);
    // Leaving is how a client cancels where each request has a response of its own.
    exchange.onDisconnect(() => this.abandon(pending));
    this.serve(pending).catch((error: unknown) => {
      this.context.log(`A request could not be judged. ${String(error)}`);
      const message = 'Toolgate: the request could not be judged, so it was not made.';
      this.refuse(pending, errorCodes.internalError, message);
    });
  }

  keepAlive(silentMs: number): void {
    for (const { exchange } of this.pending) exchange.keepAlive(silentMs);
  }

  /** Tells clients that listen to list the tools again, after a policy edit. */
  announceToolChange(): void {
    this.announce(listensToTools, toolsChanged);
  }

  /** Likewise, after a review. */
  announcePromptChange(): void {
    this.announce(listensToPrompts, promptsChanged);
  }

  private announce(
    listens: (request: JsonRpcRequest) => boolean,
    text: (id: RequestId) => string,
  ): void {
    for (const { request, exchange, isAcknowledged } of this.pending) {
      if (isAcknowledged && listens(request)) exchange.event(text(request.id));
    }
  }

  /**
   * Ends the server and answers everything that is open. Each later request is told why nothing
   * happens. Resolves when the server is gone.
   */
  async halt(closure: Closure = 'halted'): Promise<void> {
    if (this.closed || this.closure === closure) return;
    this.closure = closure;
    for (const pending of [...this.pending]) {
      pending.cancel.abort();
      const { request, judgement, isJudging } = pending;
      // What is still judged, or to be, is answered when its judgement comes: as halted.
      if (isJudging || (request.method === 'tools/call' && !judgement)) continue;
      if (judgement?.forward) pending.judgement = { ...judgement, code: 'halted' };
      const mayHaveHappened = pending.withdraw !== undefined;
      const response = closedResponse(request, closure, judgement?.decisionId, mayHaveHappened);
      this.answer(pending, completed(response), mayHaveHappened ? 'lost' : 'not_forwarded');
    }
    this.disconnect();
    await Promise.all(this.closing);
  }

  /** Resolves when the server is gone. */
  async close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      this.disconnect();
      for (const pending of [...this.pending]) {
        pending.cancel.abort();
        this.lose(pending, 'The session was ended.');
      }
      this.context.approvals.endSession(this.id);
      this.context.enforcer.endSession(this.id);
      this.stateChanged.fire({ kind: 'stopped' });
      this.stateChanged.dispose();
    }
    await Promise.all(this.closing);
  }

  private async serve(pending: Pending): Promise<void> {
    if (!this.isStopped && !(await this.connected(pending)) && !this.isStopped) return;
    pending.isJudging = true;
    const judgement = await this.judge.judge(pending, this.pins);
    pending.isJudging = false;
    if (typeof judgement === 'string') {
      return this.refuse(pending, errorCodes.invalidParams, judgement);
    }
    pending.judgement = judgement;
    if (!this.pending.has(pending)) return this.record(pending, 'not_forwarded');
    if (judgement && !judgement.forward) {
      const { refusal, decisionId } = judgement;
      return this.answerRefusal(pending, refusal, decisionId, 'not_forwarded');
    }
    if (this.closure) {
      const response = closedResponse(pending.request, this.closure);
      return this.answer(pending, completed(response), 'not_forwarded');
    }
    // The server may have ended while a person was asked.
    const connection = await this.connected(pending);
    if (connection && this.begin(pending)) this.forward(pending, connection);
  }

  /** A connection to a server that knows this revision; without one, the request is answered. */
  private async connected(pending: Pending): Promise<StatelessConnection | undefined> {
    const connection = this.connect();
    const era = await connection.era;
    if (this.closure || !this.pending.has(pending)) return undefined;
    if (era.kind === 'stateless') return connection;
    const { request } = pending;
    const response =
      era.kind === 'failed'
        ? this.failure(request, era.reason)
        : errorResponse(request.id, errorCodes.invalidRequest, handshakeWanted);
    // This status without one of the revision's own errors is what clients fall back on.
    this.answer(pending, JSON.stringify(response), 'not_forwarded', 400);
    return undefined;
  }

  /** The next request dials a server that has failed anew. */
  private connect(): StatelessConnection {
    if (this.connection) return this.connection;
    this.stateChanged.fire({ kind: 'starting' });
    const { startTimeoutMs, version, log } = this.context;
    const connection = new StatelessConnection({
      startTimeoutMs,
      version,
      connect: (listener) => this.context.connect(listener),
      log,
      onEnd: (reason) => {
        if (this.closed || this.connection !== connection) return;
        log(reason);
        this.disconnect();
        this.stateChanged.fire({ kind: 'failed', error: reason });
      },
    });
    this.connection = connection;
    const { pins, catalogue } = this.context;
    this.pins =
      pins &&
      new ConnectionPins(
        pins,
        (method, params) =>
          askStateless(connection, method, params, { timeoutMs: startTimeoutMs, version }),
        (...page) => catalogue.learn(...page),
      );
    void connection.era.then(({ kind }) => {
      if (this.connection !== connection) return;
      if (kind === 'stateless') this.stateChanged.fire({ kind: 'running' });
      // After those who wait for it have their answer.
      if (kind === 'handshake') setImmediate(() => this.context.onHandshake());
    });
    return connection;
  }

  private disconnect(): void {
    const { connection } = this;
    this.connection = undefined;
    this.pins = undefined;
    if (!connection) return;
    const closing = connection.close();
    this.closing.add(closing);
    void closing.finally(() => this.closing.delete(closing));
  }

  /** Notes a call that a person has approved. What cannot be noted is not made. */
  private begin(pending: Pending): boolean {
    const { judgement } = pending;
    if (!judgement?.forward || judgement.code === 'allowed') return true;
    const { recorder } = this.context;
    recorder.begin(judgement, this.judge.caller());
    if (recorder.failure === undefined) return true;
    const { decisionId, time, call, observed } = judgement;
    const refusal: Refusal = { code: 'no_record', layer: 'gateway', rule: '' };
    pending.judgement = { decisionId, time, call, observed, forward: false, refusal };
    this.answerRefusal(pending, refusal, decisionId, 'not_forwarded');
    return false;
  }

  private forward(pending: Pending, connection: StatelessConnection): void {
    this.context.enforcer.forwards(pending.judgement, this.judge.caller());
    pending.withdraw = connection.send({
      request: asJudged(pending.request, pending.judgement),
      answered: (response, raw) => {
        pending.withdraw = undefined;
        this.answered(pending, response, raw).catch((error: unknown) => {
          this.context.log(`An answer could not be passed on. ${String(error)}`);
          this.lose(pending, 'Its answer cannot be passed on.');
        });
      },
      told: (notification) => this.told(pending, notification),
      lost: (reason) => this.lose(pending, reason),
      ended: () => {
        this.pending.delete(pending);
        pending.exchange.finish();
      },
    });
  }

  private told(pending: Pending, notification: JsonRpcNotification): void {
    this.pins?.told(notification.method);
    if (!this.judge.isFree(notification)) return;
    if (notification.method === 'notifications/subscriptions/acknowledged') {
      pending.isAcknowledged = true;
    }
    const seen = treatedTold(notification, treatmentOfServer(this.judge.caller()));
    if (seen) pending.exchange.event(JSON.stringify(seen));
    else this.context.log('It said more than the policy passes on.');
  }

  private async answered(
    pending: Pending,
    response: JsonRpcResponse,
    raw: string | undefined,
  ): Promise<void> {
    const refusal = await this.judge.judgeInputs(pending, response);
    if (!this.pending.has(pending)) return;
    if (refusal === 'unknown')
      return this.lose(pending, 'It asked for something unknown.', 'error');
    const outcome = outcomeOf(response);
    if (refusal) {
      return this.answerRefusal(pending, refusal.refusal, refusal.decisionId, outcome);
    }
    if (outcome === 'input_required') this.judge.interrupted(pending, response);
    const { request, judgement } = pending;
    const treatment = treatmentFor(request, judgement, () => this.judge.caller());
    const honest = treatedResponse(withoutForgery(response), treatment, judgement);
    const noticed =
      outcome === 'input_required' ? honest : withEditNotice(honest, pending.judgement);
    const reviewed = this.pins ? await this.pins.shown(pending.request, noticed) : noticed;
    const shown = await shownResult(pending.request, reviewed, this.context);
    if (!this.pending.has(pending)) return;
    const text = responseText(shown, shown === response ? raw : undefined, pending.request.id);
    this.answer(pending, text, outcome, statusOf(response));
  }

  private answerRefusal(
    pending: Pending,
    refusal: Refusal,
    decisionId: string,
    outcome: CallOutcome,
  ): void {
    if (refusal.code === 'approval_cancelled') {
      this.pending.delete(pending);
      pending.exchange.finish();
      return this.record(pending, outcome);
    }
    this.answer(pending, completed(refusalResponse(pending.request, refusal, decisionId)), outcome);
  }

  private refuse(pending: Pending, code: number, message: string): void {
    const response = errorResponse(pending.request.id, code, message);
    this.answer(pending, JSON.stringify(response), 'not_forwarded', statusOf(response));
  }

  private lose(pending: Pending, reason: string, outcome: CallOutcome = 'lost'): void {
    if (!this.pending.has(pending)) return;
    this.answer(pending, JSON.stringify(this.failure(pending.request, reason)), outcome);
  }

  private abandon(pending: Pending): void {
    if (!this.pending.delete(pending)) return;
    pending.cancel.abort();
    pending.withdraw?.();
    // While it is judged, the judgement is recorded when it is there.
    this.record(pending, 'cancelled');
  }

  private answer(pending: Pending, json: string, outcome: CallOutcome, status = 200): void {
    this.pending.delete(pending);
    pending.exchange.answer(json, status);
    this.record(pending, outcome);
  }

  private record({ judgement, startedAt }: Pending, outcome: CallOutcome): void {
    if (!judgement) return;
    const durationMs = performance.now() - startedAt;
    this.context.recorder.record({ judgement, caller: this.judge.caller(), durationMs, outcome });
  }

  private failure({ id }: JsonRpcRequest, reason: string): JsonRpcResponse {
    const message = `Toolgate: the server "${visibleLine(this.context.server)}" failed. ${reason}`;
    return errorResponse(id, errorCodes.upstreamFailed, message);
  }
}

export const handshakeWanted =
  'Toolgate: this server speaks an older revision of MCP. Begin with initialize.';

/** The text of a result of the gateway's own, which says that nothing more comes of the call. */
function completed({ result, ...response }: JsonRpcResponse): string {
  const complete = isObject(result) ? { result: { resultType: 'complete', ...result } } : {};
  return JSON.stringify({ ...response, ...complete });
}

/** https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#protocol-version-header */
function statusOf({ error }: JsonRpcResponse): number {
  if (error?.code === errorCodes.methodNotFound) return 404;
  return error && isStatelessError(error.code) ? 400 : 200;
}
