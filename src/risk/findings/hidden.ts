import type { Severity } from './finding';

/** A span of a text, and how grave it is. */
export interface Span {
  readonly offset: number;
  readonly text: string;
  readonly severity: Severity;
}

// Everything that may be hidden, or hide something; nearly every text has none of it. Tab, line feed
// and carriage return are layout. Unicode TR36; Trail of Bits on ANSI codes in MCP, 2025-04.
const suspect =
  /[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Default_Ignorable_Code_Point}\u2800]|[^\S\r\n]{40}|\n{12}/u;

// One is enough to look; none needs more.
const mostSpans = 50;

/** Where the parts of a text are that a person does not see, and honest typography does not need. */
export function hiddenSpans(text: string): readonly Span[] {
  if (!suspect.test(text)) return [];
  const spans: Span[] = [];
  const found = (
    pattern: RegExp,
    severity: Severity,
    accept?: (match: RegExpExecArray) => boolean,
  ) => {
    for (const match of text.matchAll(pattern)) {
      const overlaps = spans.some(
        ({ offset, text: other }) =>
          match.index < offset + other.length && offset < match.index + match[0].length,
      );
      if (overlaps || accept?.(match) === false) continue;
      if (spans.length >= mostSpans) return;
      spans.push({ offset: match.index, text: match[0], severity });
    }
  };
  found(terminalCodes, 'severe');
  found(annotations, 'severe');
  found(tags, 'severe', (match) => !isFlag(text, match));
  found(selectorRuns, 'severe');
  found(overrides, 'severe');
  found(invisibleRuns, 'severe', ({ 0: run }) => hidesText(run));
  found(controls, 'moderate');
  found(lone, 'moderate', (match) => !isTypography(text, match));
  found(padding, 'moderate', ({ 0: run, index }) => isCoveringUp(text, index + run.length));
  return spans.sort((a, b) => a.offset - b.offset);
}

// The code, and what it conceals up to the next one: colours, concealment, hyperlinks, cursor moves.
const terminalCodes =
  /(?:\x1B\[|\x9B)[0-?]*[ -/]*[@-~](?:[^\x1B\x9B]{0,500}(?:\x1B\[|\x9B)[0-?]*[ -/]*[@-~])?|(?:\x1B\]|\x9D)[^\x07\x1B\x9C]{0,500}(?:\x07|\x1B\\|\x9C)?|\x1B[^[\]]?/g;
const annotations = /\uFFF9[^\uFFFB]{0,500}\uFFFB?|[\uFFFA\uFFFB]/g;
const tags = /[\u{E0000}-\u{E007F}]+/gu;
// Two or more in a row say nothing of the letter before; they can carry any bytes.
const selectorRuns = /[\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2,}/gu;
const overrides = /[\u202A\u202B\u202D\u202E][^\u202C\n]{0,500}\u202C?/g;
const invisibleRuns = /[\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]{2,}/gu;
const controls = /[\x00-\x08\x0B\x0C\x0E-\x1A\x1C-\x1F\x7F-\x9A\x9C-\x9F]+/g;
const lone =
  /(?![\u{E0000}-\u{E007F}])[\p{Default_Ignorable_Code_Point}\p{Co}\p{Cs}\u2028\u2029\u2800]/gu;
const padding = /[^\S\r\n]{40,}|(?:\n[^\S\n]*){12,}/g;

/** England, Scotland, Wales and the like are a black flag and the tags of a region. */
function isFlag(text: string, { 0: run, index }: RegExpExecArray): boolean {
  return (
    /\u{1F3F4}$/u.test(text.slice(Math.max(0, index - 2), index)) &&
    /^[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,6}\u{E007F}$/u.test(run)
  );
}

// A few joiners in a row are a slip; a long run, or one of several kinds, writes something.
function hidesText(run: string): boolean {
  return [...run].length >= 8 || /[\u2061-\u2064\u2800\u3164]/.test(run);
}

const joining =
  /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Mongolian}\p{Script=Khmer}\p{Script=Thai}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Hangul}]/u;
const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;
const pictograph =
  /(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}#*0-9\u2190-\u2BFF]|\uFE0F)$/u;

/** Whether scripts or emoji need this character where it stands. */
function isTypography(text: string, { 0: character, index }: RegExpExecArray): boolean {
  const before = text.slice(Math.max(0, index - 2), index);
  const near = text.slice(Math.max(0, index - 40), index + 40);
  switch (character) {
    case '\u200D':
      return pictograph.test(before) || joining.test(before);
    case '\u200C':
    case '\u200B':
      return joining.test(near);
    case '\u200E':
    case '\u200F':
    case '\u061C':
    case '\u2066':
    case '\u2067':
    case '\u2068':
    case '\u2069':
    case '\u202C':
      return rightToLeft.test(near);
    case '\uFEFF':
      return index === 0;
    case '\u00AD':
    case '\u2060':
      return true;
  }
  if (/\p{Variation_Selector}/u.test(character) && character.length === 1)
    return /[\p{S}\p{P}\p{N}\p{Script=Han}]$/u.test(before);
  if (/[\u{E0100}-\u{E01EF}]/u.test(character)) return /\p{Script=Han}$/u.test(before);
  // Icon fonts live here.
  return /\p{Co}/u.test(character) && !/\p{Co}/u.test(before);
}

/**
 * The text without terminal codes and what a person does not see. What codes conceal stays, and is
 * seen; what scripts and emoji need stays too.
 */
export function withoutHidden(text: string): string {
  if (!suspect.test(text)) return text;
  const plain = text.replace(codesAlone, '').replace(controls, '');
  let kept = '';
  let end = 0;
  for (const match of plain.matchAll(anyHidden)) {
    const isNeeded = tag.test(match[0]) ? isFlag(plain, match) : isTypography(plain, match);
    if (isNeeded) continue;
    kept += plain.slice(end, match.index);
    end = match.index + match[0].length;
  }
  return kept + plain.slice(end);
}

const codesAlone =
  /(?:\x1B\[|\x9B)[0-?]*[ -/]*[@-~]?|(?:\x1B\]|\x9D)[^\x07\x1B\x9C]{0,2000}(?:\x07|\x1B\\|\x9C)?|\x1B[^[\]]?/g;
const tag = /^[\u{E0000}-\u{E007F}]/u;
const anyHidden =
  /[\u{E0000}-\u{E007F}]+|[\p{Default_Ignorable_Code_Point}\p{Cs}\u2028\u2029\u2800\uFFF9-\uFFFB]/gu;

// Spaces push what follows out of sight; in code and tables they align.
function isCoveringUp(text: string, end: number): boolean {
  const rest = text.slice(end, end + 400).trimStart();
  return /^(?:\p{L}+[\s,]+){4}/u.test(rest);
}
