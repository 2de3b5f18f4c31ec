import type { ServerResponse } from 'node:http';
import { Emitter } from '../common/event';
import { visibleLine } from '../common/visibleText';
import type { PathFacts } from '../policy/operators/under';
import type { Approvals } from './approvals';
import { Cancellation } from './cancellation';
import { ClientStreams } from './clientStreams';
import { asJudged, withEditNotice } from './editNotice';
import {
  type Caller,
  type CallOutcome,
  type Enforcer,
  type Hold,
  type Judgement,
  type Recorder,
  readToolCall,
  type ToolCall,
} from './enforcer';
import { EventLog } from './eventLog';
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
import { LongText, type RawText } from './longMessage';
import { clientName, outcomeOf, progressTokenOf } from './messageFacts';
import { clientNotifications, clientRequests, exchangeOf, serverNotifications } from './methods';
import { OwnRequests } from './ownRequests';
import { ConnectionPins } from './pins/connectionPins';
import type { ServerPins } from './pins/serverPins';
import type { PolicySource } from './policySource';
import { type Closure, closedResponse, type Refusal, refusalResponse } from './refusal';
import { treatedResponse, treatedTold, treatmentFor, treatmentOfServer } from './resultFilter';
import { ServerRequests } from './serverRequests';
import { shownTools } from './shownTools';
import { isCursor, type ToolCatalogue } from './toolCatalogue';
import { tooLarge, type Upstream, type UpstreamListener, usualBounds } from './upstream';
import { reportWaiting } from './waitingProgress';

/** What a session needs from the house around it. */
export interface SessionContext {
  readonly id: string;
  readonly serverId: string;
  readonly serverVersion: string;
  readonly server: string;
  readonly policies: PolicySource;
  readonly catalogue: ToolCatalogue;
  /** What the person has approved of the server; without it nothing has to be approved. */
  readonly pins: ServerPins | undefined;
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
  | { readonly kind: 'halted'; readonly closure: Closure }
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

// Versions are dates. Clients of older ones cannot read the event that opens a resumable stream.
const firstResumable = '2025-11-25';
/** Requests whose answers the gateway passes on and learns nothing from. */
const unread: ReadonlySet<string> = new Set([
  'tools/call',
  'tasks/result',
  'resources/read',
  'prompts/get',
]);
const mostPending = 1000;

/**
 * One session of one client with one server, and the server connection that belongs to it alone.
 * What it does not judge it passes on as it is, in both directions, with the ids the two sides chose.
 */
export class Session {
  private readonly upstream: Upstream;
  private readonly own: OwnRequests;
  private readonly pins: ConnectionPins | undefined;
  private readonly pending = new Map<RequestId, PendingRequest>();
  private readonly asks: ServerRequests;
  private readonly streams = new ClientStreams();
  private client = 'unknown client';
  private startTimer: NodeJS.Timeout | undefined;
  private state: SessionState = { kind: 'starting' };
  private readonly stateChanged = new Emitter<SessionState>();
  private strayLines = 0;
  private calls = 0;

  private log: EventLog | undefined;
  readonly onDidChangeState = this.stateChanged.event;
  lastUsed = performance.now();

  constructor(private readonly context: SessionContext) {
    this.upstream = context.connect({
      onLaunch: () => this.awaitStart(),
      onWait: () => clearTimeout(this.startTimer),
      onMessage: (message, raw) => this.fromServer(message, raw),
      onLongAnswer: (outline, text) => this.fromServer(outline, text),
      onLog: (line) => {
        if (line.startsWith('not a message')) this.strayLines++;
        context.log(line);
      },
      onPause: (id, retryMs) => this.pending.get(id)?.exchange.pause(retryMs),
      onClose: (reason) => this.fail(reason),
    });
    const { pins, catalogue, startTimeoutMs } = context;
    this.own = new OwnRequests((...args) => this.upstream.send(...args), startTimeoutMs);
    this.asks = new ServerRequests({
      enforcer: context.enforcer,
      recorder: context.recorder,
      caller: () => this.caller(),
      isClosed: () => this.state.kind === 'closed',
      toClient: (request) => this.toClient(request),
      toServer: (message) => this.pass(message),
    });
    this.pins =
      pins &&
      new ConnectionPins(
        pins,
        (method, params) => this.own.ask(method, params),
        (...page) => catalogue.learn(...page),
      );
  }

  get id(): string {
    return this.context.id;
  }

  /** What can be resumed, if client and server agreed on a version that knows how. */
  get events(): EventLog | undefined {
    return this.log;
  }

  get isBusy(): boolean {
    return this.pending.size > 0 || this.streams.isConnected;
  }

  /** A message of the client. `exchange` is there for requests and takes their answer. */
  fromClient(message: JsonRpcMessage, exchange: Exchange | undefined): void {
    this.lastUsed = performance.now();
    if (isRequest(message)) {
      if (exchange) this.request(message, exchange);
    } else if (isNotification(message)) this.clientNotification(message);
    else if (this.asks.takeAnswer(message.id)) this.pass(message);
  }

