import { quotable } from './words';

const scanned = 1500;

const readOnly =
  /\bread-?\s?only\b|\bin read mode\b|\b(?:does|do|will|is|can) not (?:modify|change|alter|mutate|write|execute)\b|\b(?:doesn't|won't|never) (?:modif(?:y|ies)|changes?|alters?|mutates?|writes?|executes?)\b|\bwithout (?:modifying|changing|altering|executing)\b|\bno side[- ]effects?\b|\bonly select\b|\bselect (?:query|queries|statements?)(?: only)?\b|\bnon-destructive\b|只读|只讀|読み取り専用|solo lectura|lecture seule|schreibgeschützt/i;
const conditional =
  /(?:\bnot|\bnon|\bunless|\bif|\bwhen|\bexcept|\bwhile|\bas|\bto|\ba|\bset|\bmark)[\s-]$/i;

/** Words that promise reading. A promise about a mode that may be off ("when read-only") is none. */
export function readOnlyPhrase(description: string): string | undefined {
  const text = description.slice(0, scanned);
  const found = readOnly.exec(text);
  if (found === null) return undefined;
  const before = text.slice(Math.max(0, found.index - 12), found.index);
  const noun =
    /^read/i.test(found[0]) &&
    /^\s+(?:fields?|propert|attribute|mode (?:is|on))/i.test(
      text.slice(found.index + found[0].length, found.index + found[0].length + 14),
    );
  if (noun) return undefined;
  const article = /\ba $/i.test(before);
  return !article && conditional.test(before) ? undefined : quotable(found[0]);
}

const forGood =
  /\b(?:permanently|irreversibly|irrevocably)\s+(?:delet|remov|eras|destroy|wip|purg)[a-z]{1,4}\b|\b(?:this|it|tool|also|will|can) (?:also )?(?:deletes?|erases?|destroys?|wipes?|purges?)\b/i;

/** Words that say data will be gone, wherever they stand in the description. */
export function removalPhrase(description: string): string | undefined {
  const text = description.slice(0, scanned);
  const found = forGood.exec(text);
  if (found === null) return undefined;
  const before = text.slice(Math.max(0, found.index - 24), found.index);
  if (
    /\b(?:not|never|without|before|cannot|instead|to|if|which|until|after|avoid)\b[^.]*$/i.test(
      before,
    )
  )
    return undefined;
  return quotable(found[0]);
}

const structured = /\bsql\b|\bcypher\b|\bpl\/?pgsql\b/i;

/** Whether a query parameter takes a language that can write. */
export function namesWritableLanguage(text: string): boolean {
  return structured.test(text.slice(0, 400));
}

const arbitrary =
  /\barbitrary (?:[a-z]+ )?(?:code|commands?|scripts?|javascript|python|sql)\b|\bshell commands?\b|\bremote code\b|\brce\b|\bas root\b/i;

export function arbitraryCodePhrase(description: string): string | undefined {
  const found = arbitrary.exec(description.slice(0, scanned));
  return found === null ? undefined : quotable(found[0]);
}
