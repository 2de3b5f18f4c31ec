import type { ToolFacts } from '../policy/policy';
import type { Level } from '../risk/risk';
import { foreign, html, type Markup, type Part } from './markup';
import { toolKey } from './toolPage';

/** A part of a page that is drawn anew when it has changed, and else left alone. */
export interface Section {
  readonly id: string;
  readonly markup: string;
}

export function section(id: string, title: string, ...content: readonly Part[]): Section {
  return { id, markup: html`<h2>${title}</h2>${content}`.markup };
}

/** A button; `does` is the name of what the page asks its host for. */
export function button(label: Part, does: string, options: ButtonOptions = {}): Markup {
  const { kind = 'secondary', pressed, data = {} } = options;
  const attributes = Object.entries(data).map(([name, value]) => [
    ' ',
    html`data-${name}="${value}"`,
  ]);
  const state = pressed === undefined ? '' : html` aria-pressed="${String(pressed)}"`;
  return html`<button type="button" class="${kind}" data-do="${does}"${attributes}${state}>${label}</button>`;
}

interface ButtonOptions {
  readonly kind?: 'primary' | 'secondary' | 'link';
  readonly pressed?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

/** Leads to the page of another tool of the server. */
export function toolLink(name: string): Markup {
  const data = { tool: toolKey(name) };
  return button(foreign(name), 'openTool', { kind: 'link', data });
}

const levelNames: Readonly<Record<Level, string>> = {
  low: 'Low risk',
  medium: 'Medium risk',
  high: 'High risk',
  critical: 'Critical risk',
};

export function levelBadge(level: Level): Markup {
  return html`<span class="badge level ${level}">${levelNames[level]}</span>`;
}

export function riskText({ category, level }: ToolFacts): Markup {
  return html`<span class="level ${level}">${category}, ${level}</span>`;
}

/** A table whose first column names its rows. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Part[])[],
): Markup {
  return html`<div class="scroll"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...others]) =>
      html`<tr><th scope="row">${first}</th>${others.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  )}</tbody>
</table></div>`;
}

/** Something to open, which stays open when the page is drawn anew. */
export function details(id: string, summary: Part, content: Part, open = false): Markup {
  return html`<details id="${id}"${open && html` open`}><summary>${summary}</summary>${content}</details>`;
}

export function note(kind: 'info' | 'warning', ...content: readonly Part[]): Markup {
  return html`<p class="note ${kind}">${content}</p>`;
}

/** JSON of ours, with its names and values told apart. */
export function jsonBlock(text: string): Markup {
  const tokens = text.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null|-?\d[\d.e+-]*)\b)/);
  const parts = tokens.map((token, index) => {
    if (index % 2 === 0) return token;
    const kind = token.endsWith(':') ? 'name' : token.startsWith('"') ? 'string' : 'value';
    return html`<span class="${kind}">${token}</span>`;
  });
  return html`<pre class="json" tabindex="0"><code>${parts}</code></pre>`;
}
