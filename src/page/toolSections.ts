import { actionText, effectiveAction } from '../policy/outlookInWords';
import { ruleInWords } from '../policy/ruleInWords';
import { owaspItems } from '../report/attackPattern';
import { referenceUrl } from '../report/attackPatterns';
import { connectionPatterns } from '../report/connectionPatterns';
import { excerpt, marked, type Span, spansOf } from './marks';
import { code, foreign, html, type Markup, nothing, type Part, plural } from './markup';
import {
  button,
  details,
  levelBadge,
  note,
  riskText,
  type Section,
  section,
  table,
  toolLink,
} from './parts';
import { questions } from './questions';
import { ruleSections } from './ruleSections';
import type { RecentCall, ToolPage } from './toolPage';
import { confidenceInWords, dangerOf, flowSentence, outcomeInWords, purposes } from './words';

// A description may be a book. Nobody reads more, and a browser has to lay it out.
const longestDescription = 20_000;
const longestLine = 400;
const shownCalls = 20;

const contents = [
  ['why', 'Why'],
  ['parameters', 'Parameters'],
  ['patterns', 'Attacks'],
  ['rule', 'Recommended rule'],
  ['effects', 'Effects'],
  ['related', 'Related'],
  ['calls', 'Calls'],
  ['questions', 'Questions'],
] as const;

/** The page of a tool, in sections. */
export function toolSections(page: ToolPage): readonly Section[] {
  return [
    { id: 'head', markup: head(page).markup },
    section('does', 'What it does', does(page)),
    section('why', 'Why it needs a policy', why(page)),
    section('parameters', 'Parameters', parameters(page)),
    section('patterns', 'Attack patterns', patterns(page)),
    ...ruleSections(page),
    section('related', 'Related tools', related(page)),
    section('calls', 'Recent calls', calls(page)),
    section('questions', 'Questions', questions(page)),
  ];
}

function head(page: ToolPage): Markup {
  const { tool, server, report, outlook, waits } = page;
  const { category, level, confidence, isOwnCategory } = report;
  const title = tool.title?.trim() ?? '';
  const percent = Math.round(confidence * 100);
  return html`<p class="where">${button(foreign(server), 'openServer', { kind: 'link' })}</p>
<h1>${foreign(tool.name)}</h1>
${title !== '' && title !== tool.name && html`<p class="title">${foreign(line(title))}</p>`}
<p class="badges">${levelBadge(level)} <span class="badge">${category}</span> <span class="badge">${isOwnCategory ? 'your category' : `${confidenceInWords(confidence)}, ${percent} %`}</span> <span class="badge action">${actionText(outlook)}</span></p>
${waits && note('warning', 'It is new or has changed. Agents do not get it until you have reviewed it in the view.')}
${report.findings.some(({ severity }) => severity === 'severe') && note('warning', 'Its definition does something other than describe. Look at the findings below before you let it be called.')}
<div class="toolbar" role="group" aria-label="What happens to its calls">${actions(page)}</div>
<p>${ruleNow(page)}</p>
<nav aria-label="On this page">${contents.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>`;
}

function actions({ outlook }: ToolPage): Part {
  const now = effectiveAction(outlook);
  return [
    button('Allow', 'allow', { pressed: now === 'allow' }),
    button('Require Approval', 'ask', { pressed: now === 'ask' }),
    button('Deny', 'deny', { pressed: now === 'deny' }),
    button('Limit Rate…', 'limit', { pressed: now === 'limited' }),
    button('Hide', 'hide', { pressed: now === 'hidden' }),
  ];
}

function ruleNow({ outlook }: ToolPage): Part {
  if (!outlook) return 'There is no valid policy, so every call is refused.';
  const { layer, rule } = outlook;
  const whose = layer === 'preset' ? 'built-in' : layer;
  return [
    'Now: ',
    actionText(outlook),
    html`, by ${foreign(ruleInWords(rule))}${layer !== 'gateway' && ` (${whose} policy)`}. `,
    button('Show Rule', 'showRule', { kind: 'link' }),
  ];
}

