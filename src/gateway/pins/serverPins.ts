import { setImmediate as nextTurn } from 'node:timers/promises';
import { Emitter } from '../../common/event';
import type { Log } from '../../common/log';
import { visibleLine } from '../../common/visibleText';
import { type Difference, definitionText, differencesBetween, digestOf } from './definition';
import {
  digestOfOffer,
  instructionsOffer,
  isSameDefinition,
  isWritable,
  type Offer,
  type OfferKind,
} from './offer';
import type { PinRecord, PinStore } from './pinStore';

/** `new`: nothing of this name was ever approved. */
export type Verdict = 'approved' | 'changed' | 'new';

/** What becomes of a tool that a server adds after its first listing. */
export type NewTools = 'review' | 'allow-read-only' | 'allow';

/** Something that waits for the person. */
export interface PinChange {
  readonly kind: 'server' | OfferKind;
  readonly name: string;
  readonly verdict: Exclude<Verdict, 'approved'>;
  /** What was approved last, and what there is now, to be read. */
  readonly before: string | undefined;
  readonly after: string;
  readonly differences: readonly Difference[];
  /** What is suspicious about it. */
  readonly reasons: readonly string[];
  /** Names what was shown. Absent for what nobody can approve. */
  readonly digest: string | undefined;
}

export interface ServerPinsOptions {
  readonly label: string;
  readonly store: PinStore;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly newTools: () => NewTools;
  /** Whether calls of a tool only read, judged by more than its own word. */
  readonly isReadOnly: (definition: unknown) => boolean;
  /** Why a person has to look even at first sight. */
  readonly reasonsFor: (offer: Offer) => readonly string[];
}

export interface ConfirmedServer {
  readonly definition: unknown;
  readonly digest: string;
}

/** A record, to be looked up in. */
interface Pins {
  readonly server: ConfirmedServer | undefined;
  readonly offers: ReadonlyMap<string, unknown>;
}

// To read what a server says takes its time, and it may say a lot.
const longestStretchMs = 10;

const lists = { tool: 'tools', prompt: 'prompts' } as const;

/**
 * What the person has approved of one server, and what of it waits for them. What is seen first
 * after the server itself was confirmed counts as approved; from then on nothing changes unseen.
 */
export class ServerPins {
  private readonly changed = new Emitter<'approved' | 'waiting'>();
  private waitingOffers = new Map<string, Offer>();
  private readonly told = new Set<string>();
  private readonly digests = new WeakMap<Offer, string>();
  private definition: unknown;
  private digest: string | undefined;
  private pinsOf: PinRecord | undefined;
  private pins: Pins = { server: undefined, offers: new Map() };

  /** Tells that something was approved, or that other things wait now. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly options: ServerPinsOptions) {}

  /** Its tools as far as they are approved, for telling those of others from them. */
  get approvedTools(): { readonly server: string; readonly tools: readonly string[] } {
    const tools = this.options.store.read()?.tools ?? [];
    return { server: this.options.label, tools: tools.map(({ name }) => name) };
  }

  /** How the server would be started or reached now. Until it is set, the server is not judged. */
  setServer(definition: unknown): void {
    const digest = digestOf(definition);
    if (digest === this.digest) return;
    this.definition = definition;
    this.digest = digest;
    this.changed.fire('waiting');
  }

  /** Tells that the record may have been written by another window. */
  refresh(): void {
    if (this.options.store.read() !== this.pinsOf) this.changed.fire('approved');
  }

  /** Whether the server may be started or reached. */
  get server(): Verdict {
    const { digest, confirmedServer } = this;
    if (digest === undefined || digest === confirmedServer?.digest) return 'approved';
    return confirmedServer ? 'changed' : 'new';
  }

  /** The definition that the person has confirmed last. */
  get confirmedServer(): ConfirmedServer | undefined {
    return this.current.server;
  }

  /** Whether this is the definition that the person has confirmed. */
  confirms(definition: unknown): boolean {
    return this.confirmedServer?.digest === digestOf(definition);
  }

  /** Everything that waits for the person. */
  get waiting(): readonly PinChange[] {
    const server = this.serverChange();
    return server
      ? [server]
      : [...this.waitingOffers.values()].map((offer) => this.changeOf(offer));
  }

