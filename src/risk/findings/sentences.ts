import { type Concept, concept } from './concepts';
import type { Lexicon } from './lexicon';

/** A word that is about something. */
interface Marked {
  readonly at: number;
  readonly concepts: number;
}

/** One sentence of a field, and what its words are about. */
export class Sentence {
  private readonly concepts: number = 0;

  constructor(
    readonly text: string,
    /** Where it begins in the field. */
    readonly offset: number,
    private readonly marked: readonly Marked[],
    /** Not English, so that the order of words says less. */
    readonly isForeign: boolean,
  ) {
    for (const { concepts } of marked) this.concepts |= concepts;
  }

  has(...all: readonly Concept[]): boolean {
    return all.every((name) => (this.concepts & concept[name]) !== 0);
  }

  hasAny(...some: readonly Concept[]): boolean {
    return some.some((name) => (this.concepts & concept[name]) !== 0);
  }

  /** Whether a word of the second kind comes after one of the first, at most so many words on. */
  inOrder(first: Concept, second: Concept, within: number): boolean {
    if (!this.has(first, second)) return false;
    const [one, other] = [concept[first], concept[second]];
    let last = Number.NEGATIVE_INFINITY;
    for (const { at, concepts } of this.marked) {
      if ((concepts & other) !== 0 && at > last && at - last <= within) return true;
      if ((concepts & one) !== 0) last = at;
    }
    return false;
  }

  /** Whether words of both kinds stand close together, in any order; one word may be both. */
  near(first: Concept, second: Concept, within: number): boolean {
    if (!this.has(first, second)) return false;
    const [one, other] = [concept[first], concept[second]];
    let [lastOne, lastOther] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { at, concepts } of this.marked) {
      if ((concepts & one) !== 0) lastOne = at;
      if ((concepts & other) !== 0) lastOther = at;
      if (Math.abs(lastOne - lastOther) <= within) return true;
    }
    return false;
  }

  /** How many words are about something. */
  count(name: Concept): number {
    return this.marked.filter(({ concepts }) => (concepts & concept[name]) !== 0).length;
  }
}

const longestSentence = 2000;

const sentenceEnd =
  /[.!?…]+["'”’)\]*_`]*(?=\s+["'“‘([*_`<]*[\p{Lu}\p{N}\p{Lo}])|[。！？؟।]+|\n(?=[^\p{Ll}])|(?<=[:;])\s(?=\p{Lu})/gu;
const clauseGap = 3;
const word = /[\p{L}\p{M}\p{N}_]+(?:['’.-][\p{L}\p{M}\p{N}_]+)*/gu;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Thai}]/u;
// Words that sentences of no other language have, and words that tell another from English.
const englishWords = new Set(
  'the and with that this your from it when if you must should'.split(' '),
);
const otherWords = new Set(
  'der die das den und ein eine vor ohne le les des et est une dans el los las que il gli che di del della per nie jest sie w z na em uma os dla het een van och att ett det ve bir bu ile na w z la de y'.split(
    ' ',
  ),
);

/** The sentences of a text, each with what it is about. */
export function sentencesOf(text: string, lexicon: Lexicon): readonly Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  const close = (end: number): void => {
    for (let from = start; from < end; from += longestSentence) {
      const raw = text.slice(from, Math.min(end, from + longestSentence));
      const offset = from + raw.length - raw.trimStart().length;
      const sentence = raw.trim();
      if (sentence.length > 3) sentences.push(read(sentence, offset, lexicon));
    }
    start = end;
  };
  for (const { index, 0: mark } of text.matchAll(sentenceEnd)) close(index + mark.length);
  close(text.length);
  return sentences;
}

function read(text: string, offset: number, lexicon: Lexicon): Sentence {
  const isUnspaced = unspaced.test(text);
  const marked = isUnspaced ? readUnspaced(text, lexicon) : undefined;
  if (marked) return new Sentence(text, offset, marked, true);
  const found: { at: number; english: number; any: number }[] = [];
  let isEnglish = false;
  let isOther = hasLetterBeyondAscii.test(text);
  let unknownToEnglish = 0;
  let at = 0;
  let end = 0;
  for (const match of text.matchAll(word)) {
    const meaning = lexicon.of(match[0]);
    // Another clause is further away than another word.
    if (clauseEnd.test(text.slice(end, match.index))) at += clauseGap;
    if (meaning.any !== 0) {
      found.push({ at, ...meaning });
      if (meaning.english === 0) unknownToEnglish++;
    }
    const lower = match[0].toLowerCase();
    isEnglish ||= englishWords.has(lower);
    isOther ||= otherWords.has(lower);
    end = match.index + match[0].length;
    at++;
  }
  const isForeign =
    !isEnglish && (isOther || (unknownToEnglish >= 3 && unknownToEnglish > found.length / 2));
  const all = found.map(({ at: place, english, any }) => ({
    at: place,
    concepts: isForeign ? any : english,
  }));
  return new Sentence(text, offset, all, isForeign);
}

const hasLetterBeyondAscii = /(?![\x00-\x7F])\p{L}/u;
const clauseEnd = /[;:()]/;
const unspacedClauseEnd = /[，、；：,;:]/g;

/** In scripts without spaces two characters stand for a word, about. */
function readUnspaced(text: string, lexicon: Lexicon): readonly Marked[] {
  const clauses = [...text.matchAll(unspacedClauseEnd)].map(({ index }) => index);
  const words = [...text.matchAll(word)].map(({ 0: raw, index }) => ({
    at: index,
    concepts: lexicon.of(raw).any,
  }));
  let clause = 0;
  return [...lexicon.partsOf(text), ...words]
    .sort((a, b) => a.at - b.at)
    .map(({ at, concepts }) => {
      while (clause < clauses.length && clauses[clause]! < at) clause++;
      return { at: at / 2 + clauseGap * clause, concepts };
    });
}