function does({ tool, report, server }: ToolPage): Markup {
  const { name, description = '', risk } = tool;
  const said = description.trim();
  const ours = html`<p>Agents call ${code(name)} on ${foreign(server)} ${purposes[report.category]}${flowSentence(report.flow)}</p>`;
  if (said === '') return html`${ours}<p class="quiet">Its server does not describe it.</p>`;
  const shown = said.slice(0, longestDescription);
  const left = said.length - shown.length;
  const evidence = risk.evidence.filter(({ field }) => field === 'description');
  // The findings count from the start of the whole text.
  const trimmed = description.indexOf(said);
  const spans: Span[] = report.findings
    .filter(({ field }) => field === 'description')
    .map(({ offset, text }) => ({
      start: offset - trimmed,
      end: offset - trimmed + text.length,
      kind: 'finding',
    }));
  return html`${ours}<figure><figcaption>In the words of the server</figcaption>
<blockquote class="description" tabindex="0">${foreignMarked(shown, [
    ...spans,
    ...evidence.flatMap(({ words }) => spansOf(shown, words)),
  ])}</blockquote>${left > 0 && html`<p class="quiet">${plural(left, 'more character is', 'more characters are')} not shown.</p>`}</figure>`;
}

function foreignMarked(text: string, spans: readonly Span[]): Markup {
  return html`<bdi>${marked(text, spans)}</bdi>`;
}

function why(page: ToolPage): Markup {
  const { tool, report } = page;
  const { category, level, confidence, evidence, contradiction } = tool.risk;
  const reasons = evidence.filter((one) => one !== contradiction);
  const percent = Math.round(confidence * 100);
  return html`<p>${dangerOf(report.category, report.flow)}</p>
<p>Its definition makes it ${category}, ${level} risk. These words say so:</p>
<ul class="evidence">${reasons.map((one) => {
    const words =
      excerpt(tool, one) ?? one.words.map((word) => html`<mark class="evidence">${word}</mark>`);
    return html`<li>${foreign(one.text)} <span class="excerpt"><code>${line(one.field)}</code> ${html`<q><bdi>${words}</bdi></q>`}</span></li>`;
  })}</ul>
<p>Of tools with such words the category was right for ${percent} in 100.${report.isOwnCategory && ` Your policy calls it ${report.category} all the same, and that counts.`} ${button('Set Category…', 'classify', { kind: 'link' })}</p>
${contradiction && note('warning', html`${contradiction.text} Claims of a server are never a reason to trust it: they lower no risk here.`)}
${findings(page)}`;
}

function findings({ report }: ToolPage): Markup {
  if (report.findings.length === 0) return nothing;
  return html`<h3>Findings</h3>
<ul class="findings">${report.findings.map(
    ({ severity, class: kind, field, text }) =>
      html`<li><strong class="${severity}">${severity === 'severe' ? 'Severe' : 'Worth a look'}: ${kind.replaceAll('-', ' ')}</strong> in <code>${line(field)}</code><blockquote><mark class="finding"><bdi>${line(text)}</bdi></mark></blockquote></li>`,
  )}</ul>`;
}

function parameters({ parameters: all }: ToolPage): Markup {
  if (all.length === 0) return html`<p class="quiet">It takes none.</p>`;
  return table(
    'What a call is given, and what of it is risky',
    ['Parameter', 'Type', 'Required', 'Risk'],
    all.map(({ name, field, types, required, description, reason }) => [
      html`<code title="${field}"><bdi>${line(name)}</bdi></code>${description && html`<p class="quiet"><bdi>${line(description)}</bdi></p>`}`,
      types.length > 0 ? code(types.join(' or ')) : 'any',
      required ? 'yes' : 'no',
      reason === undefined
        ? html`<span class="quiet">nothing stands out</span>`
        : html`<span class="concern">${reason}</span>`,
    ]),
  );
}

