import { canBeKey } from '../policy/presetFor';
import { isGrave } from '../report/report';
import type { ReportedTool } from '../report/reportedTool';
import { standingInWords } from '../report/sentences';
import { levels } from '../risk/risk';
import { code, foreign, html, type Markup, type Part, plural } from './markup';
import { button, details, note, riskText, type Section, section, table, toolLink } from './parts';
import type { ActionCounts } from './presetEffects';
import type { KnownServer, ServerPage } from './serverPage';

const mostWorst = 10;

/** The page of a server, in sections. */
export function serverSections(page: ServerPage): readonly Section[] {
  const { known } = page;
  const start = [{ id: 'head', markup: head(page).markup }];
  const end = [section('launch', 'How it is started', launch(page))];
  if (!known) return [...start, ...end];
  return [
    ...start,
    section('grade', 'Why this grade', grade(known)),
    section('worst', 'Worst tools', worst(known)),
    section('findings', 'Findings', findings(known)),
    section('totals', 'Totals', totals(page)),
    section('presets', 'Presets', presetCards(page)),
    section('tools', 'All tools', allTools(known)),
    ...end,
  ];
}

function head({ label, state, trouble, canLoad, known, now }: ServerPage): Markup {
  const { grade, tools = [] } = known?.report ?? {};
  const graded =
    grade && html`<span class="grade grade-${grade}" aria-hidden="true">${grade}</span>`;
  return html`<p class="where">Server</p>
<div class="heading">${graded}<div><h1>${foreign(label)}</h1>
<p class="badges"><span class="badge">${state}</span>${known && html` <span class="badge">${plural(tools.length, 'tool')}</span>`}${grade && html` <span class="badge">Grade ${grade}</span>`}</p></div></div>
${trouble !== undefined && note('warning', foreign(trouble))}
${
  known
    ? html`<p>Now: ${countsText(now)}.${known.left > 0 && ` Only the first ${tools.length} tools are looked at; ${plural(known.left, 'more is', 'more are')} listed.`}</p>`
    : canLoad && html`<p>Its tools are not known yet. To load them starts or dials the server.</p>`
}
${canLoad && html`<p class="toolbar">${button('Load Tools', 'loadTools', { kind: known ? 'secondary' : 'primary' })}</p>`}`;
}

function grade({ report }: KnownServer): Markup {
  if (report.grade === undefined) return html`<p class="quiet">There is nothing to grade.</p>`;
  return html`<p>The grade says how much of the risk of its tools your policy leaves to agents, from A to F. The worst reason counts.</p>
<ul>${report.reasons.map(({ grade: one, text }) => html`<li><strong>${one}</strong>: ${text}</li>`)}</ul>`;
}

function worst({ report }: KnownServer): Markup {
  const grave = report.tools.filter(isGrave).slice(0, mostWorst);
  if (grave.length === 0) {
    return html`<p class="quiet">None is of high risk, and no definition needs a look.</p>`;
  }
  return toolTable('The gravest first', grave);
}

function toolTable(caption: string, tools: readonly ReportedTool[]): Markup {
  return table(
    caption,
    ['Tool', 'Risk', 'Findings', 'Its calls'],
    tools.map((tool) => [
      toolLink(tool.name),
      riskText(tool),
      tool.findings.length === 0 ? 'none' : html`<strong>${tool.findings.length}</strong>`,
      standingInWords(tool.standing),
    ]),
  );
}

function findings({ report }: KnownServer): Markup {
  const some = report.tools.filter((tool) => tool.findings.length > 0);
  if (some.length === 0) {
    return html`<p class="quiet">No definition hides something, speaks to the model past you, or passes for another server’s tool.</p>`;
  }
  return html`<ul class="findings">${some.map((tool) => {
    const kinds = [...new Set(tool.findings.map((one) => one.class.replaceAll('-', ' ')))];
    return html`<li>${toolLink(tool.name)}: ${kinds.join(', ')}</li>`;
  })}</ul>`;
}

function totals({ totals: all }: ServerPage): Markup {
  const shown = [...levels].reverse();
  const sum = (level: (typeof levels)[number]): number =>
    all.reduce((total, { byLevel }) => total + byLevel[level], 0);
  const every = all.reduce((total, row) => total + row.all, 0);
  const cell = (count: number): Part => (count === 0 ? html`<span class="quiet">0</span>` : count);
  return table(
    'Tools by category and level',
    ['Category', ...shown, 'all'],
    [
      ...all.map(({ category, byLevel, all: count }) => [
        category,
        ...shown.map((level) => cell(byLevel[level])),
        cell(count),
      ]),
      ['All', ...shown.map((level) => cell(sum(level))), every],
    ],
  );
}

function presetCards({ label, presets, now }: ServerPage): Markup {
  if (!canBeKey(label)) {
    return html`<p class="quiet">No key of a policy can hold the name of this server.</p>`;
  }
  const cards = presets.map(({ name, summary, after, changes }) => {
    const effect = after
      ? html`<dl><div><dt>Now</dt><dd>${countsText(now)}</dd></div><div><dt>Then</dt><dd>${countsText(after)}</dd></div></dl><p class="quiet">${changes === 0 ? 'No tool changes.' : `${plural(changes, 'tool changes', 'tools change')}.`}</p>`
      : html`<p class="quiet">There is no valid policy to change.</p>`;
    return html`<li><h3>${name}</h3><p>${summary}</p>${effect}${button(`Use ${name}`, 'preset', { data: { preset: name } })}</li>`;
  });
  return html`<p>A preset decides about every tool of this server in place of your rules for them. What is hidden, limits of all tools and your own categories stay. If it allows more than now, you see the difference and confirm it before it counts.</p><ul class="cards presets">${cards}</ul>`;
}

const order = ['allow', 'limited', 'ask', 'deny', 'hidden', 'no policy'] as const;

function countsText(counts: ActionCounts): string {
  const parts = order.flatMap((action) =>
    counts[action] > 0 ? [`${counts[action]} ${action}`] : [],
  );
  return parts.join(', ') || 'no tools';
}

function allTools({ report: { tools } }: KnownServer): Markup {
  const listed = toolTable('The gravest first', tools);
  return details('all-tools', plural(tools.length, 'tool'), listed, tools.length <= 20);
}

function launch({ launch: text, given }: ServerPage): Markup {
  return html`<p>${foreign(text)}.</p>
${given.length > 0 && html`<p>It is given ${given.slice(0, 50).map((name, index) => [index > 0 && ', ', code(name)])}; the values are not shown.</p>`}
<p class="toolbar">${button('Open Configuration', 'openEntry')}</p>`;
}
