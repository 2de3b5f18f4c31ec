import type { Alias, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { deepestNesting } from '../nesting';
import {
  type SourceEntry,
  type SourceFile,
  type SourceNode,
  type SourceProblem,
  UnreadableSource,
  unreadable,
} from './sourceTree';

const longestText = 2 * 1024 * 1024;
// Aliases multiply what they stand for; without an end, ten lines would fill the memory.
const mostNodes = 200_000;
// Brackets in texts and comments count too, so this is far more than nesting may be.
const mostBrackets = 1000;

/** Reads YAML 1.2 with anchors and merge keys. Never throws. */
export function readYaml(text: string): SourceFile {
  if (text.length > longestText) return unreadable('A policy in YAML can have at most 2 MiB.');
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return unreadable('The file is nested too deeply.', tooDeep);
  try {
    // Loaded when something is imported, which few sessions do.
    const yaml = require('yaml') as typeof import('yaml');
    const document = yaml.parseDocument(text, {
      version: '1.2',
      schema: 'core',
      // The library's own checks of keys take quadratic time; the walk below has them.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) {
      return { root: undefined, problems: faults.map(({ message, pos }) => fault(message, pos)) };
    }
    if (!document.contents) return unreadable('The file is empty.');
    return { root: new Walk(yaml).read(document.contents, 0), problems: [] };
  } catch (error) {
    if (error instanceof UnreadableSource) return unreadable(error.message, error.offset);
    // The parser recurses, and what it cannot take is no policy.
    if (error instanceof RangeError) return unreadable('The file is nested too deeply.');
    return unreadable(`This is not YAML: ${firstLine((error as Error).message)}`);
  }
}

/** Where brackets alone show that it is no policy, which spares the parser their nesting. */
function firstTooDeep(text: string): number | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '[' || character === '{') {
      if (++depth > mostBrackets) return index;
    } else if ((character === ']' || character === '}') && depth > 0) depth--;
  }
  return undefined;
}

function fault(message: string, [offset]: readonly [number, number]): SourceProblem {
  const text = firstLine(message);
  return { message: /[.!?]$/.test(text) ? text : `${text}.`, offset };
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}

/** Walks the tree once, in the order of the text, so that an alias finds the anchor before it. */
class Walk {
  private readonly anchors = new Map<string, Node>();
  private nodes = 0;

  constructor(private readonly yaml: typeof import('yaml')) {}

  read(node: Node | null, depth: number, at = node?.range?.[0] ?? 0): SourceNode {
    if (depth > deepestNesting) {
      throw new UnreadableSource(`The file is nested more than ${deepestNesting} levels deep.`, at);
    }
    if (++this.nodes > mostNodes) {
      throw new UnreadableSource(
        `With its aliases written out, the file has more than ${mostNodes} values.`,
        at,
      );
    }
    if (node === null) return { kind: 'value', offset: at, value: null, text: '' };
    if (this.yaml.isAlias(node)) return this.read(this.targetOf(node, at), depth + 1, at);
    const { anchor } = node as Scalar | YAMLMap | YAMLSeq;
    if (anchor !== undefined) this.anchors.set(anchor, node);
    if (this.yaml.isSeq(node)) {
      const items = node.items.map((item) => this.read(item as Node | null, depth + 1));
      return { kind: 'list', offset: at, items };
    }
    if (this.yaml.isMap(node)) {
      return { kind: 'map', offset: at, entries: this.entries(node, depth) };
    }
    return this.scalar(node as Scalar, at);
  }

  private targetOf(alias: Alias, at: number): Node {
    const target = this.anchors.get(alias.source);
    if (!target) throw new UnreadableSource('There is no anchor of this name before it.', at);
    return target;
  }

  private scalar(node: Scalar, at: number): SourceNode {
    const { value } = node;
    if (value === null || value === undefined) {
      return { kind: 'value', offset: at, value: null, text: node.source ?? '' };
    }
    if (typeof value === 'string') return { kind: 'value', offset: at, value, text: value };
    if (typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'value', offset: at, value, text: node.source ?? String(value) };
    }
    throw new UnreadableSource('Write a string, a number, true, false or nothing here.', at);
  }

  private entries(map: YAMLMap, depth: number): readonly SourceEntry[] {
    const own = new Map<string, SourceEntry>();
    const merged: SourceEntry[] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const at = pair.key?.range?.[0] ?? map.range?.[0] ?? 0;
      const key = this.keyOf(pair.key, at, depth);
      if (key.isMerge) {
        const value = this.read(pair.value, depth + 1, pair.value?.range?.[0] ?? at);
        merged.push(...this.merged(value));
        continue;
      }
      if (own.has(key.text)) {
        throw new UnreadableSource(`"${key.text}" is written twice. Keep one of them.`, at);
      }
      const value = this.read(pair.value, depth + 1, pair.value?.range?.[0] ?? at);
      own.set(key.text, { key: key.text, offset: at, value });
    }
    for (const entry of merged) if (!own.has(entry.key)) own.set(entry.key, entry);
    return [...own.values()];
  }

  private keyOf(node: Node, at: number, depth: number): { text: string; isMerge: boolean } {
    const key = this.read(node, depth + 1, at);
    if (key.kind !== 'value') throw new UnreadableSource('A key must be a string.', at);
    const plain = this.yaml.isScalar(node) && node.type === 'PLAIN';
    return { text: key.text, isMerge: plain && key.text === '<<' };
  }

  /** What `<<` brings: the entries of a map, or of several, the first of which counts. */
  private merged(value: SourceNode): readonly SourceEntry[] {
    if (value.kind === 'map') return value.entries;
    if (value.kind === 'list') {
      return value.items.flatMap((item) => {
        if (item.kind !== 'map') return this.noMap(item.offset);
        return [...item.entries];
      });
    }
    return this.noMap(value.offset);
  }

  private noMap(at: number): never {
    throw new UnreadableSource('"<<" takes a map, or a list of maps.', at);
  }
}
