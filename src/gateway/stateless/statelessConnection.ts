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
} from '../jsonRpc';
import { progressTokenOf } from '../messageFacts';
import { statelessServerNotifications } from '../methods';
import type { Upstream, UpstreamListener } from '../upstream';
import { isStatelessError, metaKeys, metaOf, ownMeta } from './revision';

/** What a server turned out to speak. */
export type Era =
  | { readonly kind: 'stateless' }
  /** It waits for `initialize`. */
  | { readonly kind: 'handshake' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Takes what comes for one request, under the ids that its client chose. */
export interface Waiter {
  readonly request: JsonRpcRequest;
  answered(response: JsonRpcResponse, raw: string | undefined): void;
  told(notification: JsonRpcNotification): void;
  /** Nobody knows what came of it. */
  lost(reason: string): void;
  /** The server has ended it without an answer, as it may end a subscription. */
  ended(): void;
}

export interface ConnectionOptions {
  readonly startTimeoutMs: number;
  readonly version: string;
  connect(listener: UpstreamListener): Upstream;
  log(line: string): void;
  /** The connection is of no use any more. */
  onEnd(reason: string): void;
}

const discoverId = 'toolgate:discover';
const pingId = 'toolgate:ping';
// Servers of sessions answer an unknown method with an error, or not at all. One that answers a
// ping and not this is of the second kind.
const silentMs = 2000;
const graceMs = 1000;
// How servers of sessions refuse a request without one. Others, as for a missing sign-in or too
// many requests, say nothing of what a server speaks.
const statusesOfSessions: ReadonlySet<number> = new Set([400, 404, 405, 406, 415]);

/**
 * One connection to one server that several requests share, of clients that know nothing of each
 * other. So their ids and progress tokens are exchanged for the gateway's own on the way there, and
 * back on the way back.
 */
export class StatelessConnection {
  readonly era: Promise<Era>;
  private readonly upstream: Upstream;
  private readonly waiting = new Map<RequestId, Waiter>();
  private settleEra: (era: Era) => void = () => {};
  private readonly timers = new Set<NodeJS.Timeout>();
  private nextId = 1;
  private ended = false;
  private isKnown = false;

  constructor(private readonly options: ConnectionOptions) {
    this.era = new Promise((resolve) => {
      this.settleEra = resolve;
    });
    void this.era.then(() => {
      this.isKnown = true;
      this.clearTimers();
    });
    this.upstream = options.connect({
      onLaunch: () => this.awaitStart(),
      onWait: () => this.clearTimers(),
      onMessage: (message, raw, requestId) => this.receive(message, raw, requestId),
      onLog: options.log,
      onClose: (reason) => this.end(reason),
    });
    this.ask(discoverId, 'server/discover');
  }

  get isBusy(): boolean {
    return this.waiting.size > 0;
  }

  /** Sends a request of a client; what comes for it goes to the waiter. Returns how to cancel it. */
  send(waiter: Waiter): () => void {
    const id = this.nextId++;
    if (this.ended) {
      queueMicrotask(() => waiter.lost('It has ended.'));
      return () => {};
    }
    this.waiting.set(id, waiter);
    this.upstream.send(numbered(waiter.request, id), (reason) => {
      if (this.waiting.delete(id)) waiter.lost(reason);
    });
    return () => {
      if (!this.waiting.delete(id)) return;
      const params = { requestId: id };
      this.tell({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    };
  }

  async close(): Promise<void> {
    this.end('The session was ended.');
    await this.upstream.close();
  }

  private awaitStart(): void {
    if (this.isKnown) return;
    const { startTimeoutMs } = this.options;
    this.after(startTimeoutMs, () => {
      this.end(`It did not answer within ${Math.round(startTimeoutMs / 1000)} s of its start.`);
    });
    this.after(silentMs, () => this.ask(pingId, 'ping'));
  }

  private ask(id: string, method: string): void {
    const params = { _meta: ownMeta(this.options.version) };
    this.upstream.send({ jsonrpc: '2.0', id, method, params }, (reason, status = 0) => {
      if (statusesOfSessions.has(status)) this.settleEra({ kind: 'handshake' });
      else this.end(reason);
    });
  }

  private receive(
    message: JsonRpcMessage,
    raw: string | undefined,
    requestId: RequestId | undefined,
  ): void {
    if (this.ended) return;
    try {
      if (isRequest(message)) this.refuse(message);
      else if (isNotification(message)) this.notification(message, requestId);
      else this.response(message, raw);
    } catch {
      // As a value nested beyond the stack.
      this.options.log('It sent a message that cannot be passed on.');
      if (isRequest(message) || isNotification(message)) return;
      const waiter = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      waiter?.lost('Its answer cannot be passed on.');
    }
  }

  private response(message: JsonRpcResponse, raw: string | undefined): void {
    if (message.id === discoverId) return this.discovered(message);
    if (message.id === pingId) {
      return this.after(graceMs, () => this.settleEra({ kind: 'handshake' }));
    }
    const waiter = this.waiting.get(message.id);
    if (!waiter) return this.options.log('It answered a request that is not open.');
    this.waiting.delete(message.id);
    const restored = withSubscription(message, waiter.request.id);
    waiter.answered(restored, restored === message ? raw : undefined);
  }

  private discovered({ result, error }: JsonRpcResponse): void {
    const isStateless = error
      ? isStatelessError(error.code)
      : isObject(result) && Array.isArray(result.supportedVersions);
    this.settleEra({ kind: isStateless ? 'stateless' : 'handshake' });
  }

  private notification(message: JsonRpcNotification, requestId: RequestId | undefined): void {
    if (message.method === 'notifications/cancelled') {
      const id = message.params?.requestId as RequestId;
      const waiter = this.waiting.get(id);
      if (waiter?.request.method !== 'subscriptions/listen') return;
      this.waiting.delete(id);
      return waiter.ended();
    }
    if (!statelessServerNotifications.has(message.method)) return;
    const restored = this.restored(message, requestId);
    if (restored) restored.waiter.told(restored.notification);
    else this.options.log(`It sent ${message.method} that belongs to no request.`);
  }

  /** Whose a notification is, with the ids put back. What could be two requests' is nobody's. */
  private restored(
    message: JsonRpcNotification,
    requestId: RequestId | undefined,
  ): { waiter: Waiter; notification: JsonRpcNotification } | undefined {
    const { params } = message;
    const subscription = metaOf(message)[metaKeys.subscriptionId];
    const isProgress = message.method === 'notifications/progress';
    const named = isProgress ? params?.progressToken : subscription;
    const id = (named as RequestId | undefined) ?? requestId ?? this.onlyLogReader();
    // A response carries what belongs to its own request only.
    if (id === undefined || (requestId !== undefined && id !== requestId)) return undefined;
    const waiter = this.waiting.get(id);
    if (!waiter) return undefined;
    const { request } = waiter;
    if (isProgress) {
      const progressToken = progressTokenOf(request);
      if (progressToken === undefined || named === undefined) return undefined;
      return { waiter, notification: { ...message, params: { ...params, progressToken } } };
    }
    if (message.method === 'notifications/message') {
      return readsLog(waiter) ? { waiter, notification: message } : undefined;
    }
    if (request.method !== 'subscriptions/listen' || subscription === undefined) return undefined;
    const _meta = { ...metaOf(message), [metaKeys.subscriptionId]: request.id };
    return { waiter, notification: { ...message, params: { ...params, _meta } } };
  }

  private onlyLogReader(): RequestId | undefined {
    const readers = [...this.waiting].filter(([, waiter]) => readsLog(waiter));
    return readers.length === 1 ? readers[0]![0] : undefined;
  }

  private refuse(request: JsonRpcRequest): void {
    const error = 'Servers ask nothing in this revision but in their results.';
    this.tell(errorResponse(request.id, errorCodes.methodNotFound, error));
  }

  private tell(message: JsonRpcMessage): void {
    this.upstream.send(message, (reason) => this.options.log(reason));
  }

  private end(reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.settleEra({ kind: 'failed', reason });
    this.clearTimers();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const waiter of waiting) waiter.lost(reason);
    this.options.onEnd(reason);
    void this.upstream.close();
  }

  private after(ms: number, action: () => void): void {
    if (!this.ended) this.timers.add(setTimeout(action, ms));
  }

  private clearTimers(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

function readsLog({ request }: Waiter): boolean {
  return metaOf(request)[metaKeys.logLevel] !== undefined;
}

/** The end of a subscription names it. */
function withSubscription(message: JsonRpcResponse, id: RequestId): JsonRpcResponse {
  const { result } = message;
  if (!isObject(result) || !isObject(result._meta)) return message;
  if (!(metaKeys.subscriptionId in result._meta)) return message;
  const _meta = { ...result._meta, [metaKeys.subscriptionId]: id };
  return { ...message, result: { ...result, _meta } };
}

/** The request under another id, which is its progress token too if it has one. */
function numbered(request: JsonRpcRequest, id: number): JsonRpcRequest {
  if (progressTokenOf(request) === undefined) return { ...request, id };
  const _meta = { ...metaOf(request), progressToken: id };
  return { ...request, id, params: { ...request.params, _meta } };
}
