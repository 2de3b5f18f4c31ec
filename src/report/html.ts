import { escapedHtml } from '../common/escapedHtml';
import { owaspItems } from './attackPattern';
import { attackPatterns, referenceUrl } from './attackPatterns';
import { connectionPatterns } from './connectionPatterns';
import { foreignLine } from './foreignText';
import type { Report, ReportedServer } from './report';
import type { ReportedTool } from './reportedTool';
import {
  countsInWords,
  flowInWords,
  howRead,
  riskInWords,
  ruleText,
  standingInWords,
  title,
} from './sentences';
import { toolPatterns } from './toolPatterns';

const style = `
:root { color-scheme: light dark; --text: #1f2328; --back: #fff; --soft: #f3f4f6; --line: #d0d7de; --link: #0550ae; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --back: #0d1117; --soft: #1b222c; --line: #39414b; --link: #79b8ff; --bad: #ff8a80; }
}
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
a { color: var(--link); }
code { padding: .1em .3em; background: var(--soft); border-radius: 3px; overflow-wrap: anywhere; unicode-bidi: isolate; }
details { margin: .5rem 0; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: 6px; }
summary { cursor: pointer; }
.grade { font-size: 1.4rem; font-weight: 700; }
.severe, .critical { color: var(--bad); font-weight: 600; }
`;

/**
 * The report as one HTML file that loads nothing. Its own policy of content forbids scripts and
 * requests as well, for the day that something is not escaped.
 */
export function asHtml(report: Report): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
${summary(report)}
<p>${howRead}</p>
${worst(report)}${report.servers.map(server).join('')}${patterns(report)}</body>
</html>
`;
}

/** Text of a server. */
function code(text: string): string {
  return `<code>${escapedHtml(foreignLine(text))}</code>`;
}

function list(items: readonly string[]): string {
  return items.length === 0
    ? ''
    : `<ul>\n${items.map((item) => `<li>${item}</li>\n`).join('')}</ul>\n`;
}

function summary({
  grade,
  counts,
  findings,
}: Pick<Report, 'grade' | 'counts' | 'findings'>): string {
  return `<p>Grade <span class="grade">${grade ?? 'unknown'}</span>. Tools: ${countsInWords(counts)}. Findings: ${findings}.</p>`;
}

function worst(report: Report): string {
  if (report.worst.length === 0) return '';
  const items = report.worst.map(({ server, tool }) => {
    const findings = tool.findings.length > 0 ? `; findings: ${tool.findings.length}` : '';
    return `${code(tool.name)} of ${code(server)}: <span class="${tool.level}">${riskInWords(tool)}</span>${findings}; ${standingInWords(tool.standing)}`;
  });
  return `<h2>Worst tools</h2>\n${list(items)}`;
}

function server(one: ReportedServer): string {
  const head = `<h2>Server ${code(one.label)}</h2>\n`;
  if (one.failure !== undefined) {
    return `${head}<p>Its tools are not known: ${code(one.failure)}</p>\n`;
  }
  const reasons = one.reasons.map(({ grade, text }) => `${grade}: ${escapedHtml(text)}`);
  const notes = one.notes.map((note) => `Note: ${escapedHtml(note)}`);
  return `${head}${summary(one)}\n${list([...reasons, ...notes])}${one.tools.map(tool).join('')}`;
}

function tool(one: ReportedTool): string {
  const flow = flowInWords(one);
  const concerning = toolPatterns.filter(({ id }) => one.patterns.includes(id));
  const evidence = one.evidence.map(({ text, field }) => `${code(text)} in ${code(field)}`);
  const items = [
    `Why: ${evidence.length === 0 ? 'nothing says more' : evidence.join('; ')}`,
    ...one.findings.map(
      (finding) =>
        `<span class="${finding.severity}">Finding, ${finding.severity}: ${finding.class}</span> in ${code(finding.field)}: ${code(finding.text)}`,
    ),
    ...(flow === undefined ? [] : [`Data: ${flow}`]),
    `Policy: ${standingInWords(one.standing)}, by ${code(one.standing.rule)}`,
    `Recommended: ${code(ruleText(one))}`,
    ...(concerning.length === 0
      ? []
      : [
          `Attack patterns: ${concerning.map((pattern) => `<a href="#${pattern.id}">${escapedHtml(pattern.title)}</a>`).join(', ')}`,
        ]),
  ];
  const open = one.findings.length > 0 ? ' open' : '';
  return `<details${open}>\n<summary>${code(one.name)} <span class="${one.level}">${riskInWords(one)}</span>; ${standingInWords(one.standing)}</summary>\n${list(items)}</details>\n`;
}

function patterns({ servers }: Report): string {
  const seen = new Set(servers.flatMap(({ tools }) => tools.flatMap((one) => one.patterns)));
  const shown = attackPatterns.filter(({ id }) => seen.has(id));
  if (shown.length === 0) return '';
  const everywhere = new Set(connectionPatterns);
  const items = shown.map((pattern) => {
    const { id, description, owasp, control, reference } = pattern;
    const scope = everywhere.has(pattern) ? ' It concerns every tool.' : '';
    const link = `<a href="${escapedHtml(referenceUrl(pattern))}" rel="noreferrer">${escapedHtml(reference)}</a>`;
    return `<b id="${id}">${escapedHtml(pattern.title)}</b> (${owasp} ${escapedHtml(owaspItems[owasp])}). ${escapedHtml(description)}${scope} Toolgate: ${escapedHtml(control)} ${link}`;
  });
  return `<h2>Attack patterns</h2>\n${list(items)}`;
}
