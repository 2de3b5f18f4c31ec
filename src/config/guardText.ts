import { ConfigError } from './configError';
import {
  type JsonValue,
  layoutOf,
  lineIndentation,
  type MemberLayout,
  type ObjectLayout,
  parseJsonc,
  properties,
  type Span,
  skip,
  toValue,
} from './jsoncDocument';

/** One server as text, cut out of its file: with its comments, without its comma. */
export interface ServerText {
  readonly label: string;
  readonly value: JsonValue;
  /** Leading comments, key and value. */
  readonly body: string;
  /** Comments after the value, on its line. */
  readonly trail: string;
  /** The indentation of its first line where it stood. */
  readonly indentation: string;
  /** Whether a comment ends on a line above the key. */
  readonly commentAbove: boolean;
}

/**
 * The servers of an mcp.json text, in order. Throws `invalidFile` or `duplicateLabel` for a text
 * that cannot be edited safely.
 */
export function serverTexts(text: string): ReadonlyMap<string, ServerText> {
  const members = objectsOf(text).servers?.members ?? [];
  return new Map(members.map((member) => [member.name, serverText(text, member)]));
}

/**
 * The text without these servers, their comments, and the comma that would be left dangling.
 * Everything else stays byte for byte.
 */
export function withoutServers(text: string, labels: Iterable<string>): string {
  const gone = new Set(labels);
  const { servers } = objectsOf(text);
  const cuts: Span[] = [];
  for (const { name, unit } of servers?.members ?? []) if (gone.has(name)) cuts.push(unit);
  const last = servers?.members.findLast(({ name }) => !gone.has(name));
  if (last?.comma !== undefined && !servers?.trailingComma) {
    cuts.push({ start: last.comma, end: last.comma + 1 });
  }
  return splice(
    text,
    cuts.map((cut) => ({ ...cut, text: '' })),
  );
}

/**
 * The text with these servers put in, each after the sibling it follows in `order`; one that
 * `order` does not know goes to the end. Makes `servers`, or the whole file, where missing.
 */
export function withServers(
  text: string,
  servers: readonly ServerText[],
  order: readonly string[],
): string {
  if (servers.length === 0) return text;
  const base = withServersObject(text);
  return insert(base, objectsOf(base).servers!, servers, order);
}

/**
 * The labels of `full` that `current` lacks, provided that they are all that tells the two apart;
 * undefined when `current` was edited otherwise.
 */
function hiddenServers(full: string, current: string): readonly string[] | undefined {
  const present = serverTexts(current);
  const hidden = [...serverTexts(full).keys()].filter((label) => !present.has(label));
  return withoutServers(full, hidden) === current ? hidden : undefined;
}

/**
 * What mcp.json would be if nothing were guarded. While `record`, an earlier answer, still fits
 * the current text it is the base, which is what makes restoring exact to the byte; else the
 * guarded servers are put back into the current text. A server edited while it was guarded
 * appears as edited.
 */
export function unguardedText(
  current: string,
  record: string | undefined,
  guarded: ReadonlyMap<string, ServerText>,
): string {
  const present = serverTexts(current);
  const missing = [...guarded.values()].filter(({ label }) => !present.has(label));
  const recorded = record === undefined ? undefined : serverTexts(record);
  const order = [...(recorded?.keys() ?? [])];
  if (record === undefined || !recorded || !hiddenServers(record, current)) {
    return withServers(current, missing, order);
  }
  const edited = missing.filter(({ label, ...server }) => {
    const before = recorded.get(label);
    return !before || tokensOf(before).join('\n') !== tokensOf(server).join('\n');
  });
  const stale = edited.map(({ label }) => label);
  return withServers(stale.length > 0 ? withoutServers(record, stale) : record, edited, order);
}

/** The current text with these servers taken out, on the way that `full` can undo. */
export function hideServers(current: string, full: string, labels: readonly string[]): string {
  const hidden = hiddenServers(full, current);
  return hidden ? withoutServers(full, [...hidden, ...labels]) : withoutServers(current, labels);
}

/** The current text with these servers of `full` put back. */
export function revealServers(current: string, full: string, labels: readonly string[]): string {
  const hidden = hiddenServers(full, current);
  const back = new Set(labels);
  if (hidden) {
    return withoutServers(
      full,
      hidden.filter((label) => !back.has(label)),
    );
  }
  const present = serverTexts(current);
  const all = serverTexts(full);
  const missing = [...all.values()].filter(({ label }) => back.has(label) && !present.has(label));
  return withServers(current, missing, [...all.keys()]);
}

