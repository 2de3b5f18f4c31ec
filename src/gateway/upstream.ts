import type { JsonRpcMessage, JsonRpcResponse, RequestId } from './jsonRpc';
import type { LongText } from './longMessage';

/** How much of a server's is read, in bytes: it must not fill the memory, nor hold the editor up. */
export interface MessageBounds {
  /** An answer to a call, which need not be read as a whole. */
  readonly most: number;
  /** Any other message. */
  readonly mostReadWhole: number;
}

export const usualBounds: MessageBounds = {
  most: 256 * 1024 * 1024,
  mostReadWhole: 16 * 1024 * 1024,
};

/** Why a connection ends on which a message comes that is not read to its end. */
export function tooLarge(mostBytes: number): string {
  return `It sent a message larger than ${Math.round(mostBytes / 1024 / 1024)} MiB.`;
}

/** What an upstream tells its session. After `onClose` it says nothing more. */
export interface UpstreamListener {
  /** The server is being started or dialled: from now on its time runs. */
  onLaunch(): void;
  /** It waits for a person to sign in: its time stands still until the next `onLaunch`. */
  onWait(): void;
  /**
   * `raw` is the exact text of the message where the transport has it, `requestId` the request on
   * whose response it came where each has its own.
   */
  onMessage(message: JsonRpcMessage, raw: string | undefined, requestId?: RequestId): void;
  /** An answer that is too long to be read in a moment. Without this it is read all the same. */
  onLongAnswer?(outline: JsonRpcResponse, text: LongText): void;
  /** The server has let the gateway go until it has the answer, and wants to be asked again then. */
  onPause?(id: RequestId, retryMs: number | undefined): void;
  /** A line for the server's log: what it printed, what went wrong without ending it. */
  onLog(line: string): void;
  /** The connection has ended, or never came to be; the reason is for people. */
  onClose(reason: string): void;
}

/** One connection to one server, owned by one session. */
export interface Upstream {
  /**
   * Messages are delivered in order. Failures are told through `onClose`, or `onSendError`, with the
   * HTTP status if that is what failed.
   */
  send(message: JsonRpcMessage, onSendError: (reason: string, status?: number) => void): void;
  /** The protocol version that `initialize` agreed on; HTTP transports send it with each request. */
  setProtocolVersion(version: string): void;
  /** Ends the connection and, for a process, all of its process group. Resolves when it is gone. */
  close(): Promise<void>;
}
