import {
  joiners,
  nameAdverbs,
  questions,
  readNouns,
  runNouns,
  type Sense,
  type VerbForm,
  verbForm,
} from './lexicon';
import {
  isWorse,
  type Meaning,
  meaningOf,
  quoteWord,
  type Reading,
  type Surroundings,
} from './reading';
import type { Category, ToolContext } from './risk';
import { quotable, type Word } from './words';

const sampledSiblings = 24;
// Changes that names put after a thing: `scan_update`.
const actions = new Set(
  'update set reset pause resume upload import change close open refresh sync release lock move fix'.split(
    ' ',
  ),
);

interface NameVerb {
  readonly at: number;
  readonly verb: VerbForm;
  /** It stands where a verb stands. */
  readonly placed: boolean;
}

/** A first word that most siblings share is the server's name, unless it is plainly a verb. */
export function withoutPrefix(words: readonly Word[], context: ToolContext): readonly Word[] {
  const first = words[0];
  if (first === undefined || words.length < 2) return words;
  const verb = verbForm(first.text);
  if (verb !== undefined && !verb.noun) return words;
  const siblings = context.siblings ?? [];
  // A sample keeps a server with thousands of tools from costing their square.
  const step = Math.max(1, Math.floor(siblings.length / sampledSiblings));
  let seen = 0;
  let shared = 0;
  for (let i = 0; i < siblings.length && seen < sampledSiblings; i += step) {
    const sibling = siblings[i];
    if (sibling === undefined) continue;
    seen++;
    if (sibling.slice(0, first.raw.length).toLowerCase() === first.text) shared++;
  }
  return seen >= 3 && shared >= 0.7 * seen ? words.slice(1) : words;
}

function verbAt(words: readonly Word[], at: number): VerbForm | undefined {
  const word = words[at];
  const verb = word === undefined ? undefined : verbForm(word.text);
  return verb?.form === 'base' ? verb : undefined;
}

function mainVerb(words: readonly Word[]): NameVerb | undefined {
  if (words.length > 1 && nameAdverbs.has(words[0]?.text ?? '')) {
    const rest = mainVerb(words.slice(1));
    if (rest !== undefined) return { ...rest, at: rest.at + 1 };
  }
  const last = words.length - 1;
  const first = verbAt(words, 0);
  const ending = last > 0 ? verbAt(words, last) : undefined;
  if (first !== undefined && !first.noun) {
    // `list_delete` deletes a list; `list_deletes` and `get_update` read.
    const object =
      first.base === 'list' && last === 1 && ending && !ending.noun && ending.sense !== 'read';
    return object
      ? { at: last, verb: ending, placed: false }
      : { at: 0, verb: first, placed: true };
  }
  if (first !== undefined && first.sense === 'read' && !first.vague && last > 1) {
    return { at: 0, verb: first, placed: true };
  }
  if (ending !== undefined && !ending.noun) return { at: last, verb: ending, placed: true };
  for (let at = 1; at < last; at++) {
    const verb = verbAt(words, at);
    if (verb !== undefined && !verb.noun) return { at, verb, placed: true };
  }
  if (first !== undefined && ending === undefined) {
    // `leave_balance`, `order_status`: two nouns as often as an order.
    const noun = first.sense === 'write' && readNouns.has(words[last]?.text ?? '');
    return { at: 0, verb: first, placed: last > 0 && !noun };
  }
  if (first !== undefined && ending !== undefined) {
    // Two words that may both be nouns: `view_comment`, `scan_start`, `order_update`, `post_comment`.
    const reads = first.sense === 'read' || first.sense === 'query';
    const acts = ending.sense === 'run' || ending.sense === 'destroy' || actions.has(ending.base);
    const endingIsNoun =
      ending.vague || (!first.vague && (reads ? !acts : ending.sense !== 'write'));
    return { at: endingIsNoun ? 0 : last, verb: endingIsNoun ? first : ending, placed: false };
  }
  // `git_log`, `audit_record`: with no other verb in sight, a thing to be read.
  if (ending?.noun && readNouns.has(words[last]?.text ?? '')) return undefined;
  for (let at = last; at > 0; at--) {
    const verb = verbAt(words, at);
    if (verb !== undefined) {
      return { at, verb, placed: at === last && (last === 1 || actions.has(verb.base)) };
    }
  }
  return undefined;
}

function objectsOf(words: readonly Word[], at: number): readonly string[] {
  const texts = words.map((word) => word.text);
  return at === words.length - 1 ? texts.slice(0, at) : texts.slice(at + 1);
}

/** What the name says: its verb wherever it stands, a verb joined to it by "and" or "or" when that is worse. */
export function readName(
  name: string,
  words: readonly Word[],
  surroundings: Omit<Surroundings, 'objects'>,
): Reading | undefined {
  const asked = words.length > 1 ? words[0] : undefined;
  if (asked !== undefined && questions.has(asked.text)) {
    return guess('Read', 'read', name, asked, 'The name asks a question');
  }
  const main = mainVerb(words);
  if (main === undefined) return readByNoun(name, words);
  let chosen = main;
  let meaning: Meaning = meaningOf(main.verb, {
    ...surroundings,
    objects: objectsOf(words, main.at),
  });
  for (let at = main.at + 1; at < words.length - 1; at++) {
    if (!joiners.has(words[at]?.text ?? '')) continue;
    const joined = verbAt(words, at + 1);
    if (joined === undefined) continue;
    const other = meaningOf(joined, { ...surroundings, objects: objectsOf(words, at + 1) });
    if (!isWorse(other.category, meaning.category)) continue;
    chosen = { at: at + 1, verb: joined, placed: true };
    meaning = other;
  }
  const word = words[chosen.at];
  const quote = (word && quoteWord(word, name)) ?? quotable(name);
  return {
    category: meaning.category,
    sense: chosen.verb.sense,
    clear: meaning.clear && chosen.placed,
    verb: chosen.verb.base,
    evidence: {
      text: quote
        ? `The name's verb "${quote}" ${meaning.effect}.`
        : `The name has a verb that ${meaning.effect}.`,
      field: 'name',
      words: quote ? [quote] : [],
    },
  };
}

function readByNoun(name: string, words: readonly Word[]): Reading | undefined {
  const last = words.at(-1);
  if (last === undefined) return undefined;
  if (readNouns.has(last.text)) {
    return guess(
      'Read',
      'read',
      name,
      last,
      'The name has no verb and ends in something to be read',
    );
  }
  if (runNouns.has(last.text)) {
    return guess(
      'Execute',
      'run',
      name,
      last,
      'The name is of something that runs what it is given',
    );
  }
  return undefined;
}

function guess(category: Category, sense: Sense, name: string, word: Word, says: string): Reading {
  const quote = quoteWord(word, name) ?? quotable(name);
  const evidence = {
    text: quote ? `${says}: "${quote}".` : `${says}.`,
    field: 'name',
    words: quote ? [quote] : [],
  };
  return { category, sense, clear: false, verb: '', evidence };
}
