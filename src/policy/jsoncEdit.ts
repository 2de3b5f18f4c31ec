import {
  applyEdits,
  type Edit,
  type FormattingOptions,
  findNodeAtLocation,
  modify,
  type Node,
  parseTree,
} from 'jsonc-parser';
import type { Path } from './pointer';

/**
 * Sets the value at a path, with the objects on the way to it, or takes it away. What was there
 * stays as it is laid out: `modify` of jsonc-parser would lay out the neighbours anew.
 */
export function setValue(
  text: string,
  path: Path,
  value: unknown,
  format: FormattingOptions,
): string {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  if (!tree) throw new TypeError('the text is no JSON');
  if (value === undefined) return applyEdits(text, modify(text, [...path], undefined, {}));
  const node = findNodeAtLocation(tree, [...path]);
  if (node) {
    const { unit, eol } = layoutOf(format);
    const written = laidOut(value, indentationAt(text, node.offset), unit, eol);
    return replace(text, node.offset, node.offset + node.length, written);
  }
  let depth = path.length - 1;
  let parent = findNodeAtLocation(tree, path.slice(0, depth));
  while (!parent) parent = findNodeAtLocation(tree, path.slice(0, --depth));
  return insertMember(text, parent, path.slice(depth), value, format);
}

/** One line, with the blanks that people write: `{ "max": 5, "window": 60 }`. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

// What is longer is not read to its end.
const longestLine = 80;

/** One line where that is short enough, else each part on lines of its own. */
function laidOut(value: unknown, indentation: string, unit: string, eol: string): string {
  const line = inline(value);
  if (
    indentation.length + line.length <= longestLine ||
    typeof value !== 'object' ||
    value === null
  )
    return line;
  const inner = indentation + unit;
  const parts = Array.isArray(value)
    ? value.map((item) => inner + laidOut(item, inner, unit, eol))
    : Object.entries(value).map(
        ([key, item]) => `${inner}${JSON.stringify(key)}: ${laidOut(item, inner, unit, eol)}`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}${eol}${parts.join(`,${eol}`)}${eol}${indentation}${close}`;
}

function layoutOf(format: FormattingOptions): { readonly unit: string; readonly eol: string } {
  const unit = format.insertSpaces === false ? '\t' : ' '.repeat(format.tabSize ?? 2);
  return { unit, eol: format.eol ?? '\n' };
}

function insertMember(
  text: string,
  parent: Node,
  path: Path,
  value: unknown,
  format: FormattingOptions,
): string {
  const { unit, eol } = layoutOf(format);
  const end = parent.offset + parent.length - 1;
  const last = parent.children?.[parent.children.length - 1];
  if (!last) {
    const outer = indentationAt(text, parent.offset);
    const member = lines(path, value, outer + unit, unit, eol);
    const comments = text.slice(parent.offset + 1, end).trimEnd();
    return replace(text, parent.offset + 1, end, `${comments}${eol}${member}${eol}${outer}`);
  }
  const lastEnd = last.offset + last.length;
  const { comma, after } = separatorAfter(text, lastEnd);
  if (!startsItsLine(text, last.offset)) {
    const member = `${JSON.stringify(path[0])}: ${inline(nest(path.slice(1), value))}`;
    return replace(text, lastEnd, comma ? comma + 1 : lastEnd, `, ${member}${comma ? ',' : ''}`);
  }
  const indentation = indentationAt(text, last.offset);
  const member = lines(path, value, indentation, unit, eol);
  // A comment behind the last member stays with it.
  const rest = text.slice(comma ? comma + 1 : lastEnd, after);
  return replace(text, lastEnd, after, `,${rest}${eol}${member}${comma ? ',' : ''}`);
}

/** The member with each object on the way to the value on lines of its own. */
function lines(path: Path, value: unknown, indentation: string, unit: string, eol: string): string {
  const [key, ...rest] = path;
  const name = `${indentation}${JSON.stringify(key)}: `;
  if (rest.length === 0) return name + laidOut(value, indentation, unit, eol);
  const inner = lines(rest, value, indentation + unit, unit, eol);
  return `${name}{${eol}${inner}${eol}${indentation}}`;
}

function nest(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

const gap = /(?:[ \t]|\/\*(?:[^*]|\*(?!\/))*\*\/)*/.source;
const separator = new RegExp(`(${gap})(,?)(${gap}(?:\\/\\/[^\\r\\n]*)?)`, 'y');

/** Where the comma behind a member stands, if any, and where its line ends, comment included. */
function separatorAfter(
  text: string,
  offset: number,
): { comma: number | undefined; after: number } {
  const expression = new RegExp(separator);
  expression.lastIndex = offset;
  const [whole, before = '', comma] = expression.exec(text) ?? [''];
  const after = offset + whole.trimEnd().length;
  return { comma: comma ? offset + before.length : undefined, after };
}

function startsItsLine(text: string, offset: number): boolean {
  return /(^|[\r\n])[ \t]*$/.test(text.slice(0, offset));
}

function indentationAt(text: string, offset: number): string {
  const line =
    text
      .slice(0, offset)
      .split(/[\r\n]/)
      .pop() ?? '';
  return /^[ \t]*/.exec(line)![0];
}

function replace(text: string, start: number, end: number, content: string): string {
  return text.slice(0, start) + content + text.slice(end);
}

/** One edit from the first to the last differing character: one undo step, and no more than needed. */
export function editsBetween(before: string, after: string): Edit[] {
  if (before === after) return [];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const content = after.slice(start, after.length - end);
  return [{ offset: start, length: before.length - end - start, content }];
}
