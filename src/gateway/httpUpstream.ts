import { AsyncLocalStorage } from 'node:async_hooks';
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { visibleLine } from '../common/visibleText';
import type { HttpLaunch } from '../config/launch';
import { bounded } from './boundedBody';
import { HttpAnswers } from './httpAnswers';
import { isRequest, type JsonRpcMessage, messageOf, type RequestId } from './jsonRpc';
import { SignInError } from './oauth/signIn';
import { type MessageBounds, tooLarge, type Upstream, type UpstreamListener } from './upstream';

const longestLogLine = 4096;
// Some servers do not answer the request for their stream before they have something to say.
const longestForStreamMs = 1000;
// One for all: until Node 24 each storage is kept for ever, and every promise and timer of the
// process carries what each of them holds.
const requestBeingSent = new AsyncLocalStorage<{
  readonly by: HttpUpstream;
  readonly id: RequestId;
}>();

/**
 * A server reached over streamable HTTP, or over the older SSE transport where it only speaks that:
 * the SDK's client transports, which are loaded when the first such server is.
 */
export class HttpUpstream implements Upstream {
  private transport: Promise<Transport>;
  /** The latest transport, even while it is still connecting. */
  private opened: Transport | undefined;
  /** Requests whose stream may still end without an answer. */
  private readonly unanswered = new Map<RequestId, (reason: string) => void>();
  private readonly answers = new HttpAnswers();
  /** What is sent after the session has begun waits until the server can speak on its own stream. */
  private begun: Promise<void> = Promise.resolve();
  private onStreamAnswered: (() => void) | undefined;
  private closed = false;
  private closing: Promise<void> | undefined;

  /** `authorized` is the `fetch` that signs in where the server asks for it. */
  constructor(
    private readonly launch: HttpLaunch,
    private readonly listener: UpstreamListener,
    private readonly bounds: MessageBounds,
    private readonly authorized: FetchLike = fetch,
  ) {
    this.transport = launch.type === 'sse' ? this.openSse() : this.openStreamableHttp();
    // Each `send` meets the same failure and tells it to its request.
    this.transport.catch(() => {});
  }

  send(message: JsonRpcMessage, onSendError: (reason: string) => void): void {
    this.deliver(message, onSendError).catch((error: unknown) => {
      if (this.closed) return;
      // 404 with a session: the server has forgotten it, and so must the client.
      if (statusOf(error) === 404 && !isInitialize(message)) {
        this.end('It has ended the session.');
      } else onSendError(failureText(error));
    });
  }

  setProtocolVersion(version: string): void {
    void this.transport.then((transport) => transport.setProtocolVersion?.(version));
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.closed = true;
    const transport = this.opened;
    if (!transport) return;
    if ('terminateSession' in transport) {
      // Polite, and not worth more than a moment: the server may be gone.
      const terminate = transport.terminateSession as () => Promise<void>;
      await Promise.race([terminate.call(transport).catch(() => {}), delay(1000)]);
    }
    await transport.close();
  }

  private async deliver(
    message: JsonRpcMessage,
    onSendError: (reason: string) => void,
  ): Promise<void> {
    const transport = await this.transport;
    const send = (to: Transport): Promise<void> => to.send(message as JSONRPCMessage);
    if ('method' in message && message.method === 'notifications/initialized') {
      const sent = send(transport);
      if ('terminateSession' in transport) this.begun = this.streamAnswered(sent);
      return sent;
    }
    await this.begun;
    if (!isRequest(message)) return send(transport);
    this.unanswered.set(message.id, onSendError);
    try {
      await requestBeingSent.run({ by: this, id: message.id }, () => send(transport));
    } catch (error) {
      this.unanswered.delete(message.id);
      if (!isInitialize(message) || !speaksOnlySse(error) || this.launch.type === 'sse') {
        throw error;
      }
      this.transport = this.openSse();
      this.transport.catch(() => {});
      await send(await this.transport);
    }
  }

  private async openStreamableHttp(): Promise<Transport> {
    const { StreamableHTTPClientTransport } = await import(
      '@modelcontextprotocol/sdk/client/streamableHttp.js'
    );
    const transport = new StreamableHTTPClientTransport(new URL(this.launch.url), {
      requestInit: { headers: { ...this.launch.headers } },
      fetch: (url, init) => this.fetchWatched(url, init),
    });
    return this.attach(transport as Transport, ({ message }) =>
      message.startsWith('Maximum reconnection attempts'),
    );
  }

