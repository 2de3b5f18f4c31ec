import { type Concept, concept } from './concepts';
import { english } from './english';
import { otherLanguages } from './otherLanguages';
import { unspacedScripts } from './unspacedScripts';

const mostKnown = 50_000;
const elision = /^(?:d|l|qu|s|n|c|j|m|t|dell|all|nell|un)'(?=\p{L}{2})/u;
const longestPrefix = 16;

/** What one word is about: as an English word, and as a word of any language. */
export interface Meaning {
  readonly english: number;
  readonly any: number;
}

/** Looks up what words are about. */
export class Lexicon {
  private readonly english = new Map<string, number>();
  private readonly others = new Map<string, number>();
  private readonly prefixes = new Map<string, number>();
  private readonly parts: readonly (readonly [string, number])[];
  // Texts repeat their words. The server chooses them, so what is remembered is bounded.
  private readonly known = new Map<string, Meaning>();

  constructor() {
    const parts: [string, number][] = [];
    for (const [name, bit] of Object.entries(concept) as [Concept, number][]) {
      for (const word of english[name].split(/\s+/)) add(this.english, plain(word), bit);
      for (const entry of otherLanguages[name].split(/\s+/)) {
        if (entry.endsWith('*')) add(this.prefixes, plain(entry.slice(0, -1)), bit);
        else add(this.others, plain(entry), bit);
      }
      for (const part of unspacedScripts[name].split(/\s+/)) parts.push([part, bit]);
    }
    this.parts = parts;
  }

  of(word: string): Meaning {
    const known = this.known.get(word);
    if (known) return known;
    const key = plain(word).replace(elision, '');
    const inEnglish = this.english.get(key) ?? 0;
    let any = inEnglish | (this.others.get(key) ?? 0);
    for (let length = 3; length <= key.length && length <= longestPrefix; length++) {
      any |= this.prefixes.get(key.slice(0, length)) ?? 0;
    }
    const meaning = { english: inEnglish, any };
    if (this.known.size >= mostKnown) this.known.clear();
    this.known.set(word, meaning);
    return meaning;
  }

  /** The parts of a text that are about something, where words cannot be told apart. */
  partsOf(text: string): readonly { readonly at: number; readonly concepts: number }[] {
    const found: { at: number; concepts: number }[] = [];
    for (const [part, concepts] of this.parts) {
      for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
        found.push({ at, concepts });
      }
    }
    return found;
  }
}

function add(map: Map<string, number>, key: string, bit: number): void {
  map.set(key, (map.get(key) ?? 0) | bit);
}

// Without accents, for authors and attackers leave them out alike.
function plain(word: string): string {
  const lower = word.toLowerCase();
  if (/^[a-z_'-]*$/.test(lower)) return lower;
  return lower
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ł', 'l')
    .replaceAll('ı', 'i')
    .replaceAll('’', "'");
}
