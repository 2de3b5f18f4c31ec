import { inlineJson } from '../policy/imports/layOut';
import { type Level, levels } from '../risk/risk';
import type { LevelCounts } from './report';
import type { ReportedTool, Standing } from './reportedTool';

// The sentences that all forms of the report share. None holds text of a server.

export const title = 'Risk report';

export const howRead =
  'Levels say what the worst call of a tool can do. Grades, from A to F, say how much of that the policy in force leaves to the agent. Read are the names, titles, descriptions, parameters and annotations of tools; not what a server does when it is called.';

export function countsInWords(counts: LevelCounts): string {
  return [...levels]
    .reverse()
    .map((level: Level) => `${counts[level]} ${level}`)
    .join(', ');
}

export function riskInWords(tool: ReportedTool): string {
  const how = tool.isOwnCategory ? 'by your policy' : `${Math.round(tool.confidence * 100)} % sure`;
  return `${tool.category}, ${tool.level}, ${how}`;
}

const actions: Readonly<Record<Standing['action'], string>> = {
  allow: 'passes',
  require_approval: 'asks',
  deny: 'is refused',
  hide: 'is hidden',
};

export function standingInWords({ action, conditional, limited, observe }: Standing): string {
  const more = [
    ...(conditional ? ['the arguments decide too'] : []),
    ...(limited ? ['limited'] : []),
    ...(observe ? ['only recorded'] : []),
  ];
  return more.length > 0 ? `${actions[action]} (${more.join(', ')})` : actions[action];
}

export function flowInWords({ flow }: ReportedTool): string | undefined {
  const does = [
    ...(flow.private ? ['reads private data'] : []),
    ...(flow.untrusted ? ['reads what strangers wrote'] : []),
    ...(flow.outbound ? ['carries data out'] : []),
  ];
  return does.length > 0 ? does.join(', ') : undefined;
}

export function ruleText({ recommended }: ReportedTool): string {
  return inlineJson(recommended);
}
