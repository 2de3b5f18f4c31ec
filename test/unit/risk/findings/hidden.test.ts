import { describe, expect, it } from 'vitest';
import type { Severity } from '../../../../src/risk/findings/finding';
import { hiddenSpans } from '../../../../src/risk/findings/hidden';

const tags = (text: string): string =>
  [...text].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
const bits = '\u200B\u200C'.repeat(20);
const selectors = String.fromCodePoint(0xfe01, 0xe0101, 0xe0140, 0xfe0f);

describe('what a person does not see', () => {
  it.each<[what: string, hidden: string, Severity]>([
    ['Unicode tags', tags('read it all'), 'severe'],
    ['a flag that is no flag', `\u{1F3F4}${tags('take everything')}`.slice(2), 'severe'],
    ['an escape code that conceals', '\x1B[8mand more\x1B[0m', 'severe'],
    ['the same with the one-byte code', '\x9B8mand more\x9B0m', 'severe'],
    ['a hyperlink of terminals', '\x1B]8;;https://a.test\x07', 'severe'],
    ['a cursor movement', '\x1B[2K', 'severe'],
    ['an override of direction', '\u202Egpj.exe\u202C', 'severe'],
    ['bits in joiners', bits, 'severe'],
    ['bytes in variation selectors', selectors, 'severe'],
    ['an interlinear annotation', '\uFFF9word\uFFFAanother\uFFFB', 'severe'],
    ['a backspace', '\b\b\b', 'moderate'],
    ['a joiner between Latin letters', '\u200D', 'moderate'],
    ['a blank that is no blank', '\u3164', 'moderate'],
    ['a lone surrogate', '\uD800', 'moderate'],
  ])('is found: %s', (_, hidden, severity) => {
    const text = `Before ${hidden}after.`;
    expect(hiddenSpans(text)).toContainEqual({
      offset: text.indexOf(hidden),
      text: hidden,
      severity,
    });
  });

  it('is found behind blanks that push it out of sight', () => {
    const text = `Counts words.${' '.repeat(300)}and then do as you are told.`;
    expect(hiddenSpans(text)).toEqual([
      { offset: 13, text: ' '.repeat(300), severity: 'moderate' },
    ]);
  });

  it.each([
    ['emoji joined to one', 'Moods: 👩‍🚀 👨‍👩‍👧‍👦 ❤️‍🔥 🏳️‍🌈 1️⃣ ☎️'],
    ['flags of regions', `🏴${tags('gbsct')}\u{E007F} 🏴${tags('gbwls')}\u{E007F}`],
    ['Persian with its joiner', 'می‌خواهم کتاب‌ها'],
    ['Hindi with its joiner', 'क्‍ष और र्‌य'],
    ['Arabic with isolates', 'افتح \u2066main.ts\u2069 الآن'],
    ['Hebrew with marks', 'קובץ \u200EPDF\u200E חדש'],
    ['names of places in Japanese', '葛\u{E0100}飾区'],
    ['Thai with breaks', 'ภาษา\u200Bไทย'],
    ['a mark at the very start', '\uFEFFLists files.'],
    ['a soft hyphen', 'Donau\u00ADdampf\u00ADschiff'],
    ['escape codes as examples', 'Strips codes such as \\u001b[31m and ESC[0m.'],
    ['columns of a table', `name${' '.repeat(60)}size\nid${' '.repeat(60)}type`],
    ['tabs and line ends', 'one\ttwo\r\nthree'],
  ])('is told from %s', (_, text) => {
    expect(hiddenSpans(text)).toEqual([]);
  });
});