  /** Approves exactly what was shown. False, and nothing is approved, if any of it is another by now. */
  approve(shown: readonly PinChange[]): boolean {
    const now = new Map(this.waiting.map((change) => [keyOf(change), change.digest]));
    const isStill = (change: PinChange): boolean =>
      change.digest !== undefined && now.get(keyOf(change)) === change.digest;
    if (!shown.every(isStill)) return false;
    for (const change of shown) {
      if (change.kind === 'server') this.confirmServer(this.definition);
      else this.pin([this.waitingOffers.get(keyOf(change))!]);
    }
    this.changed.fire('approved');
    return true;
  }

  /** For a definition that the person has just seen whole, as when they guard the server. */
  confirmServer(definition: unknown): void {
    this.options.store.write({ ...this.options.store.read(), server: definition });
    this.changed.fire('approved');
  }

  verdictOf({ kind, name, definition, isAmbiguous }: Offer): Verdict {
    const pinned = this.current.offers.get(keyOf({ kind, name }));
    if (pinned === undefined) return 'new';
    if (isAmbiguous) return 'changed';
    if (isSameDefinition(pinned, definition)) return 'approved';
    if (!isWritable(definition)) return 'changed';
    const differences = differencesBetween(pinned, definition);
    if (differences.some(({ severity }) => severity === 'review')) return 'changed';
    if (differences.length > 0)
      this.tellOnce(`${title(kind, name)} now says of itself that it may do more harm.`);
    return 'approved';
  }

  /** A whole listing. The first one is approved, but for what looks suspicious. */
  async learn(kind: 'tool' | 'prompt', offers: ReadonlyMap<string, Offer>): Promise<void> {
    const suspicious = await this.suspiciousIn([...offers.values()]);
    const record = this.options.store.read();
    const isFirst = record !== undefined && record[lists[kind]] === undefined;
    const all = [...offers.values()];
    const free = all.filter(
      (offer) =>
        !offer.isAmbiguous &&
        isWritable(offer.definition) &&
        this.verdictOf(offer) === 'new' &&
        (isFirst || this.isAllowedNew(offer)) &&
        !suspicious.has(offer),
    );
    if (isFirst || free.length > 0) this.pinUnasked(kind, free);
    for (const { name } of this.options.store.read()?.[lists[kind]] ?? []) {
      if (!offers.has(name)) this.tellOnce(`${title(kind, name)} is gone.`);
    }
    this.keepWaiting(kind, all);
  }

  /** Gives the text that clients may get: the server's if it is approved, or the approved one. */
  learnInstructions(text: string | undefined): string | undefined {
    const record = this.options.store.read();
    if (!record) return undefined;
    const offer = text === undefined ? undefined : instructionsOffer(text);
    if (record.instructions === undefined) {
      const isFree = !offer || this.options.reasonsFor(offer).length === 0;
      const instructions = isFree ? (text ?? null) : null;
      this.tryTo(() => this.options.store.write({ ...record, instructions }));
    }
    this.keepWaiting('instructions', offer ? [offer] : []);
    if (!offer) return undefined;
    return this.verdictOf(offer) === 'approved' ? text : this.pinnedInstructions();
  }

  /** Those of the new ones that a person has to look at in any case. */
  private async suspiciousIn(offers: readonly Offer[]): Promise<ReadonlySet<Offer>> {
    const found = new Set<Offer>();
    let since = performance.now();
    for (const offer of offers) {
      if (this.verdictOf(offer) !== 'new') continue;
      if (this.options.reasonsFor(offer).length > 0) found.add(offer);
      if (performance.now() - since < longestStretchMs) continue;
      await nextTurn();
      since = performance.now();
    }
    return found;
  }

  private isAllowedNew({ kind, definition }: Offer): boolean {
    const setting = this.options.newTools();
    if (kind !== 'tool' || setting === 'review') return false;
    return setting === 'allow' || this.options.isReadOnly(definition);
  }

  /** Those of a kind that now wait, in place of those that did. */
  private keepWaiting(kind: OfferKind, offers: readonly Offer[]): void {
    const next = new Map([...this.waitingOffers].filter(([, offer]) => offer.kind !== kind));
    for (const offer of offers) {
      if (this.verdictOf(offer) !== 'approved') next.set(keyOf(offer), offer);
    }
    const facts = (waiting: ReadonlyMap<string, Offer>): string =>
      JSON.stringify([...waiting].map(([key, offer]) => [key, this.offerDigest(offer)]).sort());
    const isNews = facts(next) !== facts(this.waitingOffers);
    this.waitingOffers = next;
    if (isNews) this.changed.fire('waiting');
  }

