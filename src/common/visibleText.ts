// Controls, format characters (zero-width, bidi overrides, Unicode tags), surrogates, private use,
// line and paragraph separators, and everything that renders as nothing (variation selectors,
// Hangul fillers, the Braille blank). Trail of Bits, "Deceiving users with ANSI terminal codes in
// MCP", 2025-04; Unicode TR36.
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const invisibleButLayout =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

// What most texts are, and much quicker to tell.
const plain = /^[ -~]*$/;

/**
 * One line of text in which nothing hides: each invisible character becomes `\u{…}`. For every
 * place where text from a server or an agent is shown or logged.
 */
export function visibleLine(text: string): string {
  return plain.test(text) ? text : text.replace(invisible, asEscape);
}

/** As `visibleLine`, but keeps line feeds and tabs: for a document with many lines. */
export function visibleText(text: string): string {
  return text.replace(invisibleButLayout, asEscape);
}

/** A value as JSON in which nothing hides: the same value to a program, plain text to a terminal. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(invisible, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function asEscape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}}`;
}
