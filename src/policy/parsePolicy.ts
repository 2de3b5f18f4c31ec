import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  type ParseErrorCode,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { z } from 'zod';
import { type PolicyDocument, policyDocument } from './document';
import { deepestNesting, offsetNestedTooDeeply } from './nesting';
import { notesMayStandAt } from './notes';
import { type Path, type Pointer, toPointer } from './pointer';

/** Something wrong in a policy's text, with the place in UTF-16 units from its start. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  /** Whether an editor that knows JSON and the JSON Schema finds it as well. */
  readonly inSchema?: boolean;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly pointer: Pointer;
}

export interface ParsedPolicy {
  /** Absent when there is any error: a policy is in force whole or not at all. */
  readonly document: PolicyDocument | undefined;
  readonly problems: readonly PolicyProblem[];
  /** The syntax tree, as far as the text could be read. */
  readonly tree: Node | undefined;
}

const longestText = 16 * 1024 * 1024;

/** Reads a policy (JSONC) and reports every mistake in it at once. Never throws. */
export function parsePolicy(text: string): ParsedPolicy {
  const refusal = refuseBeforeParsing(text);
  if (refusal) return { document: undefined, problems: [refusal], tree: undefined };

  // Editors on Windows may write a byte-order mark; a blank keeps the offsets.
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { allowTrailingComma: true });
  const problems = errors.map((error) => syntaxProblem(error, source));
  if (!tree) return { document: undefined, problems, tree };

  const value = toValue(tree, [], problems);
  const result = policyDocument.safeParse(value);
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(...issueProblems(issue, tree, []));
  }
  problems.sort((a, b) => a.offset - b.offset);
  const failed = problems.some((problem) => problem.severity === 'error');
  return { document: failed ? undefined : (value as PolicyDocument), problems, tree };
}

/** The 1-based line and column of an offset. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: before[before.length - 1]!.length + 1 };
}

function refuseBeforeParsing(text: string): PolicyProblem | undefined {
  const error = (message: string, offset: number): PolicyProblem => ({
    severity: 'error',
    message,
    offset,
    length: 1,
    pointer: '',
  });
  if (text.length > longestText) return error('A policy can have at most 16 MiB of text.', 0);
  const deep = offsetNestedTooDeeply(text);
  if (deep !== undefined) {
    return error(`A policy can be nested at most ${deepestNesting} levels deep.`, deep);
  }
  return undefined;
}

/**
 * The plain value of a node. Duplicate keys are errors, since which of them counts differs between
 * readers, and so is `__proto__`, which would not become a key of an object at all. Among the
 * language's own keys, those that begin with `x-` are the reader's and left out.
 */
function toValue(node: Node, path: Path, problems: PolicyProblem[]): unknown {
  if (node.type === 'array') {
    return (node.children ?? []).map((child, index) => toValue(child, [...path, index], problems));
  }
  if (node.type !== 'object') return node.value;
  const value: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = keyNode.value as string;
    const at = [...path, key];
    if (seen.has(key)) {
      problems.push(errorAt(keyNode, at, `"${key}" is written twice. Keep one of them.`));
    } else if (key === '__proto__') {
      problems.push(errorAt(keyNode, at, '"__proto__" cannot be a key of a policy.'));
    } else if (!key.startsWith('x-') || !notesMayStandAt(path)) {
      value[key] = toValue(valueNode, at, problems);
    }
    seen.add(key);
  }
  return value;
}

