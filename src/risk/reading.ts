import {
  attachments,
  computedObjects,
  gestures,
  interfaceParts,
  marketWords,
  moneyObjects,
  moneyWords,
  orderVerbs,
  prepositions,
  readObjects,
  rebuildable,
  type Sense,
  settled,
  storedItems,
  type VerbForm,
} from './lexicon';
import { type Category, categories, type Evidence } from './risk';
import type { Word } from './words';

/** What one text (a name, a sentence) says that the tool does. */
export interface Reading {
  readonly category: Category;
  readonly sense: Sense;
  /** False where the words could as well mean something else. */
  readonly clear: boolean;
  readonly verb: string;
  readonly evidence: Evidence;
}

/** What surrounds a verb and decides what it does. */
export interface Surroundings {
  /** The words that follow the verb, or stand before it in names such as `pages_delete`. */
  readonly objects: readonly string[];
  /** Folded words of the name, the first sentence and the parameters' names. */
  readonly nearby: () => ReadonlySet<string>;
  readonly writesFile: boolean;
}

export interface Meaning {
  readonly category: Category;
  readonly clear: boolean;
  readonly effect: string;
}

export function isWorse(one: Category, other: Category): boolean {
  return categories.indexOf(one) > categories.indexOf(other);
}

const movers = new Set(
  `create make process submit issue send confirm approve complete capture finalize finalise schedule execute place
  retry release add accept initiate authorize broadcast sign mint post perform`.split(/\s+/),
);

// Starting or triggering a scan leaves something running; these wait for its report.
const reporters = new Set('run execute exec call invoke rerun'.split(' '));

// A transaction is one of a ledger or one of a database; these send it to a ledger.
const transactionSenders = new Set('send submit sign broadcast'.split(' '));

function head(objects: readonly string[]): string | undefined {
  let last: string | undefined;
  for (const word of objects) {
    if (prepositions.has(word)) break;
    last = word;
  }
  return last;
}

function movesMoney(verb: VerbForm, { objects, nearby }: Surroundings): boolean {
  const object = head(objects);
  if (object === undefined) return false;
  if (object === 'transaction' || object === 'transactions')
    return transactionSenders.has(verb.base);
  if (object === 'order' || object === 'orders') {
    const market = some(objects, marketWords) || nearby().has('price') || nearby().has('amount');
    return orderVerbs.has(verb.base) || (movers.has(verb.base) && market);
  }
  if (object === 'invoice') return verb.base === 'finalize' || verb.base === 'finalise';
  if (object === 'funds' || object === 'money' || object === 'crypto') return verb.sense === 'send';
  return moneyObjects.has(object) && movers.has(verb.base);
}

function some(words: readonly string[], among: ReadonlySet<string>): boolean {
  return words.some((word) => among.has(word));
}

function hasMoney(surroundings: Surroundings): boolean {
  for (const word of surroundings.nearby()) if (moneyWords.has(word)) return true;
  return some(surroundings.objects, moneyObjects);
}

function touchesInterface({ objects, nearby }: Surroundings): boolean {
  if (some(objects, interfaceParts)) return true;
  const words = nearby();
  for (const part of interfaceParts) if (words.has(part)) return true;
  return false;
}

/** What a verb does to its object. */
export function meaningOf(verb: VerbForm, surroundings: Surroundings): Meaning {
  const clear = !verb.vague;
  const { objects } = surroundings;
  const financial: Meaning = { category: 'Financial', clear: true, effect: 'moves money' };
  if (gestures.has(verb.base) && touchesInterface(surroundings)) {
    return { category: 'Execute', clear, effect: 'drives a user interface' };
  }
  switch (verb.sense) {
    case 'read':
      if (verb.base === 'load' && objects.includes('into')) {
        return { category: 'Write', clear, effect: 'puts data in' };
      }
      if (verb.base === 'resolve' && some(objects, settled)) {
        return { category: 'Write', clear: true, effect: 'settles it' };
      }
      return { category: 'Read', clear, effect: 'reads' };
    case 'query':
      return { category: 'Read', clear, effect: 'asks for data' };
    case 'generate':
      if (movesMoney(verb, surroundings)) return financial;
      return computedObjects.has(head(objects) ?? '')
        ? {
            category: 'Read',
            clear: false,
            effect: 'makes a text or a picture and changes nothing',
          }
        : { category: 'Write', clear: false, effect: 'makes something new' };
    case 'download':
      return surroundings.writesFile
        ? { category: 'Write', clear, effect: 'saves a file' }
        : { category: 'Read', clear: false, effect: 'takes data out' };
    case 'write':
      if (movesMoney(verb, surroundings)) return financial;
      if (verb.base === 'open' && storedItems.has(head(objects) ?? '')) {
        return { category: 'Read', clear: false, effect: 'shows what is stored' };
      }
      if (verb.base === 'clean' && objects.includes('from')) {
        return { category: 'Destructive', clear: true, effect: 'removes data' };
      }
      return { category: 'Write', clear, effect: 'changes data' };
    case 'send':
      if (movesMoney(verb, surroundings)) return financial;
      return { category: 'Write', clear, effect: 'sends something out' };
    case 'manage':
      return { category: 'Write', clear: false, effect: 'covers changes' };
    case 'run':
      if (movesMoney(verb, surroundings)) return financial;
      if (objects.includes('query'))
        return { category: 'Execute', clear: false, effect: 'runs a query' };
      return some(objects, readObjects) && reporters.has(verb.base)
        ? { category: 'Read', clear: false, effect: 'runs something that only reports' }
        : { category: 'Execute', clear, effect: 'runs something' };
    case 'interact':
      return { category: 'Execute', clear, effect: 'drives a user interface' };
    case 'destroy':
      if (
        verb.base === 'remove' &&
        objects.includes('from') &&
        attachments.has(head(objects) ?? '')
      ) {
        return { category: 'Write', clear, effect: 'takes it off and leaves both in place' };
      }
      // "Sends the draft and removes it from the drafts": it is somewhere else now.
      if (verb.base === 'remove' && objects[0] === 'from') {
        return { category: 'Write', clear, effect: 'takes it out of a list' };
      }
      return rebuildable.has(head(objects) ?? '') &&
        (verb.base === 'clear' || verb.base === 'flush')
        ? { category: 'Write', clear: false, effect: 'clears what can be rebuilt' }
        : { category: 'Destructive', clear, effect: 'removes data' };
    case 'pay':
      return !verb.vague || hasMoney(surroundings)
        ? financial
        : { category: 'Write', clear: false, effect: 'hands something over' };
    default:
      return verb.sense satisfies never;
  }
}

/** The word as the server wrote it, if it still stands there, for quoting. */
export function quoteWord(word: Pick<Word, 'raw'>, text: string): string | undefined {
  return text.includes(word.raw) ? word.raw.slice(0, 60) : undefined;
}
