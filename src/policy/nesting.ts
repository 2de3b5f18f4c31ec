import { createScanner } from 'jsonc-parser';

// `SyntaxKind` of jsonc-parser, whose const enum cannot be imported.
const tokens = { openBrace: 1, closeBrace: 2, openBracket: 3, closeBracket: 4, end: 17 } as const;

/** Deeper nesting has no meaning here and would exhaust the stack of a recursive parser. */
export const deepestNesting = 64;

/** Where a JSON text nests too deeply to be parsed. Reads the parser's own tokens, without recursion. */
export function offsetNestedTooDeeply(text: string): number | undefined {
  const scanner = createScanner(text, true);
  const expected: number[] = [];
  for (let token = scanner.scan(); (token as number) !== tokens.end; token = scanner.scan()) {
    const kind: number = token;
    if (kind === tokens.openBrace || kind === tokens.openBracket) {
      expected.push(kind === tokens.openBrace ? tokens.closeBrace : tokens.closeBracket);
      if (expected.length > deepestNesting) return scanner.getTokenOffset();
    } else if (kind === expected[expected.length - 1]) expected.pop();
  }
  return undefined;
}
