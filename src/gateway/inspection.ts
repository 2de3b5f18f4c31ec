import { isObject, isRequest, type JsonRpcMessage, type RequestId } from './jsonRpc';
import { listAll } from './listing';
import { offersIn } from './pins/offer';
import type { ServerPins } from './pins/serverPins';
import type { ToolCatalogue } from './toolCatalogue';
import type { Upstream, UpstreamListener } from './upstream';

const protocolVersion = '2025-11-25';

/** The server can be reached, and will not have `initialize`. */
export class HandshakeRefused extends Error {}

export interface InspectionOptions {
  readonly timeoutMs: number;
  readonly version: string;
  readonly signal: AbortSignal;
  /** Holds what the server says against what the person has approved. */
  readonly pins: ServerPins | undefined;
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
  const { pins } = options;
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
  let count = 0;
  const ask = async (
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> => {
    const id = count++;
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
    const hello = await ask('initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'toolgate', version: options.version },
    });
    upstream.setProtocolVersion(String(hello.protocolVersion));
    upstream.send({ jsonrpc: '2.0', method: 'notifications/initialized' }, () => {});
    const { instructions } = hello;
    const capabilities = isObject(hello.capabilities) ? hello.capabilities : {};
    pins?.learnInstructions(typeof instructions === 'string' ? instructions : undefined);
    if ('tools' in capabilities) {
      const tools = await listAll(ask, 'tools', (...page) => catalogue.learn(...page));
      await pins?.learn('tool', offersIn('tool', tools));
    } else catalogue.learn([], true, true);
    if (pins && 'prompts' in capabilities) {
      await pins.learn('prompt', offersIn('prompt', await listAll(ask, 'prompts')));
    }
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', cancel);
    await upstream.close();
  }
}
