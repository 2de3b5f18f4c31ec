import {
  type Node,
  type ParseError,
  type ParseErrorCode,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { deepestNesting, offsetNestedTooDeeply } from '../nesting';
import {
  type SourceEntry,
  type SourceFile,
  type SourceNode,
  type SourceProblem,
  unreadable,
} from './sourceTree';

const longestText = 16 * 1024 * 1024;

/** Reads JSON with comments and trailing commas. Never throws. */
export function readJson(text: string): SourceFile {
  if (text.length > longestText) return unreadable('The file can have at most 16 MiB.');
  const tooDeep = offsetNestedTooDeeply(text);
  if (tooDeep !== undefined) {
    return unreadable(`The file is nested more than ${deepestNesting} levels deep.`, tooDeep);
  }
  // Editors on Windows may write a byte-order mark; a blank keeps the offsets.
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  if (source.trim() === '') return unreadable('The file is empty.');
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { allowTrailingComma: true });
  const problems = errors.map(syntaxProblem);
  const root = tree && toSource(tree, source, problems);
  if (root && problems.length === 0) return { root, problems: [] };
  return problems.length > 0 ? { root: undefined, problems } : unreadable('The file is empty.');
}

function syntaxProblem({ error, offset }: ParseError): SourceProblem {
  const words = printParseErrorCode(error as ParseErrorCode)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
  return { message: `This is not JSON (${words}).`, offset };
}

function toSource(node: Node, text: string, problems: SourceProblem[]): SourceNode {
  const { offset } = node;
  if (node.type === 'array') {
    const items = (node.children ?? []).map((child) => toSource(child, text, problems));
    return { kind: 'list', offset, items };
  }
  if (node.type !== 'object') {
    const value = (node.value ?? null) as string | number | boolean | null;
    const written = typeof value === 'string' ? value : text.slice(offset, offset + node.length);
    return { kind: 'value', offset, value, text: written };
  }
  const entries: SourceEntry[] = [];
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    if (!keyNode || !valueNode) continue;
    const key = keyNode.value as string;
    if (seen.has(key)) {
      problems.push({
        message: `"${key}" is written twice. Keep one of them.`,
        offset: keyNode.offset,
      });
    }
    seen.add(key);
    entries.push({ key, offset: keyNode.offset, value: toSource(valueNode, text, problems) });
  }
  return { kind: 'map', offset, entries };
}
