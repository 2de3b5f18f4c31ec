import {
  determiners,
  fillers,
  joiners,
  negations,
  prepositions,
  reportNouns,
  type VerbForm,
  verbForm,
} from './lexicon';
import { isWorse, meaningOf, type Reading, type Surroundings } from './reading';
import { quotable, sentenceWords, type Word } from './words';

const leadLimit = 16;
const objectSpan = 8;
const nounLimit = 6;
// Words after which an English verb follows.
const openers = new Set('to will can you would that which tool for lets please'.split(' '));
const beneficiaries = new Set('you users user agents to for the'.split(' '));

interface Found {
  readonly at: number;
  readonly verb: VerbForm;
  readonly placed: boolean;
}

function isNegated(words: readonly Word[], at: number): boolean {
  for (let i = Math.max(0, at - 3); i < at; i++) {
    if (negations.has(words[i]?.text ?? '')) return true;
  }
  return false;
}

function isAdverb(text: string): boolean {
  return text.length > 4 && text.endsWith('ly') && text !== 'only' && text !== 'apply';
}

const capitals = /^\p{Lu}{2,}$/u;

/** The verb at a place, unless the words around show it to be something else. */
function asVerb(words: readonly Word[], at: number): VerbForm | undefined {
  const word = words[at];
  const verb = word && verbForm(word.text);
  if (word === undefined || verb === undefined) return undefined;
  // "type='bar'": a parameter.
  if (words[at + 1]?.gap.startsWith('=')) return undefined;
  // INSERT, DELETE: keywords of SQL or HTTP, which the sentence only mentions.
  if (at > 0 && capitals.test(word.raw) && !capitals.test(words[0]?.raw ?? '')) return undefined;
  const next = words[at + 1]?.text ?? '';
  // "Run this tool first" is said to the agent.
  if ((next === 'this' || next === 'the') && words[at + 2]?.text === 'tool') return undefined;
  // "Allows you to", "Helps users": the verb comes after.
  if (fillers.has(word.text) && beneficiaries.has(next)) return undefined;
  // "Forward geocode": the second is the verb.
  const following = verb.noun ? verbForm(next) : undefined;
  if (
    following &&
    !following.noun &&
    following.form === verb.form &&
    /^ $/.test(words[at + 1]?.gap ?? '')
  ) {
    return undefined;
  }
  return verb;
}

/** The verb a sentence opens with, after adverbs and phrases such as "Use this tool to". */
function leadVerb(words: readonly Word[]): Found | undefined {
  let open = true;
  for (let at = 0; at < words.length && at < leadLimit; at++) {
    const text = words[at]?.text ?? '';
    const verb = asVerb(words, at);
    if (verb !== undefined && open && !isNegated(words, at)) {
      const next = words[at + 1]?.text ?? '';
      const before = words[at - 1]?.text ?? '';
      // "A search tool", "the update endpoint": nouns.
      const afterArticle = determiners.has(before);
      const certain =
        !verb.noun ||
        verb.form === 'third' ||
        determiners.has(next) ||
        at === 0 ||
        openers.has(before);
      if (!afterArticle || !verb.noun) return { at, verb, placed: certain && !afterArticle };
    }
    open =
      openers.has(text) ||
      (open && (isAdverb(text) || fillers.has(text) || verbForm(text) !== undefined));
  }
  return undefined;
}

/** Verbs joined to the lead in the same form: "Creates, updates or deletes". */
function joinedVerbs(words: readonly Word[], lead: Found): readonly Found[] {
  const found: Found[] = [];
  for (let at = lead.at + 1; at < words.length; at++) {
    const word = words[at];
    const before = words[at - 1];
    if (word === undefined || before === undefined) continue;
    const verb = asVerb(words, at);
    if (verb === undefined || verb.form !== lead.verb.form || isNegated(words, at)) continue;
    const afterJoiner =
      joiners.has(before.text) || (isAdverb(before.text) && joiners.has(words[at - 2]?.text ?? ''));
    const next = words[at + 1];
    // "…, split into groups": a participle.
    const participle = next !== undefined && prepositions.has(next.text);
    const separated = lead.verb.sense === 'manage' ? /[,/&|+:(–—-]/ : /[,/&|+:]/;
    const inList = separated.test(word.gap) && !participle;
    if (!afterJoiner && !inList) continue;
    const beforeObject = next !== undefined && determiners.has(next.text);
    const certain = verb.form === 'third' ? !verb.noun || beforeObject : beforeObject;
    const listing = lead.verb.sense === 'manage' && at - lead.at <= 16;
    const near = listing || (at - lead.at <= 6 && !verb.noun);
    if (certain || near) {
      found.push({ at, verb, placed: true });
    }
  }
  return found;
}

function objectsAfter(words: readonly Word[], at: number): readonly string[] {
  const objects: string[] = [];
  for (const word of words.slice(at + 1, at + 1 + objectSpan)) {
    // A new clause has its own objects.
    if (/[,;:(]/.test(word.gap) || joiners.has(word.text)) break;
    if (!determiners.has(word.text)) objects.push(word.text);
  }
  return objects;
}

/** A sentence without a verb that opens with something to be read: "Breakdown of orders by customer". */
function readNoun(words: readonly Word[]): Reading | undefined {
  const noun = words.slice(0, nounLimit).find((word) => reportNouns.has(word.text));
  const acts = words.some(({ text }) => {
    const verb = verbForm(text);
    return (
      verb !== undefined &&
      !verb.noun &&
      verb.form !== 'gerund' &&
      verb.sense !== 'read' &&
      verb.sense !== 'query'
    );
  });
  if (noun === undefined || acts) return undefined;
  return {
    category: 'Read',
    sense: 'read',
    clear: false,
    verb: '',
    evidence: {
      text: `The description has no verb and opens with something to be read: "${noun.raw}".`,
      field: 'description',
      words: [noun.raw],
    },
  };
}

/** What one sentence of a description says that the tool does. */
export function readSentence(
  sentence: string,
  surroundings: Omit<Surroundings, 'objects'>,
): Reading | undefined {
  const words = sentenceWords(sentence);
  const lead = leadVerb(words);
  if (lead === undefined) return readNoun(words);
  let chosen = lead;
  let meaning = meaningOf(lead.verb, { ...surroundings, objects: objectsAfter(words, lead.at) });
  const others = joinedVerbs(words, lead);
  const first = others[0];
  // "Manage teams: list, get": what is listed says what managing is.
  if (lead.verb.sense === 'manage' && others.length > 1 && first !== undefined) {
    chosen = first;
    meaning = meaningOf(first.verb, { ...surroundings, objects: [] });
  }
  for (const joined of others) {
    const other = meaningOf(joined.verb, {
      ...surroundings,
      objects: objectsAfter(words, joined.at),
    });
    if (!isWorse(other.category, meaning.category) || joined.verb.vague) continue;
    chosen = joined;
    meaning = other;
  }
  const word = words[chosen.at];
  if (word === undefined) return undefined;
  const before = words[chosen.at - 1];
  const from = before !== undefined && isAdverb(before.text) ? before.start : word.start;
  const quote = quotable(sentence.slice(from)) ?? word.raw;
  return {
    category: meaning.category,
    sense: chosen.verb.sense,
    clear: meaning.clear && chosen.placed,
    verb: chosen.verb.base,
    evidence: {
      text: `The description says "${quote}": that ${meaning.effect}.`,
      field: 'description',
      words: [quote],
    },
  };
}
