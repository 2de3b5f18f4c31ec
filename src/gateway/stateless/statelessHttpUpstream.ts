import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { HttpLaunch } from '../../config/launch';
import { failureText } from '../httpUpstream';
import {
  errorResponse,
  isObject,
  isRequest,
  type JsonRpcMessage,
  type JsonRpcRequest,
  messageOf,
  type RequestId,
} from '../jsonRpc';
import { type MessageBounds, tooLarge, type Upstream, type UpstreamListener } from '../upstream';
import { mirroredHeaders } from './mirroredHeaders';

const mostRedirects = 3;

/**
 * A server reached by one POST for each request, which carries its answer and whatever belongs to
 * it. Written here and not taken from the SDK: its transports of the first generation know sessions
 * only, and none of them tells which response a notification came on.
 */
export class StatelessHttpUpstream implements Upstream {
  private readonly open = new Map<RequestId, AbortController>();
  private closed = false;

  constructor(
    private readonly launch: HttpLaunch,
    private readonly listener: UpstreamListener,
    private readonly bounds: MessageBounds,
    private readonly inputSchemaOf: (tool: string) => unknown,
    /** The `fetch` that signs in where the server asks for it. */
    private readonly authorized: FetchLike = fetch,
  ) {}

  send(message: JsonRpcMessage, onSendError: (reason: string, status?: number) => void): void {
    if (isRequest(message)) {
      void this.exchange(message, onSendError);
    } else if ('method' in message && message.method === 'notifications/cancelled') {
      // Leaving the response is what cancels a request here.
      this.open.get(message.params?.requestId as RequestId)?.abort();
    }
  }

  setProtocolVersion(): void {}

  async close(): Promise<void> {
    this.closed = true;
    for (const cancel of this.open.values()) cancel.abort();
  }

  private async exchange(
    request: JsonRpcRequest,
    onSendError: (reason: string, status?: number) => void,
  ): Promise<void> {
    const cancel = new AbortController();
    this.open.set(request.id, cancel);
    try {
      const response = await this.post(request, cancel.signal);
      await this.read(request, response);
    } catch (error) {
      if (this.closed || cancel.signal.aborted) return;
      const reason = error instanceof LostAnswer ? error.message : failureText(error);
      onSendError(reason, error instanceof HttpFailure ? error.code : undefined);
    } finally {
      this.open.delete(request.id);
      cancel.abort();
    }
  }

  private async post(request: JsonRpcRequest, signal: AbortSignal): Promise<Response> {
    const init: RequestInit = {
      method: 'POST',
      headers: {
        ...lowerCase(this.launch.headers),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...mirroredHeaders(request, this.inputSchemaOf),
      },
      body: JSON.stringify(request),
      redirect: 'manual',
      signal,
    };
    let url = new URL(this.launch.url);
    for (let redirects = 0; ; redirects++) {
      const response = await this.authorized(url, init);
      const target = redirectOf(response, url);
      // The headers hold secrets that are meant for this origin alone.
      if (!target || target.origin !== url.origin || redirects >= mostRedirects) return response;
      await response.body?.cancel();
      url = target;
    }
  }

  private async read(request: JsonRpcRequest, response: Response): Promise<void> {
    const type = response.headers.get('content-type') ?? '';
    if (response.ok && /^text\/event-stream\b/i.test(type))
      return this.readStream(request, response);
    const text = await textOf(response, this.bounds.most);
    if (response.ok) {
      if (!this.take(request, text)) throw new LostAnswer('It answered with something else.');
      return;
    }
    const error = errorIn(text);
    if (!error) throw new HttpFailure(response.status);
    const { code, message, data } = error;
    const answer = errorResponse(request.id, code, message, data);
    this.listener.onMessage(answer, undefined, request.id);
  }

  private async readStream(request: JsonRpcRequest, response: Response): Promise<void> {
    const { createParser } = await import('eventsource-parser');
    let isAnswered = false;
    let failure: Error | undefined;
    const parser = createParser({
      maxBufferSize: this.bounds.most,
      onEvent: ({ data }) => {
        if (!isAnswered && data !== '') isAnswered = this.take(request, data);
      },
      onError: (error) => {
        if (error.type !== 'max-buffer-size-exceeded') return;
        failure = new LostAnswer(tooLarge(this.bounds.most));
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (failure) throw failure;
      if (isAnswered) return;
    }
    throw new LostAnswer('It ended its answer before the result.');
  }

  /** Whether the text was the answer. What is no message of this request is left out. */
  private take(request: JsonRpcRequest, text: string): boolean {
    const parsed = parse(text);
    if (!parsed.ok || this.closed) return false;
    const { message } = parsed;
    const isAnswer = !('method' in message);
    if (isAnswer && message.id !== request.id) return false;
    if (isRequest(message)) return false;
    this.listener.onMessage(message, text, request.id);
    return isAnswer;
  }
}

/** The stream ended, or the body was something else; its message is for people. */
class LostAnswer extends Error {}

class HttpFailure extends Error {
  constructor(readonly code: number) {
    super(`HTTP status ${code}`);
  }
}

function parse(text: string): ReturnType<typeof messageOf> {
  try {
    return messageOf(JSON.parse(text));
  } catch {
    return messageOf(undefined);
  }
}

/** The error of a JSON-RPC response, whose id may be null. */
function errorIn(text: string): { code: number; message: string; data: unknown } | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const error = isObject(body) ? body.error : undefined;
  if (!isObject(error) || !Number.isInteger(error.code)) return undefined;
  return { code: Number(error.code), message: String(error.message ?? ''), data: error.data };
}

async function textOf(response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > mostBytes) throw new LostAnswer(tooLarge(mostBytes));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Where a redirect leads that keeps the method and the body. */
function redirectOf({ status, headers }: Response, from: URL): URL | undefined {
  const location = headers.get('location');
  if ((status !== 307 && status !== 308) || location === null) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

// Header names that differ in case would be sent twice.
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]),
  );
}