  private serverChange(): PinChange | undefined {
    const verdict = this.server;
    if (verdict === 'approved') return undefined;
    const before = this.confirmedServer?.definition;
    const after = this.definition;
    return {
      kind: 'server',
      name: this.options.label,
      verdict,
      before: before === undefined ? undefined : definitionText(before),
      after: definitionText(after),
      differences: before === undefined ? [] : differencesBetween(before, after),
      reasons: [],
      digest: digestOf(after),
    };
  }

  /** There may be thousands, and views mostly read the names: the rest is made when it is read. */
  private changeOf(offer: Offer): PinChange {
    const { kind, name, definition } = offer;
    const pinned = this.current.offers.get(keyOf(offer));
    const digest = this.offerDigest(offer);
    const isReadable = digest !== undefined;
    const isNew = pinned === undefined;
    const { reasonsFor } = this.options;
    return {
      kind,
      name,
      verdict: isNew ? 'new' : 'changed',
      digest,
      get before() {
        return isNew ? undefined : definitionText(pinned);
      },
      get after() {
        return isReadable ? definitionText(definition) : notPinnable;
      },
      get differences() {
        return !isNew && isReadable ? differencesBetween(pinned, definition) : [];
      },
      get reasons() {
        return isReadable ? reasonsFor(offer) : [notPinnable];
      },
    };
  }

  private offerDigest(offer: Offer): string | undefined {
    const known = this.digests.get(offer);
    if (known !== undefined) return known;
    const digest = digestOfOffer(offer);
    if (digest !== undefined) this.digests.set(offer, digest);
    return digest;
  }

  private get current(): Pins {
    const record = this.options.store.read();
    if (record !== this.pinsOf) {
      this.pinsOf = record;
      this.pins = pinsIn(record);
    }
    return this.pins;
  }

  private pinnedInstructions(): string | undefined {
    return this.options.store.read()?.instructions ?? undefined;
  }

  /** What cannot be written is not approved, and so refused: nothing is lost but convenience. */
  private pinUnasked(kind: 'tool' | 'prompt', offers: readonly Offer[]): void {
    const record = this.options.store.read();
    this.tryTo(() => this.pin(offers, { ...record, [lists[kind]]: record?.[lists[kind]] ?? [] }));
  }

  private pin(offers: readonly Offer[], onto = this.options.store.read() ?? {}): void {
    let record = onto;
    for (const kind of ['tool', 'prompt'] as const) {
      const own = offers.filter((offer) => offer.kind === kind);
      if (own.length === 0) continue;
      const names = new Set(own.map(({ name }) => name));
      const kept = (record[lists[kind]] ?? []).filter(({ name }) => !names.has(name));
      const added = own.map(({ definition }) => definition as { name: string });
      record = { ...record, [lists[kind]]: [...kept, ...added] };
    }
    const instructions = offers.find(({ kind }) => kind === 'instructions');
    if (instructions) record = { ...record, instructions: String(instructions.definition) };
    this.options.store.write(record);
    for (const offer of offers) this.waitingOffers.delete(keyOf(offer));
  }

  private tryTo(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.options.log.warn(`What is approved cannot be recorded: ${(error as Error).message}`);
    }
  }

  private tellOnce(text: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.options.log.info(text);
  }
}

const notPinnable = 'It is defined twice, or nested too deeply, and cannot be approved.';

function pinsIn(record: PinRecord | undefined): Pins {
  const offers = new Map<string, unknown>();
  for (const tool of record?.tools ?? []) {
    offers.set(keyOf({ kind: 'tool', name: tool.name }), tool);
  }
  for (const prompt of record?.prompts ?? []) {
    offers.set(keyOf({ kind: 'prompt', name: prompt.name }), prompt);
  }
  const { instructions, server: definition } = record ?? {};
  if (typeof instructions === 'string') {
    offers.set(keyOf({ kind: 'instructions', name: '' }), instructions);
  }
  const server =
    definition === undefined ? undefined : { definition, digest: digestOf(definition) };
  return { server, offers };
}

function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}\0${name}`;
}

function title(kind: OfferKind, name: string): string {
  return kind === 'instructions' ? 'Its instructions' : `The ${kind} "${visibleLine(name)}"`;
}
