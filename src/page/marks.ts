import { enumValues, propertiesOf } from '../risk/properties';
import type { Evidence, ToolDefinition } from '../risk/risk';
import { html, type Part } from './markup';

/** A part of a text that something rests on. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** `finding`: it does something other than describe. */
  readonly kind: 'evidence' | 'finding';
}

/** A text with its spans highlighted. Of spans that meet, the first is whole. */
export function marked(text: string, spans: readonly Span[]): Part {
  const parts: Part[] = [];
  let at = 0;
  for (const { start, end, kind } of [...spans].sort((a, b) => a.start - b.start)) {
    const from = Math.max(at, start);
    const to = Math.min(end, text.length);
    if (to <= from) continue;
    parts.push(text.slice(at, from), html`<mark class="${kind}">${text.slice(from, to)}</mark>`);
    at = to;
  }
  return [...parts, text.slice(at)];
}

/** Where the exact words stand in a text: each where it stands first. */
export function spansOf(text: string, words: readonly string[]): readonly Span[] {
  return words.flatMap((word) => {
    const start = word === '' ? -1 : text.indexOf(word);
    return start < 0 ? [] : [{ start, end: start + word.length, kind: 'evidence' as const }];
  });
}

const context = 80;

/** The words of an evidence in what surrounds them. Undefined where the definition does not hold them. */
export function excerpt(definition: ToolDefinition, { field, words }: Evidence): Part | undefined {
  const text = textAt(definition, field);
  const spans = text === undefined ? [] : spansOf(text, words);
  if (text === undefined || spans.length === 0) return undefined;
  const start = Math.max(0, Math.min(...spans.map((span) => span.start)) - context);
  const end = Math.min(text.length, Math.max(...spans.map((span) => span.end)) + context);
  const moved = spans.map((span) => ({
    ...span,
    start: span.start - start,
    end: span.end - start,
  }));
  return [start > 0 && '…', marked(text.slice(start, end), moved), end < text.length && '…'];
}

/** What stands at a field of a definition, as a line to be read. */
function textAt(definition: ToolDefinition, field: string): string | undefined {
  if (field === 'name' || field === 'title' || field === 'description') return definition[field];
  const [, hint] = /^annotations\.(\w+)$/.exec(field) ?? [];
  if (hint !== undefined) {
    const annotations = definition.annotations as Record<string, unknown> | null | undefined;
    return `${hint}: ${JSON.stringify(annotations?.[hint])}`;
  }
  const property = propertiesOf(definition.inputSchema).find((one) => one.field === field);
  if (!property) return undefined;
  const values = enumValues(property.schema);
  return values.length === 0 ? property.name : `${property.name}: ${values.join(', ')}`;
}