/** Whether two texts differ in nothing but white space. */
export function sameApartFromSpace(a: string, b: string): boolean {
  return (
    tokensOf({ body: a, trail: '' }).join('\n') === tokensOf({ body: b, trail: '' }).join('\n')
  );
}

function tokensOf({ body, trail }: Pick<ServerText, 'body' | 'trail'>): readonly string[] {
  const pattern =
    /"(?:\\.|[^"\\\r\n])*"|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/|[{}[\],:]|[^\s{}[\],:"/]+|[^\s]/g;
  return (`${body}\n${trail}`.match(pattern) ?? []).map((token) =>
    // A formatter reindents block comments too.
    token.startsWith('/') ? token.replace(/\s+/g, ' ').trim() : token,
  );
}

interface Objects {
  readonly root: ObjectLayout | undefined;
  readonly servers: ObjectLayout | undefined;
}

function objectsOf(text: string): Objects {
  if (text.trim() === '') return { root: undefined, servers: undefined };
  const { root, errors } = parseJsonc(text);
  const [error] = errors;
  if (error) {
    throw new ConfigError('invalidFile', `Repair the syntax of the file first: ${error.message}`);
  }
  const held = root?.type === 'object' ? properties(root) : undefined;
  const [servers, again] = held?.filter(({ name }) => name === 'servers') ?? [];
  if (!root || !held || again || (servers && servers.value.type !== 'object')) {
    const message = 'The file must hold one object, with one object "servers" in it.';
    throw new ConfigError('invalidFile', message);
  }
  const layout = servers && layoutOf(text, servers.value);
  const labels = layout?.members.map(({ name }) => name) ?? [];
  if (new Set(labels).size < labels.length) {
    const twice = labels.filter((label, index) => labels.indexOf(label) < index);
    const message = `Give each server a label of its own first: ${twice.map((l) => JSON.stringify(l)).join(', ')}.`;
    throw new ConfigError('duplicateLabel', message, { labels: twice });
  }
  return { root: layoutOf(text, root), servers: layout };
}

function serverText(text: string, member: MemberLayout): ServerText {
  const { name, key, value, owned, comma, trailing } = member;
  const indentation = lineIndentation(text, owned.start);
  const valueEnd = value.offset + value.length;
  const body = text.slice(owned.start, valueEnd);
  const comments = trailing.map(({ start, end }) => text.slice(start, end));
  // Comments on lines between the value and its comma would belong to nobody once the comma has
  // moved up to the value: they go above the key.
  const spread = comma !== undefined && /[\r\n]/.test(text.slice(valueEnd, comma));
  const above = spread ? comments.splice(0).map((c) => `${c}\n${indentation}`) : [];
  return {
    label: name,
    value: toValue(value),
    body: above.join('') + body,
    trail: comments.join(' '),
    indentation,
    commentAbove: spread || /[\r\n]/.test(text.slice(owned.start, key.start)),
  };
}

interface Edit extends Span {
  readonly text: string;
}

interface Style {
  readonly eol: string;
  /** One step of indentation. */
  readonly step: string;
  readonly oneLine: boolean;
}

