import { visibleLine, visibleText } from '../common/visibleText';
import type { PendingApproval } from '../gateway/approvals';
import { ruleInWords } from '../policy/ruleInWords';

const mostLines = 18;
const longestLine = 160;

/** The arguments whole, as JSON in which nothing hides. */
export function argumentsText(pending: PendingApproval): string {
  return visibleText(JSON.stringify(pending.arguments, undefined, 2));
}

/** What the dialog asks. Server and tool stand here, where arguments cannot imitate them. */
export function question(pending: PendingApproval): string {
  return `Allow "${short(pending.tool)}" on server "${short(pending.server)}"?`;
}

/** The facts in the dialog; the arguments come last, so that they can only follow the rest. */
export function details(pending: PendingApproval): string {
  const lines = [
    `Risk: ${pending.risk}`,
    `Asked by: ${ruleInWords(pending.rule)} (${pending.layer} policy)`,
    `Client: ${pending.client}`,
  ];
  if (pending.reason !== undefined) lines.push(`Reason: ${visibleLine(pending.reason)}`);
  return `${lines.join('\n')}\n\nArguments:\n${argumentsExcerpt(pending)}`;
}

/** For an answer that came too late: it changed nothing, whatever became of the call. */
export function noLongerWaiting({ tool, expiresAt }: PendingApproval): string {
  const why =
    Date.now() >= expiresAt
      ? 'No answer came in time, so it was not made.'
      : 'It was answered elsewhere, halted, or taken back by the agent.';
  return `The call of "${short(tool)}" was no longer waiting. ${why}`;
}

function argumentsExcerpt(pending: PendingApproval): string {
  if (Object.keys(pending.arguments).length === 0) return '(none)';
  const lines = argumentsText(pending).split('\n');
  const shown = lines.slice(0, mostLines).map((line) => {
    const left = line.length - longestLine;
    return left > 0 ? `${line.slice(0, longestLine)}… (${left} more characters)` : line;
  });
  const left = lines.length - shown.length;
  if (left > 0) shown.push(`… (${left} more lines: choose Show Full Arguments)`);
  return shown.join('\n');
}

function short(name: string): string {
  return visibleLine(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
