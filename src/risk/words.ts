/** A word of a server's text: folded for comparing, and as it was written for quoting. */
export interface Word {
  readonly text: string;
  readonly raw: string;
  /** Where it stands in its sentence. */
  readonly start: number;
  /** What stands between the previous word and this one. */
  readonly gap: string;
}

// Servers choose these texts: everything beyond the limits is left unread, so that the time stays bounded.
const nameLimit = 256;
const nameWordLimit = 24;
const sentenceLimit = 400;
const sentenceWordLimit = 60;
const quoteLimit = 60;

const namePart = /\p{Lu}\d+(?!\p{Ll})|\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\d]+/gu;
const invisible = /\p{Cf}/gu;
const onlyAscii = /^[\x20-\x7e]*$/;

const emptyEndings = new Set(['tool', 'tools', 'endpoint', 'mcp', 'v1', 'v2', 'v3', 'beta']);

/** Splits a name in snake, kebab, camel or dotted case into its words. */
export function nameWords(name: string): readonly Word[] {
  const head = name.slice(0, nameLimit);
  // Full-width letters and zero-width characters must not hide a verb.
  const text = onlyAscii.test(head) ? head : head.normalize('NFKC').replace(invisible, '');
  const words: Word[] = [];
  for (const match of text.matchAll(namePart)) {
    const raw = match[0];
    words.push({ text: raw.toLowerCase(), raw, start: match.index, gap: '' });
    if (words.length === nameWordLimit) break;
  }
  const last = words.at(-1);
  if (words.length > 1 && last !== undefined && emptyEndings.has(last.text)) words.pop();
  return words;
}

const sentenceWord = /[\p{L}\p{N}][\p{L}\p{M}\p{N}'’_-]*/gu;

/** The words of one sentence; hyphens and apostrophes stay inside a word. */
export function sentenceWords(sentence: string): readonly Word[] {
  const words: Word[] = [];
  let end = 0;
  for (const match of sentence.matchAll(sentenceWord)) {
    const raw = match[0];
    words.push({
      text: raw.toLowerCase(),
      raw,
      start: match.index,
      gap: sentence.slice(end, match.index),
    });
    end = match.index + raw.length;
    if (words.length === sentenceWordLimit) break;
  }
  return words;
}

const decoration = /^[^\p{L}\p{N}]+/u;
const bracketed = /^\s*[[(][^\])\n]{1,40}[\])]\s*/;
const label =
  /^(?:purpose|description|summary|overview|what it does|function|usage|action)\s?\**\s?[:：]\s?\**\s*/i;
const sentenceEnd = /[.!?](?=\s|$)|[。！？\n]/;

/** The first sentences of a description, without the Markdown and labels that servers put before them. */
export function firstSentences(description: string, count: number): readonly string[] {
  const sentences: string[] = [];
  let rest = description.slice(0, 3 * sentenceLimit);
  for (let looked = 0; sentences.length < count && looked < 3 * count; looked++) {
    rest = rest.replace(bracketed, '').replace(decoration, '').replace(label, '');
    if (rest === '') break;
    const found = rest.search(sentenceEnd);
    const end = found < 0 ? rest.length : found;
    const sentence = rest.slice(0, Math.min(end, sentenceLimit)).trim();
    if (sentence !== '') sentences.push(sentence);
    rest = rest.slice(end + 1);
  }
  return sentences;
}

const plainRun = /[\p{L}\p{N}][\p{L}\p{N} _.'’/:-]*/u;

/**
 * The first run of plain characters in a server's text, at most 60 long: always a true substring, and free of
 * quotation marks, line breaks and control characters. Undefined when nothing plain is there.
 */
export function quotable(text: string): string | undefined {
  const found = plainRun.exec(text.slice(0, nameLimit))?.[0];
  if (found === undefined) return undefined;
  const whole = found.length <= quoteLimit;
  const space = found.lastIndexOf(' ', quoteLimit);
  const cut = found.slice(0, whole || space <= 0 ? quoteLimit : space);
  // Half of a surrogate pair is no character.
  return (/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut).replace(/[ ._/:-]+$/, '');
}
