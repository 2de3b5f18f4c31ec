import type { Exchange } from './exchange';
import type { RawText } from './longMessage';

// More than a client misses in the moments between two connections. The newest event is kept
// whatever its size: it may be the answer to a call that was made.
const mostBytes = 16 * 1024 * 1024;
const longestMs = 5 * 60_000;

interface SentEvent {
  readonly stream: number;
  readonly json: RawText;
  readonly sentAt: number;
}

/**
 * What was sent on the streams of one session, for a client that lost a connection and comes back
 * with `Last-Event-ID`. Nothing of one stream is ever given to another.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export class EventLog {
  private readonly streams = new Map<number, Exchange>();
  private readonly events = new Map<number, SentEvent>();
  private bytes = 0;
  private opened = 0;
  private sent = 0;

  /** A number for the stream on an exchange, under which its events are kept. */
  open(exchange: Exchange): number {
    this.streams.set(++this.opened, exchange);
    return this.opened;
  }

  /** An id that a client can come back to, before anything was sent. */
  idOf(stream: number): string {
    return `${stream}-${this.sent}`;
  }

  /** Keeps an event, and gives the id that it is sent with. */
  add(stream: number, json: RawText): string {
    this.events.set(++this.sent, { stream, json, sentAt: performance.now() });
    this.bytes += json.length;
    this.drop(({ size }) => size > 1 && this.bytes > mostBytes);
    return `${stream}-${this.sent}`;
  }

  /** The stream that an event was sent on, if it is still known, and where in it that was. */
  find(eventId: string): { readonly exchange: Exchange; readonly position: number } | undefined {
    const match = /^(\d{1,15})-(\d{1,15})$/.exec(eventId);
    const exchange = this.streams.get(Number(match?.[1]));
    return exchange && { exchange, position: Number(match![2]) };
  }

  /** What was sent on a stream after a position, with ids. */
  *after(stream: number, position: number): Iterable<readonly [id: string, json: RawText]> {
    for (const [number, event] of this.events) {
      if (event.stream === stream && number > position) yield [`${stream}-${number}`, event.json];
    }
  }

  /** Called at intervals: nobody comes back after minutes. */
  forget(): void {
    const since = performance.now() - longestMs;
    this.drop((_events, oldest) => oldest.sentAt < since);
    const kept = new Set([...this.events.values()].map(({ stream }) => stream));
    for (const [stream, exchange] of this.streams) {
      if (exchange.isFinished && !kept.has(stream)) this.streams.delete(stream);
    }
  }

  private drop(
    isTooMuch: (events: ReadonlyMap<number, SentEvent>, oldest: SentEvent) => boolean,
  ): void {
    for (const [number, event] of this.events) {
      if (!isTooMuch(this.events, event)) return;
      this.events.delete(number);
      this.bytes -= event.json.length;
    }
  }
}
