import { escapedHtml } from '../common/escapedHtml';
import { visibleText } from '../common/visibleText';

/** A piece of HTML that is safe to put into a page. Only `html` makes it. */
export interface Markup {
  readonly markup: string;
}

export type Part = Markup | string | number | false | undefined | readonly Part[];

/**
 * A template of HTML in which every text is text, whoever wrote it: characters that mean something
 * in HTML are escaped and invisible ones are shown. Attributes have to stand in double quotes.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((text, next, index) => text + asHtml(parts[index - 1]) + next) };
}

export const nothing: Markup = html``;

function asHtml(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') {
    return escapedHtml(visibleText(part));
  }
  return 'markup' in part ? part.markup : part.map(asHtml).join('');
}

/** Text that a server wrote, kept apart from ours: its direction of writing ends with it. */
export function foreign(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

/** A name or a value, as it is written. */
export function code(text: string): Markup {
  return html`<code>${text}</code>`;
}

/** A list of words: "a, b and c". */
export function listed(items: readonly Part[]): Part {
  return items.map((item, index) => {
    const before = index === 0 ? '' : index === items.length - 1 ? ' and ' : ', ';
    return [before, item];
  });
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
