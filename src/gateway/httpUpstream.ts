import { AsyncLocalStorage } from 'node:async_hooks';
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { visibleLine } from '../common/visibleText';
import type { HttpLaunch } from '../config/launch';
import { isRequest, type JsonRpcMessage, messageOf, type RequestId } from './jsonRpc';
import { SignInError } from './oauth/signIn';
import type { Upstream, UpstreamListener } from './upstream';

// The SDK hands messages on a little after the stream they came on has ended.
const graceAfterStreamMs = 1000;
const longestLogLine = 4096;

/**
 * A server reached over streamable HTTP, or over the older SSE transport where it only speaks that:
 * the SDK's client transports, which are loaded when the first such server is.
 */
export class HttpUpstream implements Upstream {
  private readonly sending = new AsyncLocalStorage<RequestId>();
  private transport: Promise<Transport>;
  /** The latest transport, even while it is still connecting. */
  private opened: Transport | undefined;
  /** Requests whose stream may still end without an answer. */
  private readonly unanswered = new Map<RequestId, (reason: string) => void>();
  private closed = false;
  private closing: Promise<void> | undefined;

  /** `authorized` is the `fetch` that signs in where the server asks for it. */
  constructor(
    private readonly launch: HttpLaunch,
    private readonly listener: UpstreamListener,
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
    if (!isRequest(message)) return send(transport);
    this.unanswered.set(message.id, onSendError);
    try {
      await this.sending.run(message.id, () => send(transport));
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
        this.authorized(url, init).catch((error: unknown) => {
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
      if (!('method' in parsed.message)) this.unanswered.delete(parsed.message.id);
      this.listener.onMessage(parsed.message, undefined);
    };
    transport.onerror = (error) => {
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
    const response = await this.authorized(url, init);
    const id = this.sending.getStore();
    if (id === undefined) return response;
    if (init?.method === 'GET' && response.status === 405) this.loseAnswer(id);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (init?.method !== 'POST' || !isStream || !response.body) return response;
    const body = watchEnd(response.body, (resumable) => {
      if (!resumable) setTimeout(() => this.loseAnswer(id), graceAfterStreamMs);
    });
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
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

/** The same bytes; `onEnd` is told when they end in whatever way, and whether events had ids. */
function watchEnd(
  body: ReadableStream<Uint8Array>,
  onEnd: (resumable: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let resumable = false;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          onEnd(resumable);
          return;
        }
        resumable ||= /(^|\n|\r)id:/.test(Buffer.from(value).toString('latin1'));
        controller.enqueue(value);
      } catch (error) {
        controller.error(error);
        onEnd(resumable);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
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
