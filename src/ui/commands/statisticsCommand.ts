import type { ActivityLog } from '../../audit/activityLog';
import {
  type ApprovalStatistics,
  approvalStatistics,
  type Habit,
  habitualAnswers,
} from '../../audit/approvalStatistics';
import { visibleLine, visibleText } from '../../common/visibleText';
import type { Gateway } from '../../gateway/gateway';
import { likenessOf } from '../../policy/likeness';
import { ruleInWords } from '../../policy/ruleInWords';
import { suggestedRule } from '../../policy/suggestedRule';
import { isSecret } from '../approval/maskSecrets';
import type { VirtualDocuments } from '../virtualDocuments';
import type { WorkspaceServers } from '../workspaceServers';

const readEntries = 10_000;
const shownDays = 14;
const barLength = 30;

/** *Show Approval Statistics*: how the person has answered, and which question may be one too many. */
export async function showStatistics(
  record: ActivityLog,
  documents: VirtualDocuments,
  servers: WorkspaceServers,
  gateway: Gateway,
): Promise<void> {
  const statistics = approvalStatistics(await record.latest(readEntries));
  const habits = statistics.habits.map((habit) => habitText(habit, servers, gateway));
  const text = [...summary(statistics), '', ...days(statistics), '', ...advice(habits)].join('\n');
  await documents.show('approval statistics.txt', visibleText(`${text}\n`));
}

function summary(statistics: ApprovalStatistics): string[] {
  const { questions, approved, denied, unanswered, medianAnswerMs, days } = statistics;
  if (questions === 0) return ['APPROVALS', '', 'You have not been asked about any call yet.'];
  const share = (count: number): string => `${Math.round((100 * count) / questions)} %`.padStart(6);
  const row = (name: string, value: string, note = ''): string =>
    `  ${name.padEnd(20)}${value.padStart(8)}${note}`.trimEnd();
  const aDay = Math.round((10 * questions) / days.length) / 10;
  return [
    'APPROVALS',
    '',
    row('Questions', `${questions}`, `   ${aDay} a day, on days with any`),
    row('  approved', `${approved}`, share(approved)),
    row('  denied', `${denied}`, share(denied)),
    row('  not answered', `${unanswered}`, share(unanswered)),
    row('Time to answer', durationText(medianAnswerMs), '   half of the answers took less'),
  ];
}

function durationText(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`;
}

function days({ days: all }: ApprovalStatistics): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(-shownDays).reverse();
  const most = Math.max(...shown.map(({ questions }) => questions));
  const lines = shown.map(({ day, questions, approved }) => {
    const filled = Math.ceil((barLength * approved) / most);
    const rest = Math.ceil((barLength * questions) / most) - filled;
    return `  ${day}${String(questions).padStart(6)}  ${'█'.repeat(filled)}${'░'.repeat(rest)}`;
  });
  return [`QUESTIONS A DAY   █ approved  ░ denied or not answered`, '', ...lines];
}

function advice(habits: readonly string[]): string[] {
  if (habits.length === 0) {
    return [
      'QUESTIONS THAT MAY BE ONE TOO MANY',
      '',
      `  None. A tool appears here once you have approved ${habitualAnswers} of its calls and denied none.`,
    ];
  }
  return ['QUESTIONS THAT MAY BE ONE TOO MANY', '', ...habits];
}

function habitText(habit: Habit, servers: WorkspaceServers, gateway: Gateway): string {
  const { server, tool, approved, rule, layer } = habit;
  const head = `  "${tool}" on server "${server}": approved ${approved} times, never denied.`;
  const asker = `  Asked by ${ruleInWords(rule)} (${layer} policy).`;
  return [head, asker, '', ...proposal(habit, servers, gateway), ''].join('\n');
}

/** The rule under which the calls on record would have passed, as far as that can be told. */
function proposal(habit: Habit, servers: WorkspaceServers, gateway: Gateway): string[] {
  const { server: label, tool, calls } = habit;
  const found = servers.servers.find((item) => visibleLine(item.label) === label);
  const catalogue = found && gateway.catalogueOf(found.id);
  const policy = found?.place.policies.current()?.find(({ layer }) => layer === habit.layer);
  if (!found || !catalogue || !policy) return ['  That server is not guarded here now.'];
  const risk = catalogue.riskOf(tool);
  const governing = policy.ruleFor(found.label, tool, risk);
  if (calls.length === 0) {
    const { rate_limit, limits } = governing.source;
    const bounds =
      rate_limit || limits ? 'Its limits would still hold.' : 'Nothing would limit it.';
    return [
      '  The record keeps no values of arguments (toolgate.record.arguments), so only a rule for all',
      `  of its calls could be proposed: "action": "allow". ${bounds}`,
    ];
  }
  const { paths } = found.place;
  const likeness = likenessOf(calls, {
    category: policy.categoryOf(found.label, tool) ?? risk.category,
    paths,
    known: [],
    relative: habit.layer !== 'user',
    isSecret,
  });
  if (likeness.kind === 'too_broad') return [`  No narrower rule is proposed. ${likeness.why}`];
  const call = { server: found.label, tool, args: calls.at(-1)! };
  const facts = { ...risk, client: '', sessionCalls: 0, paths };
  const rule = suggestedRule(governing, likeness.conditions, call, facts);
  if (!rule) return ['  No narrower rule is proposed: it cannot be told whether it would hold.'];
  const written = { servers: { [found.label]: { tools: { [tool]: rule } } } };
  return [
    '  With this rule calls like those pass, and every other still asks:',
    '',
    ...JSON.stringify(written, undefined, 2)
      .split('\n')
      .map((line) => `    ${line}`),
  ];
}
