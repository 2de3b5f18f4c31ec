// Everything that renders as nothing or reorders its neighbours: a name that holds one of these is
// never compared, it is refused (Unicode TR36; the tag characters of "ASCII smuggling").
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const everyInvisible = new RegExp(invisible, 'gu');

// The letters of other scripts that fonts draw like Latin ones, after lower-casing and NFKC.
// A part of Unicode's confusables.txt (TR39): Cyrillic, Greek, Armenian.
const lookAlikes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    у: 'y',
    х: 'x',
    і: 'i',
    ј: 'j',
    ѕ: 's',
    ԁ: 'd',
    ԛ: 'q',
    ԝ: 'w',
    һ: 'h',
    ӏ: 'l',
    к: 'k',
    м: 'm',
    н: 'h',
    т: 't',
    в: 'b',
    г: 'r',
    п: 'n',
    ѵ: 'v',
    ё: 'e',
    α: 'a',
    ε: 'e',
    ο: 'o',
    ν: 'v',
    ρ: 'p',
    ι: 'i',
    κ: 'k',
    τ: 't',
    υ: 'u',
    χ: 'x',
    γ: 'y',
    η: 'n',
    ω: 'w',
    ϲ: 'c',
    ϳ: 'j',
    σ: 'o',
    օ: 'o',
    ս: 'u',
    հ: 'h',
    ո: 'n',
    ց: 'g',
    զ: 'q',
    ı: 'i',
    ɡ: 'g',
    ɑ: 'a',
    ʟ: 'l',
    ᴏ: 'o',
    '‐': '-',
    '‑': '-',
    '–': '-',
    '−': '-',
  }),
);

export function hasInvisibleCharacters(name: string): boolean {
  return invisible.test(name);
}

// MCP advises 128. Every pattern of a policy is held against a name, and the agent chooses it.
const longestName = 1024;

/** Why nothing of this name is ever called, in words; `undefined` for names that are compared. */
export function nameProblem(name: string): string | undefined {
  if (name.length > longestName) return 'The name is too long.';
  return hasInvisibleCharacters(name) ? 'The name holds invisible characters.' : undefined;
}

/**
 * The form in which names that a person, or a lenient server, would take for one another are equal:
 * without invisible characters, in one width and case, look-alike letters as Latin ones.
 */
export function foldName(name: string): string {
  const plain = name.replace(everyInvisible, '').normalize('NFKC').toLowerCase();
  let folded = '';
  for (const letter of plain) folded += lookAlikes.get(letter) ?? letter;
  return folded;
}
