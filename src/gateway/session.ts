import { Emitter } from '../common/event';
import { visibleLine } from '../common/visibleText';
import type { PathFacts } from '../policy/operators/under';
import type { Approvals } from './approvals';
import { Cancellation } from './cancellation';
import { asJudged, withEditNotice } from './editNotice';
import {
  type Caller,
  type CallOutcome,
  type Enforcer,
  type Hold,
  type Judgement,
  type Recorder,
  readToolCall,
} from './enforcer';
import type { Exchange } from './exchange';
import { withoutForgery } from './forgery';
import {
  errorCodes,
  errorResponse,
  isNotification,
  isObject,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
  type RequestId,
} from './jsonRpc';
import type { CountedFor } from './limits';
import { clientName, outcomeOf, progressTokenOf } from './messageFacts';
import {
  clientNotifications,
  clientRequests,
  exchangeOf,
  serverNotifications,
  serverRequests,
} from './methods';
import type { PolicySource } from './policySource';
import { haltedResponse, type Refusal, refusalResponse } from './refusal';
import { shownTools } from './shownTools';
import { isCursor, type ToolCatalogue } from './toolCatalogue';
import type { Upstream, UpstreamListener } from './upstream';
import { reportWaiting } from './waitingProgress';

/** What a session needs from the house around it. */
export interface SessionContext {
  readonly id: string;
  readonly serverId: string;
  readonly serverVersion: string;
  readonly server: string;
  readonly policies: PolicySource;
  readonly catalogue: ToolCatalogue;
  readonly enforcer: Enforcer;
  readonly approvals: Approvals;
  readonly recorder: Recorder;
  readonly counted: CountedFor;
  readonly paths: PathFacts;
  readonly startTimeoutMs: number;
  /** Whether a tool that is refused by the default alone stays in `tools/list`. */
  readonly listDenied: () => boolean;
  /** Whether the client is to leave the asking about settled tools to the gateway. */
  readonly asksAlone: () => boolean;
  /** How long a call may be kept waiting for a person before its client gives up. */
  readonly holdMs: (client: string, hearsProgress: boolean) => number;
  connect(listener: UpstreamListener): Upstream;
  log(line: string): void;
}

export type SessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'halted' }
  | { readonly kind: 'closed'; readonly failure: string | undefined };

interface PendingRequest {
  readonly request: JsonRpcRequest;
  readonly exchange: Exchange;
  readonly startedAt: number;
  readonly cancel: Cancellation;
  /** The policy decides about it, so its answer has to wait for the judgement. */
  isJudged: boolean;
  judgement: Judgement | undefined;
}

type Judge = (hold: Hold) => Judgement | Promise<Judgement>;

const mostQueued = 1000;
const mostPending = 1000;

/**
 * One session of one client with one server, and the server connection that belongs to it alone.
 * What it does not judge it passes on as it is, in both directions, with the ids the two sides chose.
 */
export class Session {
  private readonly upstream: Upstream;
  private readonly pending = new Map<RequestId, PendingRequest>();
  /** Requests of the server that the client has yet to answer. */
  private readonly serverAsks = new Set<RequestId>();
  /** Requests of the server that wait for the person. */
  private readonly heldAsks = new Map<RequestId, Cancellation>();
  private stream: Exchange | undefined;
  /** Messages of the server for which there is no response to put them on yet. */
  private readonly queued: string[] = [];
  private client = 'unknown client';
  private startTimer: NodeJS.Timeout | undefined;
  private state: SessionState = { kind: 'starting' };
  private readonly stateChanged = new Emitter<SessionState>();
  private strayLines = 0;
  private calls = 0;

  readonly onDidChangeState = this.stateChanged.event;
  lastUsed = performance.now();

  constructor(private readonly context: SessionContext) {
    this.upstream = context.connect({
      onLaunch: () => this.awaitStart(),
      onMessage: (message, raw) => this.fromServer(message, raw),
      onLog: (line) => {
        if (line.startsWith('not a message')) this.strayLines++;
        context.log(line);
      },
      onClose: (reason) => this.fail(reason),
    });
  }

