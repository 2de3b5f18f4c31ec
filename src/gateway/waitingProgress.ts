import type { Exchange } from './exchange';
import type { JsonRpcRequest } from './jsonRpc';
import { progressTokenOf } from './messageFacts';

const progressEveryMs = 10_000;

/** Progress while a call waits for a person keeps clients from giving up; only if they asked. */
export function reportWaiting(request: JsonRpcRequest, exchange: Exchange): NodeJS.Timeout {
  exchange.startStream();
  const progressToken = progressTokenOf(request);
  let count = 0;
  return setInterval(() => {
    if (progressToken === undefined) return;
    count++;
    // Far below the first step of the server's own progress, which has to be greater.
    const params = { progressToken, progress: count / 1e6, message: 'Waiting for approval.' };
    exchange.event(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params }));
  }, progressEveryMs);
}