  /** Opens the stream for what the server says unasked. False if there is one already. */
  openStream(exchange: Exchange): boolean {
    if (!this.streams.open(exchange)) return false;
    this.lastUsed = performance.now();
    return true;
  }

  /** Goes on with a stream whose connection was lost. False if the event is not known. */
  resumeStream(lastEventId: string, response: ServerResponse): boolean {
    const found = this.log?.find(lastEventId);
    if (!found) return false;
    this.lastUsed = performance.now();
    found.exchange.resume(response, found.position);
    this.streams.resumed(found.exchange);
    return true;
  }

  keepAlive(silentMs: number): void {
    this.log?.forget();
    this.streams.keepAlive(silentMs);
    for (const { exchange } of this.pending.values()) exchange.keepAlive(silentMs);
  }

  /** Tells the client to list the tools again, after a policy edit that may hide or show some. */
  announceToolChange(): void {
    this.announceChange('tools');
  }

  /** Likewise, after a review. */
  announcePromptChange(): void {
    this.announceChange('prompts');
  }

  private announceChange(what: 'tools' | 'prompts'): void {
    if (this.state.kind !== 'running') return;
    this.toClient({ jsonrpc: '2.0', method: `notifications/${what}/list_changed` });
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
  async halt(closure: Closure = 'halted'): Promise<void> {
    if (this.state.kind === 'closed') return;
    clearTimeout(this.startTimer);
    this.changeState({ kind: 'halted', closure });
    this.own.end('It was stopped.');
    for (const pending of [...this.pending.values()]) {
      pending.cancel.abort();
      const { request, isJudged, judgement } = pending;
      // What is still judged is answered when its judgement comes: as halted.
      if (isJudged && !judgement) continue;
      if (judgement?.forward) pending.judgement = { ...judgement, code: 'halted' };
      const response = closedResponse(request, closure, judgement?.decisionId, true);
      this.answer(pending, response, 'lost');
    }
    this.asks.end();
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
      return exchange.answer(JSON.stringify(closedResponse(request, this.state.closure)));
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
      return judged((hold) =>
        this.ifReviewed(request, call, () => enforcer.judge(call, caller, hold)),
      );
    }
    const isPinned = this.pins !== undefined && request.method === 'prompts/get';
    if (kind && (isPinned || enforcer.accessTo(kind, caller).access !== 'allow')) {
      const call = { tool: request.method, arguments: request.params ?? {} };
      return judged((hold) =>
        this.ifReviewed(request, call, () => enforcer.judgeExchange(kind, call, caller, hold)),
      );
    }
    if (request.method === 'initialize') this.client = clientName(request);
    this.pending.set(request.id, pending);
    this.forward(pending);
  }

