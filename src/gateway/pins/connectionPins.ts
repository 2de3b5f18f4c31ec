import { isObject, type JsonRpcRequest, type JsonRpcResponse } from '../jsonRpc';
import { type Ask, listAll } from '../listing';
import type { Refusal } from '../refusal';
import { isSameOffer, listedOffer, type Offer, offersIn } from './offer';
import type { ServerPins } from './serverPins';

// A server may change without a word, and clients may keep a list for as long as it tells them.
const freshMs = 60_000;
// One that says with each listing that it has changed would be listed for ever.
const mostListings = 5;

interface List {
  readonly kind: 'tool' | 'prompt';
  readonly method: string;
  readonly key: 'tools' | 'prompts';
  readonly changed: string;
  /** The request that uses one of the list. */
  readonly use: string;
  offers: ReadonlyMap<string, Offer>;
  /** Whether `offers` is what the server last listed, and no change was announced since. */
  isKnown: boolean;
  learnedAt: number;
  changes: number;
  listing: Promise<void> | undefined;
}

/**
 * One connection to a server, which may say other things than the next: what it says of itself is
 * held against what the person has approved, when it is listed and again when it is called.
 */
export class ConnectionPins {
  private readonly lists: readonly List[] = [
    list('tool', 'tools', 'tools/call'),
    list('prompt', 'prompts', 'prompts/get'),
  ];

  constructor(
    private readonly pins: ServerPins,
    private readonly ask: Ask,
    /** Gets each page of tools that was asked for past the client. */
    private readonly onTools: (page: readonly unknown[], isFirst: boolean, isLast: boolean) => void,
  ) {}

  /** A notification of the server. */
  told(method: string): void {
    const changed = this.lists.find((each) => each.changed === method);
    if (!changed) return;
    changed.isKnown = false;
    changed.changes++;
  }

  /** Why a request must not go on. Answers at once where the definitions are known. */
  refusalOf(request: JsonRpcRequest): Refusal | undefined | Promise<Refusal | undefined> {
    if (this.pins.server !== 'approved') return serverChanged;
    const used = this.lists.find(({ use }) => use === request.method);
    if (!used) return undefined;
    const name = String(request.params?.name);
    const known = this.known(used);
    return known ? known.then(() => this.verdict(used, name)) : this.verdict(used, name);
  }

  /** An answer as the client may see it. The same object where nothing of it changes. */
  shown(
    request: JsonRpcRequest,
    response: JsonRpcResponse,
  ): JsonRpcResponse | Promise<JsonRpcResponse> {
    const { result } = response;
    if (!isObject(result)) return response;
    if (request.method === 'initialize' || request.method === 'server/discover') {
      return withInstructions(response, result, this.pins);
    }
    const shown = this.lists.find(({ method }) => method === request.method);
    if (!shown) return response;
    const filtered = (): JsonRpcResponse | Promise<JsonRpcResponse> =>
      this.filtered(shown, response, result);
    const known = this.known(shown);
    return known ? known.then(filtered) : filtered();
  }

  private verdict(used: List, name: string): Refusal | undefined {
    const offer = used.isKnown ? used.offers.get(name) : undefined;
    if (!offer) return toolChanged(true);
    return this.pins.verdictOf(offer) === 'approved' ? undefined : toolChanged(false);
  }

  /** What the client lists may differ from what was listed past it, and then counts as well. */
  private filtered(
    shown: List,
    response: JsonRpcResponse,
    result: Readonly<Record<string, unknown>>,
  ): JsonRpcResponse | Promise<JsonRpcResponse> {
    const items = Array.isArray(result[shown.key]) ? (result[shown.key] as unknown[]) : [];
    const page = offersIn(shown.kind, items);
    const isOther = [...page.values()].some((offer) => {
      const known = shown.offers.get(offer.name);
      return known === undefined || !isSameOffer(known, offer);
    });
    const approved = (): JsonRpcResponse => this.approvedOf(shown, items, response, result);
    if (!isOther) return approved();
    const { isKnown } = shown;
    shown.offers = new Map([...shown.offers, ...page]);
    // It says two things: before the next call it is asked again.
    shown.isKnown = false;
    return isKnown ? this.pins.learn(shown.kind, shown.offers).then(approved) : approved();
  }

  private approvedOf(
    shown: List,
    items: readonly unknown[],
    response: JsonRpcResponse,
    result: Readonly<Record<string, unknown>>,
  ): JsonRpcResponse {
    const isApproved = (item: unknown): boolean => {
      const name = listedOffer(shown.kind, item)?.name;
      const current = name === undefined ? undefined : shown.offers.get(name);
      return current !== undefined && this.pins.verdictOf(current) === 'approved';
    };
    const kept = items.filter(isApproved);
    if (kept.length === items.length) return response;
    return { ...response, result: { ...result, [shown.key]: kept } };
  }

  /** Resolves when the list is known, or cannot be: then nothing of it is. At once if it is. */
  private known(wanted: List): Promise<void> | undefined {
    if (performance.now() - wanted.learnedAt > freshMs) wanted.isKnown = false;
    if (wanted.isKnown) return undefined;
    wanted.listing ??= this.learn(wanted).finally(() => {
      wanted.listing = undefined;
    });
    return wanted.listing;
  }

  private async learn(wanted: List): Promise<void> {
    for (let attempt = 0; attempt < mostListings; attempt++) {
      const { changes } = wanted;
      const onPage = wanted.kind === 'tool' ? this.onTools : undefined;
      const items = await listAll(this.ask, wanted.key, onPage).catch(() => undefined);
      if (!items) return;
      if (wanted.changes !== changes) continue;
      wanted.offers = offersIn(wanted.kind, items);
      await this.pins.learn(wanted.kind, wanted.offers);
      // A change that was announced meanwhile is looked at by the next attempt.
      if (wanted.changes !== changes) continue;
      wanted.isKnown = true;
      wanted.learnedAt = performance.now();
      return;
    }
  }
}

function list(kind: List['kind'], key: List['key'], use: string): List {
  return {
    kind,
    method: `${key}/list`,
    key,
    changed: `notifications/${key}/list_changed`,
    use,
    offers: new Map(),
    isKnown: false,
    learnedAt: Number.NEGATIVE_INFINITY,
    changes: 0,
    listing: undefined,
  };
}

function withInstructions(
  response: JsonRpcResponse,
  result: Readonly<Record<string, unknown>>,
  pins: ServerPins,
): JsonRpcResponse {
  const { instructions, ...rest } = result;
  const text = typeof instructions === 'string' ? instructions : undefined;
  const approved = pins.learnInstructions(text);
  if (approved === instructions) return response;
  const shown = approved === undefined ? rest : { ...rest, instructions: approved };
  return { ...response, result: shown };
}

/** Why nothing of a server may be used that the person has not reviewed. */
export const serverChanged: Refusal = { code: 'server_changed', layer: 'gateway', rule: '' };

function toolChanged(isUnlisted: boolean): Refusal {
  return { code: 'tool_changed', layer: 'gateway', rule: '', isUnlisted };
}
