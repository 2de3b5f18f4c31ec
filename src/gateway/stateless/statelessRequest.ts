import { errorCodes, isObject } from '../jsonRpc';
import { ownMeta } from './revision';
import type { StatelessConnection } from './statelessConnection';

/** A request of the gateway's own. Rejects with an `Error` whose message is for people. */
export function askStateless(
  connection: StatelessConnection,
  method: string,
  params: Readonly<Record<string, unknown>>,
  { timeoutMs, version }: { readonly timeoutMs: number; readonly version: string },
): Promise<Record<string, unknown>> {
  const own = { ...params, _meta: ownMeta(version) };
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
    const seconds = Math.round(timeoutMs / 1000);
    const late = new Error(`It did not answer within ${seconds} s.`);
    timer = setTimeout(() => reject(late), timeoutMs);
    connection.send({
      // The connection gives it an id of its own.
      request: { jsonrpc: '2.0', id: 0, method, params: own },
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