function patterns({ patterns: { own, every } }: ToolPage): Markup {
  const items = own.map((pattern) => {
    const { title, description, owasp, control, reference } = pattern;
    return html`<li><strong>${title}</strong> <span class="quiet">${owasp} ${owaspItems[owasp]}</span><p>${description}</p><p>Toolgate: ${control}</p><p><a href="${referenceUrl(pattern)}">${reference}</a></p></li>`;
  });
  const rest = connectionPatterns.map(
    (pattern) =>
      html`<li><strong>${pattern.title}.</strong> ${pattern.description} Toolgate: ${pattern.control} <a href="${referenceUrl(pattern)}">${pattern.owasp}</a></li>`,
  );
  return html`${own.length === 0 ? html`<p>None of the known attacks is made possible by what this tool does.</p>` : html`<p>Known attacks that abuse exactly this kind of access:</p><ul class="cards">${items}</ul>`}
${every > 0 && details('every-pattern', `${plural(every, 'attack')} on the way to any tool`, html`<ul>${rest}</ul>`)}`;
}

function related({ related: tools }: ToolPage): Markup {
  if (tools.length === 0)
    return html`<p class="quiet">No other tool of this server is about the same things.</p>`;
  return html`<ul>${tools.map((tool) => html`<li>${toolLink(tool.name)} ${riskText(tool.risk)}</li>`)}</ul>`;
}

function calls({ calls: all }: ToolPage): Markup {
  if (all.length === 0) return html`<p class="quiet">None is in the record.</p>`;
  const shown = all.slice(0, shownCalls);
  return html`${table(
    `The latest ${plural(shown.length, 'call')}, the newest first`,
    ['Time', 'Decision', 'By', 'Agent', 'Arguments'],
    shown.map((call) => [
      html`<time datetime="${call.time}">${call.time.slice(0, 19).replace('T', ' ')}</time>`,
      decision(call),
      html`${call.layer} <code>${call.rule === '' ? 'itself' : line(call.rule)}</code>`,
      foreign(line(call.client)),
      argumentsOf(call),
    ]),
  )}<p>${button('Show Activity', 'showActivity', { kind: 'link' })}</p>`;
}

function decision({ verdict, code: reason, outcome }: RecentCall): Part {
  const came = verdict === 'allow' ? outcomeInWords(outcome) : '';
  return html`<span class="${verdict}">${reason.replaceAll('_', ' ')}</span>${came && `, ${came}`}`;
}

function argumentsOf(call: RecentCall): Part {
  if (call.arguments !== undefined)
    return html`<code><bdi>${line(JSON.stringify(call.arguments))}</bdi></code>`;
  return call.argumentKeys.length === 0
    ? html`<span class="quiet">none</span>`
    : html`<span class="quiet">not kept:</span> <code><bdi>${line(call.argumentKeys.join(', '))}</bdi></code>`;
}

/** What there is to say of a tool that its server does not list. */
export function goneSections(server: string, tool: string): readonly Section[] {
  const markup =
    html`<p class="where">${button(foreign(server), 'openServer', { kind: 'link' })}</p>
<h1>${foreign(tool)}</h1>
${note('info', 'The server does not list this tool, as far as is known now.')}
<p class="toolbar">${button('Load Tools', 'loadTools')}</p>`.markup;
  return [{ id: 'head', markup }];
}

/** What is shown where a page cannot be made: a mistake of ours, and no reason to show nothing. */
export function failedSections(reason: string): readonly Section[] {
  const markup = html`<h1>This page could not be made</h1>${note('warning', reason)}`.markup;
  return [{ id: 'head', markup }];
}

/** A text as a line that is not too long. */
function line(text: string): string {
  const flat = text.slice(0, longestLine + 1).replace(/\s+/g, ' ');
  return flat.length > longestLine ? `${flat.slice(0, longestLine)}…` : flat;
}
