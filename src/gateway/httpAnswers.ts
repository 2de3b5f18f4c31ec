import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type JsonRpcResponse, messageOf, type RequestId } from './jsonRpc';

/** An answer of a server, with its text as it came: a parsed number has lost digits already. */
export interface RawAnswer {
  readonly message: JsonRpcResponse;
  readonly raw: string;
}

/** What is known of an event stream that has ended. */
export interface StreamEnd {
  readonly isAnswered: boolean;
  /** Whether its client can come back, as some event had an id. */
  readonly isResumable: boolean;
  /** How long the server wants its client to wait until then. */
  readonly retryMs: number | undefined;
}

/**
 * Takes the answers out of HTTP responses before the SDK reads them, which would round their
 * numbers, and leaves the SDK an empty result with the same id in the place of each.
 */
export class HttpAnswers {
  private readonly taken = new Map<RequestId, RawAnswer>();

  /** The answer that the SDK has got to, by its id. */
  take(id: RequestId): RawAnswer | undefined {
    const answer = this.taken.get(id);
    this.taken.delete(id);
    return answer;
  }

  /** `onEnd` is told when an event stream has ended, in whatever way. */
  async divert(response: Response, onEnd: (end: StreamEnd) => void): Promise<Response> {
    const { status, statusText, headers, body } = response;
    const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (!response.ok || !body) return response;
    if (type === 'application/json') {
      const text = this.placeholder(await response.text());
      return new Response(text, { status, statusText, headers });
    }
    if (type !== 'text/event-stream') return response;
    return new Response(this.events(body, onEnd), { status, statusText, headers });
  }

  private events(
    body: ReadableStream<Uint8Array>,
    onEnd: (end: StreamEnd) => void,
  ): ReadableStream<Uint8Array> {
    let out = '';
    let isResumable = false;
    let isAnswered = false;
    let retryMs: number | undefined;
    const end = (): void => onEnd({ isAnswered, isResumable, retryMs });
    const parser = createParser({
      onEvent: (event) => {
        const data = this.placeholder(event.data);
        isResumable ||= event.id !== undefined;
        isAnswered ||= data !== event.data;
        out += written({ ...event, data });
      },
      onRetry: (ms) => {
        retryMs = ms;
        out += `retry: ${ms}\n`;
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    const encoder = new TextEncoder();
    return new ReadableStream({
      async pull(controller) {
        try {
          // A pull that gives nothing would not be followed by another.
          while (out === '') {
            const { done, value } = await reader.read();
            if (done) {
              controller.close();
              end();
              return;
            }
            parser.feed(decoder.decode(value, { stream: true }));
          }
          controller.enqueue(encoder.encode(out));
          out = '';
        } catch (error) {
          controller.error(error);
          end();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
  }

  /** The same text, unless it is an answer. */
  private placeholder(text: string): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return text;
    }
    const parsed = messageOf(value);
    if (!parsed.ok || 'method' in parsed.message) return text;
    const { message } = parsed;
    // Line ends are only found between the tokens of JSON, and have a meaning in event streams.
    this.taken.set(message.id, { message, raw: text.replace(/[\r\n]+/g, ' ') });
    return JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} });
  }
}

function written({ id, event, data }: EventSourceMessage): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}${id === undefined ? '' : `id: ${id}\n`}${lines.join('')}\n`;
}
