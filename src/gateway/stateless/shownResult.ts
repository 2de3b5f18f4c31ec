import { isObject, type JsonRpcRequest, type JsonRpcResponse } from '../jsonRpc';
import { type ListingContext, shownTools } from '../shownTools';
import { isCursor } from '../toolCatalogue';

/** An answer as the client may see it. The same object where nothing of it changes. */
export async function shownResult(
  request: JsonRpcRequest,
  response: JsonRpcResponse,
  context: ListingContext,
): Promise<JsonRpcResponse> {
  const { result } = response;
  if (!isObject(result) || request.method === 'server/discover') return response;
  let seen = result;
  if (request.method === 'tools/list' && Array.isArray(result.tools)) {
    const { tools, nextCursor } = result;
    context.catalogue.learn(tools, !isCursor(request.params?.cursor), !isCursor(nextCursor));
    seen = { ...result, tools: await shownTools(tools, context) };
  }
  // What a client keeps would outlive an edit of the policy, which counts for the next request.
  if ('ttlMs' in seen || 'cacheScope' in seen) {
    seen = { ...seen, ttlMs: 0, cacheScope: 'private' };
  }
  return seen === result ? response : { ...response, result: seen };
}