  private async openSse(): Promise<Transport> {
    const { SSEClientTransport, SseError } = await import(
      '@modelcontextprotocol/sdk/client/sse.js'
    );
    // The SDK's event source keeps the text of an error only.
    let noSignIn: SignInError | undefined;
    const transport = new SSEClientTransport(new URL(this.launch.url), {
      requestInit: { headers: { ...this.launch.headers } },
      fetch: (url, init) =>
        this.fetchBounded(url, init).catch((error: unknown) => {
          if (error instanceof SignInError) noSignIn = error;
          throw error;
        }),
    });
    // A new stream would be a new session, which nobody has initialised.
    return this.attach(transport, (error) => error instanceof SseError).catch((error: unknown) => {
      throw noSignIn ?? error;
    });
  }

  /** `isFatal` tells which errors of an open transport mean that it will not come back. */
  private async attach(
    transport: Transport,
    isFatal: (error: Error) => boolean,
  ): Promise<Transport> {
    if (this.closed) throw new Error('closed before it was connected');
    this.opened = transport;
    let isOpen = false;
    transport.onmessage = (message) => {
      if (this.closed) return;
      const parsed = messageOf(message);
      if (!parsed.ok) return;
      if ('method' in parsed.message) return this.listener.onMessage(parsed.message, undefined);
      const { id } = parsed.message;
      this.unanswered.delete(id);
      const answer = this.answers.take(id);
      this.listener.onMessage(answer?.message ?? parsed.message, answer?.raw);
    };
    transport.onerror = (error) => {
      if (this.closed) return;
      this.listener.onLog(visibleLine(failureText(error)).slice(0, longestLogLine));
      if (isOpen && isFatal(error)) this.end('The connection to it was lost.');
    };
    transport.onclose = () => this.end('It has closed the connection.');
    await transport.start();
    isOpen = true;
    return transport;
  }

  /**
   * The SDK does not say when a response stream ends without its response. A stream without event
   * ids cannot be resumed, and one with ids only where the server knows GET; otherwise its request
   * would wait for ever. The id of the request is known in the SDK's attempts to resume too.
   */
  private async fetchWatched(url: string | URL, init?: RequestInit): Promise<Response> {
    const sent = requestBeingSent.getStore();
    const id = sent?.by === this ? sent.id : undefined;
    const isGet = init?.method === 'GET';
    let response: Response;
    try {
      response = await this.fetchBounded(url, init);
    } finally {
      if (isGet) this.onStreamAnswered?.();
    }
    if (id !== undefined && isGet && response.status === 405) this.loseAnswer(id);
    return this.answers.divert(response, ({ isAnswered, isResumable, retryMs }) => {
      if (id === undefined || isAnswered || this.closed) return;
      if (isResumable) this.listener.onPause?.(id, retryMs);
      else if (!isGet) this.loseAnswer(id);
    });
  }

  /** Until the SDK has its answer to the GET that it begins when `initialized` has arrived. */
  private async streamAnswered(initialized: Promise<void>): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.onStreamAnswered = resolve;
    });
    // Its sender hears of a failure.
    const sent = await initialized.then(() => true).catch(() => false);
    if (sent) await Promise.race([answered, delay(longestForStreamMs)]);
  }

  private async fetchBounded(url: string | URL, init?: RequestInit): Promise<Response> {
    const response = await this.authorized(url, init);
    const { most } = this.bounds;
    return bounded(response, most, () => this.end(tooLarge(most)));
  }

  private loseAnswer(id: RequestId): void {
    const onLost = this.unanswered.get(id);
    this.unanswered.delete(id);
    if (onLost && !this.closed) onLost('It ended its answer before the result.');
  }

  private end(reason: string): void {
    if (this.closed) return;
    void this.close().catch(() => {});
    this.listener.onClose(reason);
  }
}

function isInitialize(message: JsonRpcMessage): boolean {
  return isRequest(message) && message.method === 'initialize';
}

function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'number' ? code : undefined;
}

// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility
function speaksOnlySse(error: unknown): boolean {
  return [400, 404, 405].includes(statusOf(error) ?? 0);
}

/** What went wrong, without what the server wrote: its text must not pass for the gateway's. */
export function failureText(error: unknown): string {
  if (error instanceof SignInError) return error.message;
  const status = statusOf(error);
  if (status === 401)
    return 'It asks for a sign-in (HTTP 401), or refuses what its "headers" hold.';
  if (status !== undefined && status > 0) return `It answered with HTTP status ${status}.`;
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  if (typeof cause === 'string') return `It cannot be reached (${cause}).`;
  return 'It cannot be reached, or does not speak MCP over HTTP.';
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
