import { visibleLine, visibleText } from '../../common/visibleText';
import type { PendingApproval } from '../../gateway/approvals';
import { ruleInWords } from '../../policy/ruleInWords';
import { maskSecrets } from './maskSecrets';

const mostLines = 18;
const longestLine = 160;

type Arguments = Readonly<Record<string, unknown>>;

/** The arguments whole, as JSON in which nothing hides but secrets. */
export function argumentsText(args: Arguments, { reveal = false } = {}): string {
  return visibleText(JSON.stringify(reveal ? args : maskSecrets(args).value, undefined, 2));
}

export function holdsSecrets(args: Arguments): boolean {
  return maskSecrets(args).count > 0;
}

/** What the dialog asks. Server and tool stand here, where arguments cannot imitate them. */
export function question(pending: PendingApproval): string {
  return `Allow "${shortName(pending.tool)}" on server "${shortName(pending.server)}"?`;
}

/** The facts in the dialog; the arguments come last, so that they can only follow the rest. */
export function details(pending: PendingApproval): string {
  const lines = [
    `Risk: ${pending.risk}`,
    `Asked by: ${ruleInWords(pending.rule)} (${pending.layer} policy)`,
    `Client: ${pending.client}`,
  ];
  if (pending.calls > 1)
    lines.push(`Calls: ${pending.calls} equal ones; Allow Once is for one of them`);
  if (pending.calls === 0) lines.push('Calls: none now; the agent was told to come back');
  if (pending.reason !== undefined) lines.push(`Reason: ${visibleLine(pending.reason)}`);
  return `${lines.join('\n')}\n\nArguments:\n${argumentsExcerpt(pending.arguments)}`;
}

/** For an answer that came too late: it changed nothing, whatever became of the call. */
export function noLongerWaiting({ tool, expiresAt }: PendingApproval): string {
  const why =
    Date.now() >= expiresAt
      ? 'No answer came in time, so it was not made.'
      : 'It was answered elsewhere, halted, or taken back by the agent.';
  return `The call of "${shortName(tool)}" was no longer waiting. ${why}`;
}

/** The beginning of the arguments, as much as a dialog holds. */
export function argumentsExcerpt(args: Arguments): string {
  if (Object.keys(args).length === 0) return '(none)';
  const lines = argumentsText(args).split('\n');
  const shown = lines.slice(0, mostLines).map((line) => {
    const left = line.length - longestLine;
    return left > 0 ? `${line.slice(0, longestLine)}… (${left} more characters)` : line;
  });
  const left = lines.length - shown.length;
  if (left > 0) shown.push(`… (${left} more lines: choose More…, Show Full Arguments)`);
  return shown.join('\n');
}

/** A name of a server or a tool, for a line that has an end. */
export function shortName(name: string): string {
  return visibleLine(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

/** How long a call has waited, and still waits, in steps that are worth a look. */
export function waitingText({ askedAt, expiresAt }: PendingApproval, now: number): string {
  return `${stepped(expiresAt - now)} left · ${stepped(now - askedAt)} ago`;
}

// In the last seconds each counts; before, a view that changes each second only disturbs.
function stepped(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds >= 600) return `${Math.round(seconds / 60)} min`;
  return `${seconds <= 10 ? seconds : Math.round(seconds / 5) * 5} s`;
}

/** What a document with the arguments of a call is called. */
export function argumentsFile({ tool }: PendingApproval): string {
  return `${tool.replace(/[^\w.-]/g, '_').slice(0, 60)} arguments.json`;
}