  private async judge(pending: PendingRequest, judge: Judge): Promise<void> {
    const { request, exchange, cancel } = pending;
    let progress: NodeJS.Timeout | undefined;
    let judged: Judgement;
    try {
      judged = await judge({
        cancel,
        holdMs: this.context.holdMs(this.client, progressTokenOf(request) !== undefined),
        onHold: () => {
          progress ??= reportWaiting(request, exchange);
        },
      });
    } finally {
      clearInterval(progress);
    }
    const reviewed = await this.unlessChanged(request, judged);
    const judgement = this.context.enforcer.unlessHalted(reviewed);
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

  /** Judges only what the person has approved the definition of. */
  private ifReviewed(
    request: JsonRpcRequest,
    call: ToolCall,
    judge: () => Judgement | Promise<Judgement>,
  ): Judgement | Promise<Judgement> {
    const go = (refusal: Refusal | undefined): Judgement | Promise<Judgement> =>
      refusal ? this.context.enforcer.refuse(call, refusal) : judge();
    const refusal = this.pins?.refusalOf(request);
    return refusal instanceof Promise ? refusal.then(go) : go(refusal);
  }

  /** The definition may have changed while the call was judged. */
  private unlessChanged(
    request: JsonRpcRequest,
    judgement: Judgement,
  ): Judgement | Promise<Judgement> {
    if (!judgement.forward) return judgement;
    return this.ifReviewed(request, judgement.call, () => judgement);
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
    const { request, judgement } = pending;
    this.context.enforcer.forwards(judgement, this.caller());
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

  private fromServer(message: JsonRpcMessage, raw: RawText | undefined): void {
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
      const error = 'Toolgate cannot pass this message on.';
      return this.asks.refuse(message.id, errorCodes.internalError, error);
    }
    const pending = this.pending.get(message.id);
    const reason = 'Its answer cannot be passed on.';
    if (pending) this.answer(pending, this.failureResponse(message.id, reason), 'error');
  }

  private relay(message: JsonRpcMessage, raw: RawText | undefined): void {
    if (isRequest(message)) {
      this.asks.receive(message);
    } else if (isNotification(message)) {
      if (message.method === 'notifications/cancelled') {
        this.asks.cancel(message.params?.requestId as RequestId);
      }
      this.pins?.told(message.method);
      if (serverNotifications.has(message.method)) this.toClient(message);
    } else this.response(message, raw);
  }

  private response(message: JsonRpcResponse, raw: RawText | undefined): void {
    const pending = this.pending.get(message.id);
    // Whatever is learnt, pinned or left out is judged by all of it, not by an outline.
    if (raw instanceof LongText && !unread.has(pending?.request.method ?? '')) {
      return this.readWhole(message, raw);
    }
    if (this.own.take(message)) return;
    // A call that is still judged has not been asked: an answer to it cannot be honest.
    if (!pending || (pending.isJudged && !pending.judgement)) {
      this.context.log('It answered a request that is not open.');
      return;
    }
    const shown = this.pins?.shown(pending.request, message) ?? message;
    if (shown instanceof Promise) {
      const later = shown.then((answer) => {
        if (this.pending.get(message.id) === pending) this.respond(pending, answer, undefined);
      });
      later.catch(() => this.unrelayable(message));
    } else this.respond(pending, shown, shown === message ? raw : undefined);
  }

  private respond(
    pending: PendingRequest,
    message: JsonRpcResponse,
    raw: RawText | undefined,
  ): void {
    const { request, judgement } = pending;
    const { method, params } = request;
    const treatment = treatmentFor(request, judgement, () => this.caller());
    const treated = treatedResponse(withoutForgery(message), treatment, judgement);
    const honest = withEditNotice(treated, judgement);
    if (raw instanceof LongText && (honest !== message || treatment)) {
      return this.readWhole(message, raw);
    }
    if (method === 'tools/list') {
      void this.answerListing(pending, message, !isCursor(params?.cursor));
      return;
    }
    if (method === 'initialize') this.initialized(message);
    const outcome = outcomeOf(message);
    // The text as it came keeps numbers that JavaScript would round; see `Exchange.event` on `\r`.
    const isExact = raw instanceof LongText || raw?.includes('\r') === false;
    if (honest === message && isExact) this.answerText(pending, raw, outcome);
    else this.answer(pending, honest, outcome);
  }

  /** An answer of which so far there is only the outline. */
  private readWhole({ id }: JsonRpcResponse, text: LongText): void {
    if (text.length <= usualBounds.mostReadWhole) {
      return this.response(JSON.parse(String(text)) as JsonRpcResponse, undefined);
    }
    const failure = this.failureResponse(id, tooLarge(usualBounds.mostReadWhole));
    const pending = this.pending.get(id);
    if (pending) this.answer(pending, failure, 'error');
    else this.own.take(failure);
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
    if (typeof version === 'string' && version >= firstResumable) this.log = new EventLog();
    this.changeState({ kind: 'running' });
  }

  /** Whatever goes wrong with a listing, the client hears of it: what it may hide is not shown. */
  private async answerListing(
    pending: PendingRequest,
    message: JsonRpcResponse,
    isFirst: boolean,
  ): Promise<void> {
    const isOpen = (): boolean => this.pending.get(pending.request.id) === pending;
    try {
      const shown = await this.filterTools(message, isFirst);
      if (isOpen()) this.answer(pending, shown, 'ok');
    } catch {
      if (isOpen()) this.unrelayable(message);
    }
  }

  private async filterTools(message: JsonRpcResponse, isFirst: boolean): Promise<JsonRpcMessage> {
    if (!isObject(message.result) || !Array.isArray(message.result.tools)) return message;
    const { tools, nextCursor } = message.result;
    this.context.catalogue.learn(tools, isFirst, !isCursor(nextCursor));
    const shown = await shownTools(tools, this.context);
    return { ...message, result: { ...message.result, tools: shown } };
  }

  private toClient(said: JsonRpcRequest | JsonRpcNotification): void {
    const message = treatedTold(said, treatmentOfServer(this.caller()));
    if (!message) {
      this.context.log('It said more than the policy passes on.');
      if (isRequest(said)) {
        const error = 'Toolgate: this is larger than the policy passes on.';
        this.asks.refuse(said.id, errorCodes.refused, error);
      }
      return;
    }
    if (!this.streams.say(message, this.pending.values())) {
      this.context.log('The client does not listen; a message was dropped.');
    }
  }

  private answer(pending: PendingRequest, message: JsonRpcMessage, outcome: CallOutcome): void {
    this.answerText(pending, JSON.stringify(message), outcome);
  }

  private answerText(pending: PendingRequest, json: RawText, outcome: CallOutcome): void {
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
    this.own.end(reason);
    for (const pending of [...this.pending.values()]) {
      pending.cancel.abort();
      this.answer(pending, this.failureResponse(pending.request.id, reason), 'lost');
    }
    this.asks.end();
    this.streams.finish();
    this.context.approvals.endSession(this.id);
    this.context.enforcer.endSession(this.id);
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
