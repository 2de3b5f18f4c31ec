import type { InspectionOptions } from '../inspection';
import { errorCodes, isObject, type JsonRpcRequest } from '../jsonRpc';
import { isCursor, type ToolCatalogue } from '../toolCatalogue';
import type { Upstream, UpstreamListener } from '../upstream';
import { ownMeta } from './revision';
import { StatelessConnection } from './statelessConnection';

// A server that always offers another page would be asked for ever.
const mostPages = 200;

/**
 * Learns the tools of a server that has no sessions. False if it turns out to be no such server.
 * Throws an `Error` whose message is for people.
 */
export async function inspectStateless(
  connect: (listener: UpstreamListener) => Upstream,
  catalogue: ToolCatalogue,
  { timeoutMs, version, signal, log }: InspectionOptions,
): Promise<boolean> {
  const onEnd = (): void => {};
  const options = { startTimeoutMs: timeoutMs, version, connect, log, onEnd };
  const connection = new StatelessConnection(options);
  const cancel = (): void => void connection.close();
  signal.addEventListener('abort', cancel);
  try {
    const era = await connection.era;
    if (era.kind === 'failed') throw new Error(era.reason);
    if (era.kind === 'handshake') return false;
    let cursor: unknown;
    for (let page = 0; page < mostPages; page++) {
      const params = { ...(page === 0 ? {} : { cursor }), _meta: ownMeta(version) };
      const request = { jsonrpc: '2.0', id: page, method: 'tools/list', params } as const;
      const answer = await ask(connection, request, timeoutMs);
      cursor = answer.nextCursor;
      const tools = Array.isArray(answer.tools) ? answer.tools : [];
      catalogue.learn(tools, page === 0, !isCursor(cursor));
      if (!isCursor(cursor)) return true;
    }
    throw new Error(`Its list of tools has more than ${mostPages} pages.`);
  } finally {
    signal.removeEventListener('abort', cancel);
    await connection.close();
  }
}

function ask(
  connection: StatelessConnection,
  request: JsonRpcRequest,
  timeoutMs: number,
): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
    const seconds = Math.round(timeoutMs / 1000);
    const late = new Error(`It did not answer within ${seconds} s.`);
    timer = setTimeout(() => reject(late), timeoutMs);
    connection.send({
      request,
      answered: ({ result, error }) => {
        if (isObject(result)) resolve(result);
        // A server without tools need not know the method.
        else if (error?.code === errorCodes.methodNotFound) resolve({});
        else reject(new Error('It answered with an error.'));
      },
      told: () => {},
      lost: (reason) => reject(new Error(reason)),
      ended: () => reject(new Error('It ended without an answer.')),
    });
  });
  return answer.finally(() => clearTimeout(timer));
}
