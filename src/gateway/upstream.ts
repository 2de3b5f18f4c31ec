import type { JsonRpcMessage, RequestId } from './jsonRpc';

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
