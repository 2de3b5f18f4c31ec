import { randomUUID } from 'node:crypto';
import { isObject, type JsonRpcRequest, type JsonRpcResponse, type RequestId } from './jsonRpc';

interface Waiting {
  resolve(result: Readonly<Record<string, unknown>>): void;
  reject(error: Error): void;
}

/**
 * Requests of the gateway's own on a connection that it shares with a client. Their ids are nothing
 * that a client could guess, and their answers go to no client.
 */
export class OwnRequests {
  private readonly prefix = `toolgate:${randomUUID()}`;
  private readonly waiting = new Map<RequestId, Waiting>();
  private count = 0;

  constructor(
    private readonly send: (request: JsonRpcRequest, onSendError: (reason: string) => void) => void,
    private readonly timeoutMs: number,
  ) {}

  /** Rejects when the server fails, answers with an error, or not in time. */
  async ask(
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const id = `${this.prefix}:${++this.count}`;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const fail = (reason: string): void => reject(new Error(reason));
        this.waiting.set(id, { resolve, reject });
        timer = setTimeout(() => fail(`It did not answer ${method} in time.`), this.timeoutMs);
        this.send({ jsonrpc: '2.0', id, method, params }, fail);
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  /** Whether a response was for one of them. */
  take({ id, result, error }: JsonRpcResponse): boolean {
    const waiting = this.waiting.get(id);
    if (!waiting) return typeof id === 'string' && id.startsWith(this.prefix);
    if (error || !isObject(result)) waiting.reject(new Error('It answered with an error.'));
    else waiting.resolve(result);
    return true;
  }

  /** The connection is gone: nothing is answered any more. */
  end(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(reason));
  }
}
