import { createHash } from 'node:crypto';
import type { Judgement } from '../enforcer';
import { isObject, type Params } from '../jsonRpc';

// Those that no client ever comes back for must not fill the memory.
const mostOpen = 1000;

/**
 * Calls that a server has interrupted to ask something first. The client sends such a call again,
 * with the answers: that is the same call, once, if nothing else about it has changed.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export class Continuations {
  private readonly open = new Map<string, Judgement[]>();

  /** Remembers what was decided about a call, for when it goes on. */
  interrupted(params: Params | undefined, requestState: unknown, judgement: Judgement): void {
    const key = keyOf(params, requestState);
    const judgements = this.open.get(key) ?? [];
    this.open.delete(key);
    this.open.set(key, [...judgements, judgement].slice(-mostOpen));
    // What is forgotten counts as a new call.
    if (this.open.size > mostOpen) this.open.delete(this.open.keys().next().value!);
  }

  /** The judgement of the call that this one goes on with, if it is one. It is given once. */
  take(params: Params | undefined): Judgement | undefined {
    if (params?.inputResponses === undefined && params?.requestState === undefined) {
      return undefined;
    }
    const key = keyOf(params, params.requestState);
    const [judgement, ...rest] = this.open.get(key) ?? [];
    if (rest.length > 0) this.open.set(key, rest);
    else this.open.delete(key);
    return judgement;
  }
}

/** All of a call but what belongs to the one message, as a digest: arguments may be long. */
function keyOf(params: Params | undefined, requestState: unknown): string {
  const { _meta, inputResponses, requestState: _, ...call } = isObject(params) ? params : {};
  return createHash('sha256')
    .update(JSON.stringify([call, requestState ?? null]))
    .digest('base64');
}
