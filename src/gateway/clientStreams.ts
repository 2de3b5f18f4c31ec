import type { Exchange } from './exchange';
import type { JsonRpcNotification, JsonRpcRequest } from './jsonRpc';
import { progressTokenOf } from './messageFacts';

const mostQueued = 1000;

/** A request of the client that is open, and the response that takes its answer. */
export interface OpenRequest {
  readonly request: JsonRpcRequest;
  readonly exchange: Exchange;
}

/** Where a client hears what its server says unasked: on a stream for that, or on open responses. */
export class ClientStreams {
  private stream: Exchange | undefined;
  /** Messages for which there is no response to put them on yet. */
  private readonly queued: string[] = [];

  get isConnected(): boolean {
    return this.stream?.isConnected === true;
  }

  /** Opens the stream for what the server says unasked. False if there is one already. */
  open(exchange: Exchange): boolean {
    if (this.isConnected) return false;
    this.stream?.finish();
    this.stream = exchange;
    exchange.startStream();
    this.catchUp();
    return true;
  }

  /** A lost connection is back. */
  resumed(exchange: Exchange): void {
    if (exchange === this.stream) this.catchUp();
  }

  keepAlive(silentMs: number): void {
    this.stream?.keepAlive(silentMs);
  }

  finish(): void {
    this.stream?.finish();
  }

  /** False if there is no response for it, and too much waits for one already. */
  say(message: JsonRpcRequest | JsonRpcNotification, requests: Iterable<OpenRequest>): boolean {
    const json = JSON.stringify(message);
    const exchange = this.exchangeFor(message, requests);
    if (exchange) exchange.event(json);
    else if (this.queued.length < mostQueued) this.queued.push(json);
    else return false;
    return true;
  }

  /**
   * Which response a message of the server goes on. Progress names its request. Otherwise, when
   * one request is open, it is that one's, which keeps the order the server chose.
   */
  private exchangeFor(
    message: JsonRpcRequest | JsonRpcNotification,
    requests: Iterable<OpenRequest>,
  ): Exchange | undefined {
    const open = [...requests].filter(({ exchange }) => exchange.isOpen);
    if (message.method === 'notifications/progress') {
      const token = message.params?.progressToken;
      const own = open.find(({ request }) => {
        const wanted = progressTokenOf(request);
        return wanted !== undefined && wanted === token;
      });
      if (own) return own.exchange;
    }
    const stream = this.isConnected ? this.stream : undefined;
    const newest = open[open.length - 1]?.exchange;
    return open.length === 1 ? newest : (stream ?? newest);
  }

  private catchUp(): void {
    for (const json of this.queued.splice(0)) this.stream?.event(json);
  }
}