function styleOf(text: string): Style {
  const eol = /\r\n?|\n/.exec(text)?.[0];
  const step = /^[ \t]+(?=["/])/m.exec(text)?.[0];
  return { eol: eol ?? '\n', step: step ?? '\t', oneLine: eol === undefined };
}

function withServersObject(text: string): string {
  const { root, servers } = objectsOf(text);
  if (servers) return text;
  const { eol, step } = styleOf(text);
  if (!root) return `{${eol}${step}"servers": {}${eol}}${eol}`;
  const member = { label: 'servers', value: {}, body: '"servers": {}', indentation: '', trail: '' };
  return insert(text, root, [{ ...member, commentAbove: false }], []);
}

function insert(
  text: string,
  layout: ObjectLayout,
  servers: readonly ServerText[],
  order: readonly string[],
): string {
  const style = styleOf(text);
  const edits = [...placed(layout, servers, order)].flatMap(([index, group]) => {
    const next = layout.members[index];
    if (next) return beforeMember(text, next, group, style);
    const last = layout.members.at(-1);
    return last
      ? afterLast(text, last, layout.trailingComma, group, style)
      : intoEmpty(text, layout, group, style);
  });
  return splice(text, edits);
}

/** Groups servers by the index of the member before which they go. */
function placed(
  { members }: ObjectLayout,
  servers: readonly ServerText[],
  order: readonly string[],
): ReadonlyMap<number, readonly ServerText[]> {
  const index = new Map(members.map(({ name }, at) => [name, at]));
  const rest = new Map(servers.map((server) => [server.label, server]));
  const groups = new Map<number, ServerText[]>();
  const put = (at: number, server: ServerText): void => {
    groups.set(at, [...(groups.get(at) ?? []), server]);
    rest.delete(server.label);
  };
  let at = order.map((label) => index.get(label)).find((found) => found !== undefined);
  at ??= members.length;
  for (const label of order) {
    const found = index.get(label);
    const server = rest.get(label);
    if (found !== undefined) at = found + 1;
    else if (server) put(at, server);
  }
  for (const server of [...rest.values()]) put(members.length, server);
  return groups;
}

function beforeMember(
  text: string,
  next: MemberLayout,
  servers: readonly ServerText[],
  { eol }: Style,
): Edit {
  const at = next.unit.start;
  const indentation = lineIndentation(text, next.owned.start);
  const space = /\s/.test(text[next.owned.start - 1] ?? '') ? ' ' : '';
  const pieces = servers.map((server) => {
    const body = indented(server, indentation, eol);
    if (next.wholeLines) return `${indentation}${body},${trailOf(server, indentation, eol)}${eol}`;
    const end = server.trail ? `${trailOf(server, indentation, eol)}${eol}` : space;
    return `${server.commentAbove ? eol : ''}${body},${end}`;
  });
  return { start: at, end: at, text: pieces.join('') };
}

function afterLast(
  text: string,
  last: MemberLayout,
  trailingComma: boolean,
  servers: readonly ServerText[],
  { eol }: Style,
): readonly Edit[] {
  const valueEnd = last.value.offset + last.value.length;
  const comma = { start: valueEnd, end: valueEnd, text: trailingComma ? '' : ',' };
  const indentation = lineIndentation(text, last.owned.start);
  const space = /\s/.test(text[last.owned.start - 1] ?? '') ? ' ' : '';
  // After a comment on the line of the last member only a new line is safe.
  let broken = last.trailing.length > 0;
  const pieces = servers.map((server, index) => {
    const end = trailingComma || index < servers.length - 1 ? ',' : '';
    const body = `${indented(server, indentation, eol)}${end}${trailOf(server, indentation, eol)}`;
    if (last.wholeLines) return `${indentation}${body}${eol}`;
    const start = broken || server.commentAbove ? eol : space;
    broken = server.trail !== '';
    return `${start}${body}`;
  });
  if (!last.wholeLines && broken) pieces.push(eol);
  const at = last.wholeLines ? last.unit.end : last.owned.end;
  return [comma, { start: at, end: at, text: pieces.join('') }];
}

function intoEmpty(
  text: string,
  { inner, headEnd }: ObjectLayout,
  servers: readonly ServerText[],
  { eol, step, oneLine }: Style,
): Edit {
  const outer = lineIndentation(text, inner.start);
  const indentation = outer + step;
  const bare = servers.every(({ trail, commentAbove }) => trail === '' && !commentAbove);
  if (oneLine && bare) {
    const bodies = servers.map((server) => indented(server, '', eol));
    return { start: inner.start, end: inner.start, text: bodies.join(', ') };
  }
  const pieces = servers.map((server, index) => {
    const end = index < servers.length - 1 ? ',' : '';
    const body = indented(server, indentation, eol);
    return `${indentation}${body}${end}${trailOf(server, indentation, eol)}${eol}`;
  });
  // On the first line of its own, so that comments left in the object stay below, nobody's.
  const lineEnd = skip(/[ \t]*(?:\r\n?|\n)/y, text, headEnd);
  if (lineEnd > headEnd) return { start: lineEnd, end: lineEnd, text: pieces.join('') };
  const end = skip(/[ \t]*/y, text, inner.start);
  return { start: inner.start, end, text: `${eol}${pieces.join('')}${outer}` };
}

function trailOf({ trail, indentation }: ServerText, to: string, eol: string): string {
  return trail && ` ${reindent(trail, indentation, to, eol)}`;
}

function indented({ body, indentation }: ServerText, to: string, eol: string): string {
  return reindent(body, indentation, to, eol);
}

/** Safe on the whole text: a JSON string holds no line break. */
function reindent(text: string, from: string, to: string, eol: string): string {
  const [first = '', ...rest] = text.split(/\r\n?|\n/);
  const lines = rest.map((line) => (line.startsWith(from) ? to + line.slice(from.length) : line));
  return [first, ...lines].join(eol);
}

function splice(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return pieces.join('') + text.slice(at);
}