  get id(): string {
    return this.context.id;
  }

  get isBusy(): boolean {
    return this.pending.size > 0 || this.stream?.isOpen === true;
  }

  /** A message of the client. `exchange` is there for requests and takes their answer. */
  fromClient(message: JsonRpcMessage, exchange: Exchange | undefined): void {
    this.lastUsed = performance.now();
    if (isRequest(message)) {
      if (exchange) this.request(message, exchange);
    } else if (isNotification(message)) this.clientNotification(message);
    else if (this.serverAsks.delete(message.id)) this.pass(message);
  }

  /** Opens the stream for what the server says unasked. False if there is one already. */
  openStream(exchange: Exchange): boolean {
    if (this.stream?.isOpen) return false;
    this.lastUsed = performance.now();
    this.stream = exchange;
    exchange.startStream();
    for (const json of this.queued.splice(0)) exchange.event(json);
    return true;
  }

  keepAlive(silentMs: number): void {
    this.stream?.keepAlive(silentMs);
    for (const { exchange } of this.pending.values()) exchange.keepAlive(silentMs);
  }

  /** Tells the client to list the tools again, after a policy edit that may hide or show some. */
  announceToolChange(): void {
    if (this.state.kind !== 'running') return;
    this.toClient({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  /** Ends the session by the wish of the client or the person. Resolves when the server is gone. */
  async close(): Promise<void> {
    this.settle({ kind: 'closed', failure: undefined }, 'The session was ended.');
    await this.upstream.close();
  }

  /**
   * Ends the server and answers everything that is open. The client keeps its session, so that each
   * of its requests is told why nothing happens. Resolves when the server is gone.
   */
  async halt(): Promise<void> {
    if (this.state.kind === 'closed') return;
    clearTimeout(this.startTimer);
    this.changeState({ kind: 'halted' });
    for (const pending of [...this.pending.values()]) {
      pending.cancel.abort();
      const { request, isJudged, judgement } = pending;
      // What is still judged is answered when its judgement comes: as halted.
      if (isJudged && !judgement) continue;
      if (judgement?.forward) pending.judgement = { ...judgement, code: 'halted' };
      this.answer(pending, haltedResponse(request, judgement?.decisionId, true), 'lost');
    }
    for (const held of this.heldAsks.values()) held.abort();
    this.serverAsks.clear();
    await this.upstream.close();
  }

  private awaitStart(): void {
    if (this.state.kind !== 'starting') return;
    this.startTimer = setTimeout(() => {
      const seconds = Math.round(this.context.startTimeoutMs / 1000);
      const stray =
        this.strayLines > 0
          ? ` It printed ${this.strayLines} lines that are not MCP messages.`
          : '';
      this.fail(`It did not answer within ${seconds} s of its start.${stray}`);
    }, this.context.startTimeoutMs);
  }

  private request(request: JsonRpcRequest, exchange: Exchange): void {
    const refuse = (code: number, message: string): void =>
      exchange.answer(JSON.stringify(errorResponse(request.id, code, message)));
    if (this.state.kind === 'closed') {
      return refuse(errorCodes.upstreamFailed, 'The session has ended.');
    }
    if (!clientRequests.has(request.method)) {
      return refuse(errorCodes.methodNotFound, 'Toolgate does not pass this method on.');
    }
    if (this.pending.has(request.id)) {
      return refuse(errorCodes.invalidRequest, 'A request with this id is still open.');
    }
    if (this.pending.size >= mostPending) {
      return refuse(errorCodes.internalError, 'Too many requests are open at once.');
    }
    const pending: PendingRequest = {
      request,
      exchange,
      startedAt: performance.now(),
      cancel: new Cancellation(),
      isJudged: false,
      judgement: undefined,
    };
    if (this.state.kind === 'halted' && request.method !== 'tools/call') {
      return exchange.answer(JSON.stringify(haltedResponse(request)));
    }
    const { enforcer } = this.context;
    const judged = (judge: Judge): void => {
      pending.isJudged = true;
      this.pending.set(request.id, pending);
      exchange.onDisconnect(() => pending.cancel.abort());
      this.judge(pending, judge).catch((error: unknown) => {
        this.context.log(`A call could not be judged. ${String(error)}`);
        const message = 'Toolgate: the call could not be judged, so it was not made.';
        const answer = errorResponse(request.id, errorCodes.internalError, message);
        this.answer(pending, answer, 'not_forwarded');
      });
    };
    const caller = this.caller();
    const kind = exchangeOf(request);
    if (request.method === 'tools/call') {
      const call = readToolCall(request.params);
      if (typeof call === 'string') return refuse(errorCodes.invalidParams, call);
      this.calls++;
      return judged((hold) => enforcer.judge(call, caller, hold));
    }
    if (kind && enforcer.accessTo(kind, caller).access !== 'allow') {
      const call = { tool: request.method, arguments: request.params ?? {} };
      return judged((hold) => enforcer.judgeExchange(kind, call, caller, hold));
    }
    if (request.method === 'initialize') this.client = clientName(request);
    this.pending.set(request.id, pending);
    this.forward(pending);
  }

  private async judge(pending: PendingRequest, judge: Judge): Promise<void> {
    const { request, exchange, cancel } = pending;
    let progress: NodeJS.Timeout | undefined;
    const judged = await judge({
      cancel,
      holdMs: this.context.holdMs(this.client, progressTokenOf(request) !== undefined),
      onHold: () => {
        progress ??= reportWaiting(request, exchange);
      },
    });
    const judgement = this.context.enforcer.unlessHalted(judged);
    clearInterval(progress);
    pending.judgement = judgement;
    // The session ended meanwhile, and the client has its answer.
    if (this.pending.get(request.id) !== pending) return this.record(pending, 'not_forwarded');
    if (!judgement.forward) {
      this.pending.delete(request.id);
      this.record(pending, 'not_forwarded');
      if (judgement.refusal.code === 'approval_cancelled') return exchange.finish();
      exchange.answer(
        JSON.stringify(refusalResponse(request, judgement.refusal, judgement.decisionId)),
      );
      return;
    }
    if (judgement.code !== 'allowed' && !this.begin(pending, judgement)) return;
    this.forward(pending);
  }

  /** Notes a call that a person has approved. What cannot be noted is not made. */
  private begin(pending: PendingRequest, judgement: Judgement): boolean {
    const { recorder } = this.context;
    recorder.begin(judgement, this.caller());
    if (recorder.failure === undefined) return true;
    const { decisionId, time, call, observed } = judgement;
    const refusal: Refusal = { code: 'no_record', layer: 'gateway', rule: '' };
    pending.judgement = { decisionId, time, call, observed, forward: false, refusal };
    const answer = refusalResponse(pending.request, refusal, decisionId);
    this.answer(pending, answer, 'not_forwarded');
    return false;
  }

  private forward(pending: PendingRequest): void {
    const { request } = pending;
    this.upstream.send(asJudged(request, pending.judgement), (reason) => {
      if (this.pending.get(request.id) !== pending) return;
      // A session that could not be initialised is of no use.
      if (request.method === 'initialize') return this.fail(reason);
      this.answer(pending, this.failureResponse(request.id, reason), 'lost');
    });
  }

  private clientNotification(message: JsonRpcNotification): void {
    if (!clientNotifications.has(message.method)) return;
    if (message.method !== 'notifications/cancelled') return this.pass(message);
    const id = message.params?.requestId as RequestId;
    const pending = this.pending.get(id);
    if (!pending) return;
    pending.cancel.abort();
    // A call that is still judged never reached the server, which need not hear of it.
    if (pending.isJudged && !pending.judgement) return;
    this.pending.delete(id);
    this.record(pending, 'cancelled');
    this.pass(message);
    pending.exchange.finish();
  }

  private pass(message: JsonRpcMessage): void {
    if (this.state.kind === 'halted') return;
    this.upstream.send(message, (reason) => this.context.log(reason));
  }

  private fromServer(message: JsonRpcMessage, raw: string | undefined): void {
    if (this.state.kind === 'closed' || this.state.kind === 'halted') return;
    try {
      this.relay(message, raw);
    } catch {
      this.unrelayable(message);
    }
  }

  /** What cannot be read or written, as a value nested beyond the stack, is not waited for. */
  private unrelayable(message: JsonRpcMessage): void {
    this.context.log('It sent a message that cannot be passed on.');
    if (!('id' in message)) return;
    if ('method' in message) {
      this.serverAsks.delete(message.id);
      const error = 'Toolgate cannot pass this message on.';
      return this.pass(errorResponse(message.id, errorCodes.internalError, error));
    }
    const pending = this.pending.get(message.id);
    const reason = 'Its answer cannot be passed on.';
    if (pending) this.answer(pending, this.failureResponse(message.id, reason), 'error');
  }

  private relay(message: JsonRpcMessage, raw: string | undefined): void {
    if (isRequest(message)) {
      if (!serverRequests.has(message.method)) {
        const error = 'Toolgate does not pass this method on.';
        return this.pass(errorResponse(message.id, errorCodes.methodNotFound, error));
      }
      if (this.serverAsks.size >= mostPending) {
        const error = 'Too many requests are open at once.';
        return this.pass(errorResponse(message.id, errorCodes.internalError, error));
      }
      this.serverRequest(message);
    } else if (isNotification(message)) {
      if (message.method === 'notifications/cancelled') {
        this.heldAsks.get(message.params?.requestId as RequestId)?.abort();
      }
      if (serverNotifications.has(message.method)) this.toClient(message);
    } else this.response(message, raw);
  }

  /** A request of the server, which the policy may refuse or have the person decide about. */
  private serverRequest(request: JsonRpcRequest): void {
    const pass = (): void => {
      this.serverAsks.add(request.id);
      this.toClient(request);
    };
    const { enforcer } = this.context;
    const caller = this.caller();
    const kind = exchangeOf(request);
    if (!kind || enforcer.accessTo(kind, caller).access === 'allow') return pass();

    const call = { tool: request.method, arguments: request.params ?? {} };
    const startedAt = performance.now();
    const cancel = new Cancellation();
    this.heldAsks.set(request.id, cancel);
    const hold = { cancel, holdMs: Number.POSITIVE_INFINITY, onHold() {} };
    const judging = enforcer.judgeExchange(kind, call, caller, hold);
    void judging.then((judgement) => {
      this.heldAsks.delete(request.id);
      const durationMs = performance.now() - startedAt;
      const outcome = judgement.forward ? 'ok' : 'not_forwarded';
      this.context.recorder.record({ judgement, caller, durationMs, outcome });
      if (this.state.kind === 'closed') return;
      if (judgement.forward) return pass();
      if (judgement.refusal.code !== 'approval_cancelled') {
        this.pass(refusalResponse(request, judgement.refusal, judgement.decisionId));
      }
    });
  }

  private response(message: JsonRpcResponse, raw: string | undefined): void {
    const pending = this.pending.get(message.id);
    // A call that is still judged has not been asked: an answer to it cannot be honest.
    if (!pending || (pending.isJudged && !pending.judgement)) {
      this.context.log('It answered a request that is not open.');
      return;
    }
    const { method, params } = pending.request;
    if (method === 'tools/list') {
      return this.answer(pending, this.filterTools(message, !isCursor(params?.cursor)), 'ok');
    }
    if (method === 'initialize') this.initialized(message);
    const outcome = outcomeOf(message);
    const honest = withEditNotice(withoutForgery(message), pending.judgement);
    // The text as it came keeps numbers that JavaScript would round; see `Exchange.event` on `\r`.
    const isUnchanged = honest === message && raw !== undefined && !raw.includes('\r');
    if (isUnchanged) this.answerText(pending, raw, outcome);
    else this.answer(pending, honest, outcome);
  }

  private initialized(message: JsonRpcResponse): void {
    clearTimeout(this.startTimer);
    if (!isObject(message.result)) {
      // An honest refusal to initialise: the client hears it, the session is of no use.
      queueMicrotask(() => this.fail('It refused to initialise.'));
      return;
    }
    const version = message.result.protocolVersion;
    if (typeof version === 'string') this.upstream.setProtocolVersion(version);
    this.changeState({ kind: 'running' });
  }

  private filterTools(message: JsonRpcResponse, isFirst: boolean): JsonRpcMessage {
    if (!isObject(message.result) || !Array.isArray(message.result.tools)) return message;
    const { tools, nextCursor } = message.result;
    this.context.catalogue.learn(tools, isFirst, !isCursor(nextCursor));
    return { ...message, result: { ...message.result, tools: shownTools(tools, this.context) } };
  }

  private toClient(message: JsonRpcRequest | JsonRpcNotification): void {
    const json = JSON.stringify(message);
    const exchange = this.exchangeFor(message);
    if (exchange) exchange.event(json);
    else if (this.queued.length < mostQueued) this.queued.push(json);
    else this.context.log('The client does not listen; a message was dropped.');
  }

  /**
   * Which response a message of the server goes on. Progress names its request. Otherwise, when
   * one request is open, it is that one's, which keeps the order the server chose.
   */
  private exchangeFor(message: JsonRpcRequest | JsonRpcNotification): Exchange | undefined {
    const open = [...this.pending.values()].filter(({ exchange }) => exchange.isOpen);
    if (message.method === 'notifications/progress') {
      const token = message.params?.progressToken;
      const own = open.find(({ request }) => {
        const wanted = progressTokenOf(request);
        return wanted !== undefined && wanted === token;
      });
      if (own) return own.exchange;
    }
    const stream = this.stream?.isOpen ? this.stream : undefined;
    const newest = open[open.length - 1]?.exchange;
    return open.length === 1 ? newest : (stream ?? newest);
  }

  private answer(pending: PendingRequest, message: JsonRpcMessage, outcome: CallOutcome): void {
    this.answerText(pending, JSON.stringify(message), outcome);
  }

  private answerText(pending: PendingRequest, json: string, outcome: CallOutcome): void {
    this.pending.delete(pending.request.id);
    pending.exchange.answer(json);
    this.record(pending, outcome);
  }

  private record(pending: PendingRequest, outcome: CallOutcome): void {
    if (!pending.judgement) return;
    this.context.recorder.record({
      judgement: pending.judgement,
      caller: this.caller(),
      durationMs: performance.now() - pending.startedAt,
      outcome,
    });
  }

  private caller(): Caller {
    const { serverId, serverVersion, server, id, policies, catalogue, counted, paths } =
      this.context;
    return {
      serverId,
      serverVersion,
      server,
      session: id,
      client: this.client,
      sessionCalls: this.calls,
      counted,
      policies,
      catalogue,
      paths,
    };
  }

  private fail(reason: string): void {
    if (this.state.kind === 'closed') return;
    this.context.log(reason);
    this.settle({ kind: 'closed', failure: reason }, reason);
    void this.upstream.close();
  }

  /** Answers everything that is open; nothing comes after it. */
  private settle(state: SessionState, reason: string): void {
    if (this.state.kind === 'closed') return;
    clearTimeout(this.startTimer);
    this.state = state;
    for (const pending of [...this.pending.values()]) {
      pending.cancel.abort();
      this.answer(pending, this.failureResponse(pending.request.id, reason), 'lost');
    }
    for (const held of this.heldAsks.values()) held.abort();
    this.stream?.finish();
    this.context.approvals.endSession(this.id);
    this.stateChanged.fire(state);
    this.stateChanged.dispose();
  }

  private changeState(state: SessionState): void {
    this.state = state;
    this.stateChanged.fire(state);
  }

  private failureResponse(id: RequestId, reason: string): JsonRpcResponse {
    const message = `Toolgate: the server "${visibleLine(this.context.server)}" failed. ${reason}`;
    return errorResponse(id, errorCodes.upstreamFailed, message);
  }
}
