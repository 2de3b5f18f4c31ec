import type { ServerResponse } from 'node:http';
import type { EventLog } from './eventLog';
import { LongText, type RawText } from './longMessage';

// A client that does not read must not fill the memory of the extension host.
const mostUnread = 64 * 1024 * 1024;

// How long a client that can resume its stream is waited for before it counts as gone.
const longestAbsenceMs = 30_000;

const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
} as const;

/**
 * The HTTP response to one message of the client. It stays open-ended until the first message for
 * it is known: plain JSON if that is the answer, an event stream otherwise. A stream with a log
 * outlives its connection: what is said meanwhile waits there for the client to come back.
 */
export class Exchange {
  private streaming = false;
  private finished = false;
  private readonly openedAt = performance.now();
  /** The number of the stream in the log, once there is one. */
  private logged: number | undefined;
  private onGone: (() => void) | undefined;
  private absence: NodeJS.Timeout | undefined;

  constructor(
    private response: ServerResponse,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly log?: EventLog,
  ) {}

  /** False once the client has its answer, or has gone for good. */
  get isOpen(): boolean {
    return !this.finished && (this.logged !== undefined || !this.response.destroyed);
  }

  get isConnected(): boolean {
    return !this.finished && !this.response.destroyed && !this.response.writableEnded;
  }

  get isFinished(): boolean {
    return this.finished;
  }

  /** Calls `listener` if the client goes before it has its answer, and does not come back. */
  onDisconnect(listener: () => void): void {
    this.onGone = listener;
    this.watch(this.response);
  }

  /** The answer: the last thing that is sent. `json` is the text of one message. */
  answer(json: RawText, status = 200): void {
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
      'content-length': json instanceof LongText ? json.length : Buffer.byteLength(json),
    });
    if (json instanceof LongText) for (const part of json.parts) this.response.write(part);
    this.response.end(json instanceof LongText ? undefined : json);
  }

  /** A message that comes before the answer. */
  event(json: RawText): void {
    if (!this.isOpen) return;
    this.startStream();
    const id = this.logged === undefined ? undefined : this.log!.add(this.logged, json);
    this.write(json, id);
  }

  /** Turns the response into an event stream, so that the client sees that something happens. */
  startStream(): void {
    if (!this.isOpen || this.streaming) return;
    this.streaming = true;
    this.sendHeaders();
    if (!this.log) return;
    this.logged = this.log.open(this);
    // An id before anything else: without one, a client has nothing to come back to.
    this.response.write(`id: ${this.log.idOf(this.logged)}\ndata: \n\n`);
  }

  /**
   * Lets the client go and come back in a while, as the server has let the gateway go. Only clients
   * that can resume are let go. https://modelcontextprotocol.io/seps/1699-support-sse-polling-via-server-side-disconnect
   */
  pause(retryMs: number | undefined): void {
    if (!this.log || !this.isConnected) return;
    this.startStream();
    if (retryMs !== undefined) this.response.write(`retry: ${retryMs}\n\n`);
    this.response.end();
  }

  /** The client is back, and has had all up to `position`. The newest connection has the stream. */
  resume(response: ServerResponse, position: number): void {
    clearTimeout(this.absence);
    const old = this.response;
    this.response = response;
    old.destroy();
    this.sendHeaders();
    for (const [id, json] of this.log!.after(this.logged!, position)) this.write(json, id);
    if (this.finished) response.end();
    else if (this.onGone) this.watch(response);
  }

  /** Called at intervals: clients and proxies cut responses that are silent for minutes. */
  keepAlive(silentMs: number): void {
    if (!this.isConnected || performance.now() - this.openedAt < silentMs) return;
    this.startStream();
    this.response.write(': waiting\n\n');
  }

  /** Ends without an answer, as for a request that was cancelled. */
  finish(): void {
    if (!this.isOpen) return;
    this.startStream();
    this.finished = true;
    clearTimeout(this.absence);
    if (!this.response.writableEnded) this.response.end();
  }

  private sendHeaders(): void {
    this.response.writeHead(200, { ...streamHeaders, ...this.headers });
    this.response.flushHeaders();
  }

  /** While the client is away there is only the log, from which it is told what it missed. */
  private write(json: RawText, id: string | undefined): void {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > mostUnread) return void response.destroy();
    // A carriage return would end the line of an event early; JSON writes its own as an escape.
    const start = `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: `;
    if (!(json instanceof LongText)) return void response.write(`${start}${json}\n\n`);
    response.write(start);
    for (const part of json.parts) response.write(part);
    response.write('\n\n');
  }

  private watch(response: ServerResponse): void {
    response.once('close', () => {
      if (this.finished || response !== this.response) return;
      if (this.logged === undefined) return this.onGone?.();
      this.absence = setTimeout(() => this.onGone?.(), longestAbsenceMs);
    });
  }
}
