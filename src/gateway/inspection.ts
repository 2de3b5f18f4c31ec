import { isObject, isRequest, type JsonRpcMessage, type RequestId } from './jsonRpc';
import { isCursor, type ToolCatalogue } from './toolCatalogue';
import type { Upstream, UpstreamListener } from './upstream';

const protocolVersion = '2025-11-25';
// A server that always offers another page would be asked for ever.
const mostPages = 200;
// Nor may it give more on its pages than can be kept.
const mostCharacters = 64 * 1024 * 1024;

/** The server can be reached, and will not have `initialize`. */
export class HandshakeRefused extends Error {}

export interface InspectionOptions {
  readonly timeoutMs: number;
  readonly version: string;
  readonly signal: AbortSignal;
  log(line: string): void;
}

/**
 * Connects to a server as a client of its own, learns its tools and leaves: for showing what a
 * server offers before an agent has used it. Throws an `Error` whose message is for people.
 */
export async function inspectServer(
  connect: (listener: UpstreamListener) => Upstream,
  catalogue: ToolCatalogue,
  options: InspectionOptions,
): Promise<void> {
  const waiting = new Map<
    RequestId,
    { resolve(value: unknown): void; reject(error: Error): void }
  >();
  let ended: Error | undefined;
  const end = (reason: string): void => {
    ended ??= new Error(reason);
    for (const { reject } of waiting.values()) reject(ended);
  };
  let timer: NodeJS.Timeout | undefined;
  const upstream = connect({
    onWait: () => clearTimeout(timer),
    onLaunch: () => {
      clearTimeout(timer);
      const seconds = Math.round(options.timeoutMs / 1000);
      timer = setTimeout(() => end(`It did not answer within ${seconds} s.`), options.timeoutMs);
    },
    onMessage: (message) => receive(message),
    onLog: options.log,
    onClose: end,
  });
  const cancel = (): void => end('It was stopped.');
  options.signal.addEventListener('abort', cancel);
  const receive = (message: JsonRpcMessage): void => {
    if (isRequest(message)) {
      // Nobody is here to answer questions; a ping asks for no more than a sign of life.
      const reply =
        message.method === 'ping'
          ? { result: {} }
          : { error: { code: -32601, message: 'Only tools are looked at.' } };
      upstream.send({ jsonrpc: '2.0', id: message.id, ...reply }, () => {});
    } else if ('id' in message) {
      const { resolve, reject } = waiting.get(message.id) ?? {};
      const Failure = message.id === 0 ? HandshakeRefused : Error;
      if (message.error) reject?.(new Failure('It answered with an error.'));
      else resolve?.(message.result);
    }
  };
  const ask = async (
    id: number,
    method: string,
    params: Record<string, unknown>,
  ): Promise<Record<string, unknown>> => {
    const answer = await new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      waiting.set(id, { resolve, reject });
      const Failure = id === 0 ? HandshakeRefused : Error;
      upstream.send({ jsonrpc: '2.0', id, method, params }, (reason) => {
        reject(new Failure(reason));
      });
    });
    waiting.delete(id);
    if (!isObject(answer)) throw new Error('It answered with something that is not MCP.');
    return answer;
  };
  try {
    const hello = await ask(0, 'initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'toolgate', version: options.version },
    });
    upstream.setProtocolVersion(String(hello.protocolVersion));
    upstream.send({ jsonrpc: '2.0', method: 'notifications/initialized' }, () => {});
    if (!isObject(hello.capabilities) || !('tools' in hello.capabilities)) {
      catalogue.learn([], true, true);
      return;
    }
    let cursor: unknown;
    let characters = 0;
    for (let page = 0; page < mostPages; page++) {
      const answer = await ask(page + 1, 'tools/list', page === 0 ? {} : { cursor });
      cursor = answer.nextCursor;
      const tools = Array.isArray(answer.tools) ? answer.tools : [];
      characters += JSON.stringify(tools).length;
      if (characters > mostCharacters) throw new Error('Its list of tools is larger than 64 MiB.');
      catalogue.learn(tools, page === 0, !isCursor(cursor));
      if (!isCursor(cursor)) return;
    }
    throw new Error(`Its list of tools has more than ${mostPages} pages.`);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', cancel);
    await upstream.close();
  }
}
