import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A stretch of text, in UTF-16 code units as VS Code counts them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SyntaxProblem {
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export interface JsoncDocument {
  readonly root: Node | undefined;
  readonly errors: readonly SyntaxProblem[];
}

/** Parses JSON with comments, trailing commas and a byte order mark. Never throws. */
export function parseJsonc(text: string): JsoncDocument {
  const errors: ParseError[] = [];
  // A space in the place of the byte order mark keeps every offset.
  const input = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  try {
    const root = parseTree(input, errors, { allowTrailingComma: true });
    if (root) toValue(root);
    return { root, errors: errors.map(describe) };
  } catch (error) {
    // The parser recurses; a file of nothing but `[` would otherwise overflow the stack.
    if (!(error instanceof RangeError)) throw error;
    const tooDeep = { message: 'The file is nested too deeply.', offset: 0, length: 1 };
    return { root: undefined, errors: [tooDeep] };
  }
}

function describe({ error, offset, length }: ParseError): SyntaxProblem {
  const words = printParseErrorCode(error).replace(
    /(?<=[a-z])[A-Z]/g,
    (c) => ` ${c.toLowerCase()}`,
  );
  return { message: `${words}.`, offset, length };
}

/** The value of a node; `__proto__` becomes an ordinary own key, and the last duplicate wins. */
export function toValue(node: Node): JsonValue {
  switch (node.type) {
    case 'object':
      return Object.fromEntries(
        properties(node).map(({ name, value }) => [name, toValue(value)] as const),
      );
    case 'array':
      return (node.children ?? []).map(toValue);
    default:
      return node.value as JsonValue;
  }
}

export interface Property {
  readonly name: string;
  readonly key: Node;
  readonly value: Node;
}

/** The complete members of an object node, in the order of the text, duplicates included. */
export function properties(node: Node): readonly Property[] {
  return (node.children ?? []).flatMap(({ children }) => {
    const [key, value] = children ?? [];
    return key && value ? [{ name: key.value as string, key, value }] : [];
  });
}

/** The value that counts when a key is looked up: the last one. */
export function propertyOf(node: Node | undefined, name: string): Property | undefined {
  return node?.type === 'object' ? properties(node).findLast((p) => p.name === name) : undefined;
}

/** How one member of an object lies in the text. */
export interface MemberLayout {
  readonly name: string;
  readonly key: Span;
  readonly value: Node;
  /** The member with the comments that belong to it, and its comma. */
  readonly owned: Span;
  readonly comma: number | undefined;
  /** Comments after the value, on its line, without the comma between them. */
  readonly trailing: readonly Span[];
  /** What is cut when the member leaves: whole lines where it stands alone on them. */
  readonly unit: Span;
  readonly wholeLines: boolean;
}

export interface ObjectLayout {
  /** Just inside the braces. */
  readonly inner: Span;
  /** The end of the comments that trail the opening brace on its line. */
  readonly headEnd: number;
  readonly members: readonly MemberLayout[];
  readonly trailingComma: boolean;
}

/** A value that is still being typed has no end: the parser gives it the length -1, or one too many. */
function endOf(text: string, node: Node): number {
  return node.length < 0 ? text.length : Math.min(node.offset + node.length, text.length);
}

interface Token extends Span {
  readonly kind: 'comment' | 'break' | 'comma';
}

interface Gap {
  /** Comments between the value before and its comma. */
  readonly beforeComma: readonly Token[];
  readonly comma: number | undefined;
  /** Comments on the line of what stands before the gap. */
  readonly sameLine: readonly Token[];
  readonly leadStart: number;
}

/**
 * Says which comments belong to which member: those on the lines directly above it, and those
 * after it on its line. A comment separated by a blank line belongs to nobody.
 */
export function layoutOf(text: string, node: Node): ObjectLayout {
  const inner = { start: node.offset + 1, end: endOf(text, node) - (node.length < 0 ? 0 : 1) };
  const members = properties(node);
  const gaps = [...members, undefined].map((member, index) => {
    const before = members[index - 1];
    return gapOf(
      text,
      before ? endOf(text, before.value) : inner.start,
      member?.key.offset ?? inner.end,
      member === undefined,
    );
  });
  const layouts = members.map(({ name, key, value }, index): MemberLayout => {
    const after = gaps[index + 1]!;
    const valueEnd = endOf(text, value);
    const trailing = [...after.beforeComma, ...after.sameLine];
    const owned = {
      start: gaps[index]!.leadStart,
      end: Math.max(valueEnd, (after.comma ?? -1) + 1, trailing.at(-1)?.end ?? 0),
    };
    return {
      name,
      key: { start: key.offset, end: key.offset + key.length },
      value,
      owned,
      comma: after.comma,
      trailing,
      ...unitOf(text, owned),
    };
  });
  return {
    inner,
    headEnd: gaps[0]!.sameLine.at(-1)?.end ?? inner.start,
    members: layouts,
    trailingComma: layouts.at(-1)?.comma !== undefined,
  };
}

function gapOf(text: string, start: number, end: number, last: boolean): Gap {
  const tokens = trivia(text, start, end);
  const commaAt = tokens.findIndex((token) => token.kind === 'comma');
  const after = tokens.slice(commaAt + 1);
  const breakAt = after.findIndex((token) => token.kind === 'break');
  // `{"a": 1, /* about b */ "b": 2}`: without a line break the comment leads what follows it.
  const sameLine = after.slice(0, breakAt >= 0 ? breakAt : last ? after.length : 0);
  let leadStart = end;
  let breaks = 0;
  for (const token of last ? [] : after.slice(sameLine.length).reverse()) {
    if (token.kind === 'comment') {
      leadStart = token.start;
      breaks = 0;
    } else if (++breaks > 1) break;
  }
  return {
    beforeComma: tokens.slice(0, Math.max(commaAt, 0)).filter((t) => t.kind === 'comment'),
    comma: tokens[commaAt]?.start,
    sameLine,
    leadStart,
  };
}

function trivia(text: string, start: number, end: number): readonly Token[] {
  const pattern = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|\r\n?|\n|,/g;
  return [...text.slice(start, end).matchAll(pattern)].map((match) => {
    const at = start + match.index;
    const kind = match[0] === ',' ? 'comma' : match[0].startsWith('/') ? 'comment' : 'break';
    return { kind, start: at, end: at + match[0].length };
  });
}

function unitOf(text: string, owned: Span): { unit: Span; wholeLines: boolean } {
  const start = owned.start - indentationBefore(text, owned.start).length;
  const end = skip(/[ \t]*/y, text, owned.end);
  const lineEnd = skip(/(?:\r\n?|\n)?/y, text, end);
  return lineEnd > end && isLineStart(text, start)
    ? { unit: { start, end: lineEnd }, wholeLines: true }
    : { unit: { start: owned.start, end }, wholeLines: false };
}

/** The spaces and tabs directly before an offset. */
function indentationBefore(text: string, offset: number): string {
  let start = offset;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  return text.slice(start, offset);
}

/** The indentation of the line on which an offset lies. */
export function lineIndentation(text: string, offset: number): string {
  let start = offset;
  while (!isLineStart(text, start)) start--;
  return text.slice(start, skip(/[ \t]*/y, text, start));
}

function isLineStart(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === '\n' || text[offset - 1] === '\r';
}

/** The end of what a sticky pattern matches at an offset. */
export function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return offset + (pattern.exec(text)?.[0].length ?? 0);
}
