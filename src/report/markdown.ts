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

/** The report as Markdown, in which whatever comes from a server stands in code spans. */
export function asMarkdown(report: Report): string {
  return `${[
    `# ${title}`,
    '',
    `Grade **${report.grade ?? 'unknown'}**. Tools: ${countsInWords(report.counts)}. Findings: ${report.findings}.`,
    '',
    howRead,
    '',
    ...worst(report),
    ...report.servers.flatMap(server),
    ...patterns(report),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/**
 * A code span: in one, neither HTML nor a link nor an address on its own is rendered. It ends at a
 * run of as many backticks as it began with, so it begins with more than the text holds.
 */
function code(text: string): string {
  const line = foreignLine(text);
  if (line.trim() === '') return '(empty)';
  const runs = (line.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  const padding = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  return `${fence}${padding}${line}${padding}${fence}`;
}

function worst(report: Report): string[] {
  if (report.worst.length === 0) return [];
  const lines = report.worst.map(({ server, tool }) => {
    const findings = tool.findings.length > 0 ? `; findings: ${tool.findings.length}` : '';
    return `- ${code(tool.name)} of ${code(server)}: ${riskInWords(tool)}${findings}; ${standingInWords(tool.standing)}`;
  });
  return ['## Worst tools', '', ...lines, ''];
}

function server(one: ReportedServer): string[] {
  const head = [`## Server ${code(one.label)}`, ''];
  if (one.failure !== undefined)
    return [...head, `Its tools are not known: ${code(one.failure)}`, ''];
  return [
    ...head,
    `Grade **${one.grade ?? 'unknown'}**. Tools: ${countsInWords(one.counts)}. Findings: ${one.findings}.`,
    '',
    ...one.reasons.map(({ grade, text }) => `- ${grade}: ${text}`),
    ...one.notes.map((note) => `- Note: ${code(note)}`),
    '',
    ...one.tools.flatMap(tool),
  ];
}

function tool(one: ReportedTool): string[] {
  const flow = flowInWords(one);
  const concerning = toolPatterns.filter(({ id }) => one.patterns.includes(id));
  return [
    `### ${code(one.name)}`,
    '',
    `- Risk: ${riskInWords(one)}`,
    ...one.evidence.map(({ text, field }) => `  - ${code(text)} in ${code(field)}`),
    ...one.findings.map(
      (finding) =>
        `- Finding, ${finding.severity}: ${finding.class} in ${code(finding.field)}: ${code(finding.text)}`,
    ),
    ...(flow === undefined ? [] : [`- Data: ${flow}`]),
    `- Policy: ${standingInWords(one.standing)}, by ${code(one.standing.rule)}`,
    `- Recommended: ${code(ruleText(one))}`,
    ...(concerning.length > 0
      ? [`- Attack patterns: ${concerning.map((pattern) => pattern.title).join(', ')}`]
      : []),
    '',
  ];
}

function patterns({ servers }: Report): string[] {
  const seen = new Set(servers.flatMap(({ tools }) => tools.flatMap((one) => one.patterns)));
  const shown = attackPatterns.filter(({ id }) => seen.has(id));
  if (shown.length === 0) return [];
  const everywhere = new Set(connectionPatterns);
  return [
    '## Attack patterns',
    '',
    ...shown.map((pattern) => {
      const { description, owasp, control, reference } = pattern;
      const scope = everywhere.has(pattern) ? ' It concerns every tool.' : '';
      return `- **${pattern.title}** (${owasp} ${owaspItems[owasp]}). ${description}${scope} Toolgate: ${control} [${reference}](${referenceUrl(pattern)})`;
    }),
    '',
  ];
}
