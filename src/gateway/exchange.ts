import type { ServerResponse } from 'node:http';

// A client that does not read must not fill the memory of the extension host.
const mostUnread = 64 * 1024 * 1024;

const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
} as const;

/**
 * The HTTP response to one message of the client. It stays open-ended until the first message for
 * it is known: plain JSON if that is the answer, an event stream otherwise.
 */
export class Exchange {
  private streaming = false;
  private finished = false;
  private readonly openedAt = performance.now();

  constructor(
    private readonly response: ServerResponse,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** False once the client has gone, or has its answer. */
  get isOpen(): boolean {
    return !this.finished && !this.response.destroyed;
  }

  /** Calls `listener` if the client goes before it has its answer. */
  onDisconnect(listener: () => void): void {
    this.response.once('close', () => {
      if (!this.finished) listener();
    });
  }

  /** The answer: the last thing that is sent. `json` is the text of one message. */
  answer(json: string, status = 200): void {
    if (!this.isOpen) return;
    if (this.streaming) {
      this.event(json);
      this.finish();
      return;
    }
    this.finished = true;
    this.response.writeHead(status, {
      ...this.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    });
    this.response.end(json);
  }

  /** A message that comes before the answer. */
  event(json: string): void {
    if (!this.isOpen) return;
    this.startStream();
    // A carriage return would end the line of an event early; JSON writes its own as an escape.
    this.response.write(`event: message\ndata: ${json}\n\n`);
    if (this.response.writableLength > mostUnread) this.response.destroy();
  }

  /** Turns the response into an event stream, so that the client sees that something happens. */
  startStream(): void {
    if (!this.isOpen || this.streaming) return;
    this.streaming = true;
    this.response.writeHead(200, { ...streamHeaders, ...this.headers });
    this.response.flushHeaders();
  }

  /** Called at intervals: clients and proxies cut responses that are silent for minutes. */
  keepAlive(silentMs: number): void {
    if (!this.isOpen || performance.now() - this.openedAt < silentMs) return;
    this.startStream();
    this.response.write(': waiting\n\n');
  }

  /** Ends without an answer, as for a request that was cancelled. */
  finish(): void {
    if (!this.isOpen) return;
    this.startStream();
    this.finished = true;
    this.response.end();
  }
}
