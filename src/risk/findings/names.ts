import type { FindingClass, Severity } from './finding';
import type { Sentence } from './sentences';
import { letters, type Surroundings } from './surroundings';

const latin = /\p{Script=Latin}/u;
const drawnLikeLatin =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;
const beyondAscii = /[^\x00-\x7F]/;
const mixedWord = /[\p{L}\p{M}]+/gu;

/** Whether a word mixes Latin letters with those of a script that is drawn like Latin. */
export function mixesScripts(text: string): boolean {
  return drawnLikeLatin.test(text) && latin.test(text);
}

/** Words of a text that only look like what they seem to say. */
export function mixedWords(
  text: string,
): readonly { readonly offset: number; readonly text: string }[] {
  if (!beyondAscii.test(text) || !mixesScripts(text)) return [];
  return [...text.matchAll(mixedWord)]
    .filter(
      ({ 0: word }) =>
        word.length > 2 &&
        mixesScripts(word) &&
        !/^\p{Lu}?\p{Script=Latin}+-?\p{Script=Cyrillic}{1,3}$/u.test(word),
    )
    .map(({ 0: word, index }) => ({ offset: index, text: word }));
}

/** How grave it is that a tool has this name, among the tools of other servers. */
export function nameSeverity(
  name: string,
  server: string,
  surroundings: Surroundings,
): Severity | undefined {
  if (
    beyondAscii.test(name) &&
    (mixesScripts(name) || /[\uFF01-\uFF5E\u{1D400}-\u{1D7FF}]/u.test(name))
  )
    return 'severe';
  if (impersonates(name, server, surroundings)) return 'severe';
  const alike = surroundings.lookAlike(name, server);
  if (!alike) return undefined;
  return /[^\x00-\x7F]/.test(name) ? 'severe' : 'moderate';
}

/** Carries another server's label before the name of its tool, as clients write them. */
function impersonates(name: string, server: string, surroundings: Surroundings): boolean {
  for (const match of name.matchAll(/__|[_.:/-]/g)) {
    const rest = name.slice(match.index + match[0].length);
    for (const owner of surroundings.ownersOf(rest, server)) {
      const prefix = letters(name.slice(0, match.index)).replace(/^mcp/, '');
      if (prefix !== '' && prefix === letters(owner.server) && prefix !== letters(server))
        return true;
    }
  }
  return false;
}

/** A judgement about a sentence that speaks of another server's tool. */
export interface Shadow {
  readonly class: FindingClass;
  readonly severity: Severity;
}

// A name of several words; others, such as "search", name nothing by themselves.
const distinct =
  /(?<![\p{L}\p{N}_.-])(?=[\p{L}\p{N}]*(?:[_-]|\p{Ll}\p{Lu}))[\p{L}\p{N}]+(?:[_.-]+[\p{L}\p{N}]+)*/gu;
const calledTool = /(?<![\p{L}\p{N}_.-])([\p{L}\p{N}_.-]{1,128})[`"']?\s+(?:tool|function)\b/giu;

/**
 * What a sentence says about the tools of other servers. To name one is worth a look; to say how it
 * is called is to reach into it (Invariant Labs, "tool shadowing", 2025-04).
 */
export function shadowOf(
  s: Sentence,
  server: string,
  around: Surroundings,
  own: ReadonlySet<string>,
): Shadow | undefined {
  if (!around.hasOthers) return undefined;
  const names = mentions(s.text, server, around, own);
  const about = names.length > 0 ? names : labelMentions(s.text, server, around);
  if (about.length === 0) return undefined;
  if (steers(s)) return { class: 'shadowing', severity: 'severe' };
  return names.length > 0 && !offers.test(s.text)
    ? { class: 'shadowing', severity: 'moderate' }
    : undefined;
}

const offers =
  /\b(?:if|when|works? with|compatible|can be|output of|returned by|listed by|like|similar|such as|see also|unlike|e\.g|alongside|from)\b/i;

function mentions(
  text: string,
  server: string,
  around: Surroundings,
  own: ReadonlySet<string>,
): readonly string[] {
  const isForeignName = (word: string): boolean => !around.isOwn(word, server) && !own.has(word);
  const found = [...text.matchAll(distinct)]
    .map(({ 0: word }) => word)
    // The words that the tool itself defines are its own.
    .filter((word) => word.length >= 6 && isForeignName(word))
    .filter((word) => around.ownersOf(word, server).length > 0);
  if (found.length > 0) return found;
  const lower = text.toLowerCase();
  return [...text.matchAll(calledTool)]
    .map(({ 1: word }) => word ?? '')
    .filter((word) => !around.isOwn(word, server))
    .filter((word) =>
      around.ownersOf(word, server).some((owner) => lower.includes(owner.server.toLowerCase())),
    );
}

const labelled =
  /(?<![\p{L}\p{N}@/_.-])([\p{L}\p{N}@/_.-]{1,128})(?:['’]s)? (?:mcp )?(?:server|tools?)\b/giu;

function labelMentions(text: string, server: string, around: Surroundings): readonly string[] {
  if (!/server|tool/i.test(text)) return [];
  return [...text.matchAll(labelled)].flatMap(
    ({ 1: word }) => around.labelLike(word ?? '', server) ?? [],
  );
}

const steersPlainly =
  /\b(?:instead|deprecated|obsolete|stale|broken|replaces?|replaced|formerly|supersedes?|superseded|compromised|first|rather than|unsafe|insecure|no longer|same arguments|used automatically|forwards? here|intercept|proxy|redirect|reroute|route|rewrite|must|should|always|never|has to|have to|needs? to|mandatory|required|silently|bcc|cc|also (?:send|add|copy|call)|change[ds]?|set the|append|prepend|prefix|do not|don't|avoid|skip|copy|forward)\b/i;

function steers(s: Sentence): boolean {
  if (s.isForeign) return s.hasAny('must', 'instead', 'give', 'change', 'every', 'neg', 'ignore');
  return steersPlainly.test(s.text);
}