const syntaxMessages: Partial<Record<ReturnType<typeof printParseErrorCode>, string>> = {
  InvalidSymbol: 'This is not JSON. Strings and keys need double quotes.',
  InvalidNumberFormat: 'This is not a number that JSON knows.',
  PropertyNameExpected: 'A key in double quotes belongs here.',
  ValueExpected: 'A value is missing here.',
  ColonExpected: 'A ":" is missing here.',
  CommaExpected: 'A "," is missing here.',
  CloseBraceExpected: 'A "}" is missing here.',
  CloseBracketExpected: 'A "]" is missing here.',
  EndOfFileExpected: 'The policy has ended; nothing may follow it.',
  UnexpectedEndOfComment: 'This comment has no end.',
  UnexpectedEndOfString: 'This string has no closing quote.',
  UnexpectedEndOfNumber: 'This number has no end.',
  InvalidUnicode: 'After \\u, four hexadecimal digits are needed.',
  InvalidEscapeCharacter: 'Strings know the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u.',
  InvalidCharacter: 'A string cannot hold this character. Write it as an escape, such as \\t.',
};

function syntaxProblem(error: ParseError, text: string): PolicyProblem {
  const code = printParseErrorCode(error.error as ParseErrorCode);
  const atEnd = error.offset >= text.length;
  return {
    severity: 'error',
    inSchema: true,
    message: syntaxMessages[code] ?? `Syntax error (${code}).`,
    offset: atEnd ? Math.max(0, text.length - 1) : error.offset,
    length: Math.max(1, Math.min(error.length, text.length - error.offset)),
    pointer: '',
  };
}

function issueProblems(issue: z.core.$ZodIssue, tree: Node, base: Path): PolicyProblem[] {
  const path = pathOf(issue, base);
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors, tree, path);
    if (meant) return meant.flatMap((inner) => issueProblems(inner, tree, path));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...errorAt(keyAt(tree, [...path, key]), [...path, key], unknownKeyMessage(key)),
      inSchema: true,
    }));
  }
  // The issue of a record's key lies in the key, not in its value.
  if (issue.code === 'invalid_key') {
    return [errorAt(keyAt(tree, path), path, issue.issues[0]?.message ?? issue.message)];
  }
  const node = findNodeAtLocation(tree, [...path]);
  if (!node) {
    const missing = path[path.length - 1];
    const parent = path.slice(0, -1);
    const owner = findNodeAtLocation(tree, parent) ?? tree;
    return [
      {
        ...errorAt(owner, parent, `"${missing}" is missing. ${issue.message}`),
        inSchema: true,
        length: 1,
      },
    ];
  }
  // Refinements are what a JSON Schema cannot say.
  return [{ ...errorAt(node, path, issue.message), inSchema: issue.code !== 'custom' }];
}

function pathOf(issue: z.core.$ZodIssue, base: Path): Path {
  return [...base, ...issue.path.filter((key) => typeof key !== 'symbol')];
}

/** Of several forms that a value could have, the one that its keys fit best: its author meant that. */
function meantBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
  tree: Node,
  base: Path,
): readonly z.core.$ZodIssue[] | undefined {
  const misfit = (issue: z.core.$ZodIssue): number => {
    if (issue.path.length > 1) return 0;
    if (issue.path.length === 1) return findNodeAtLocation(tree, [...pathOf(issue, base)]) ? 0 : 1;
    if (issue.code === 'unrecognized_keys') return issue.keys.length;
    if (issue.code !== 'invalid_union') return Number.POSITIVE_INFINITY;
    return Math.min(...issue.errors.map(misfits));
  };
  const misfits = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((sum, issue) => sum + misfit(issue), 0);
  const scored = branches
    .map((issues) => ({ issues, score: misfits(issues) }))
    .sort((a, b) => a.score - b.score);
  const [best, second] = scored;
  if (!best || best.score === Number.POSITIVE_INFINITY) return undefined;
  return second && second.score === best.score ? undefined : best.issues;
}

function unknownKeyMessage(key: string): string {
  return `"${key}" is not a key of the policy language here. Remove it, or begin it with "x-" if it is a note of your own.`;
}

function keyAt(tree: Node, path: Path): Node {
  const value = findNodeAtLocation(tree, [...path]);
  return value?.parent?.children?.[0] ?? tree;
}

function errorAt(node: Node, path: Path, message: string): PolicyProblem {
  return {
    severity: 'error',
    message,
    offset: node.offset,
    length: Math.max(1, node.length),
    pointer: toPointer(path),
  };
}
