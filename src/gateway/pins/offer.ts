import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../jsonRpc';
import { digestOf } from './definition';

/** What a server offers under a name, for which a person's word is needed. */
export type OfferKind = 'tool' | 'prompt' | 'instructions';

/** Something that a server says of itself now. */
export interface Offer {
  readonly kind: OfferKind;
  readonly name: string;
  readonly definition: unknown;
  /** Listed more than once, in different words: there is no one definition to approve. */
  readonly isAmbiguous?: boolean;
}

export function instructionsOffer(text: string): Offer {
  return { kind: 'instructions', name: '', definition: text };
}

/** `undefined` for an item without a name, which no client can use either. */
export function listedOffer(kind: 'tool' | 'prompt', item: unknown): Offer | undefined {
  if (!isObject(item) || typeof item.name !== 'string') return undefined;
  return { kind, name: item.name, definition: item };
}

/** A list, by name. */
export function offersIn(kind: 'tool' | 'prompt', items: readonly unknown[]): Map<string, Offer> {
  const byName = new Map<string, Offer>();
  for (const item of items) {
    const offer = listedOffer(kind, item);
    if (!offer) continue;
    const other = byName.get(offer.name);
    const isAmbiguous = other !== undefined && !isSameOffer(other, offer);
    byName.set(offer.name, isAmbiguous ? { ...offer, isAmbiguous } : offer);
  }
  return byName;
}

export function isSameOffer(a: Offer, b: Offer): boolean {
  return !a.isAmbiguous && !b.isAmbiguous && isSameDefinition(a.definition, b.definition);
}

/** Whatever the order of keys, and without writing both: listings may hold thousands of tools. */
export function isSameDefinition(a: unknown, b: unknown): boolean {
  try {
    return isDeepStrictEqual(a, b);
  } catch {
    // Nested beyond the stack.
    return false;
  }
}

/** Names exactly this offer. Absent for what nobody can approve. */
export function digestOfOffer({ definition, isAmbiguous }: Offer): string | undefined {
  if (isAmbiguous || !isWritable(definition)) return undefined;
  return digestOf(definition);
}

/** Whether it can be kept: not what is nested beyond the stack. */
export function isWritable(definition: unknown): boolean {
  try {
    return JSON.stringify(definition) !== undefined;
  } catch {
    return false;
  }
}
