import { commands, type QuickInputButton, ThemeIcon, window } from 'vscode';
import type { ActivityEntry } from '../../audit/activityEntry';
import type { ActivityLog } from '../../audit/activityLog';
import { visibleText } from '../../common/visibleText';
import { addPolicyTest } from '../editor/policyTestEditor';
import { commands as ids } from '../ids';
import type { VirtualDocuments } from '../virtualDocuments';
import type { WorkspaceServers } from '../workspaceServers';

const shownEntries = 500;

const icons: Record<string, string> = {
  ok: 'pass',
  tool_error: 'warning',
  error: 'error',
  input_required: 'question',
  lost: 'error',
  cancelled: 'debug-stop',
  not_forwarded: 'circle-slash',
};

/** *Show Activity*: the latest calls and what was decided, the newest first. */
export async function showActivity(
  record: ActivityLog,
  documents: VirtualDocuments,
  servers: WorkspaceServers,
): Promise<void> {
  const entries = await record.latest(shownEntries);
  if (entries.length === 0) {
    const trouble = record.failure === undefined ? '' : ` The record fails: ${record.failure}`;
    void window.showInformationMessage(`No calls have been recorded yet.${trouble}`);
    return;
  }
  const list = window.createQuickPick<ReturnType<typeof pickOf>>();
  list.items = entries.map(pickOf);
  list.placeholder = `The latest ${entries.length} calls, the newest first`;
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.title = 'Activity';
  list.buttons = [showStatistics];
  list.onDidTriggerButton(() => void commands.executeCommand(ids.showStatistics));
  list.onDidAccept(() => {
    const [picked] = list.selectedItems;
    list.hide();
    if (!picked) return;
    const text = visibleText(JSON.stringify(picked.entry, undefined, 2));
    void documents.show('call.json', text);
  });
  list.onDidTriggerItemButton(({ item }) => {
    list.hide();
    void addPolicyTest(item.entry, servers);
  });
  list.onDidHide(() => list.dispose());
  list.show();
}

const makeTest: QuickInputButton = {
  iconPath: new ThemeIcon('beaker'),
  tooltip: 'Make a Policy Test',
};

const showStatistics: QuickInputButton = {
  iconPath: new ThemeIcon('graph'),
  tooltip: 'Show Approval Statistics',
};

const failures: Record<string, string> = {
  tool_error: 'the tool failed',
  error: 'the server failed',
  lost: 'no answer',
  cancelled: 'cancelled',
};

function pickOf(entry: ActivityEntry) {
  const date = new Date(entry.time);
  const today = date.toDateString() === new Date().toDateString();
  const time = today ? date.toLocaleTimeString() : date.toLocaleString();
  const failure = failures[entry.outcome];
  const outcome = failure === undefined ? '' : `, ${failure}`;
  const rule = entry.rule === '' ? entry.layer : `${entry.layer} ${entry.rule}`;
  return {
    label: `$(${icons[entry.outcome] ?? 'circle'}) ${entry.tool}`,
    description: `${entry.server} · ${entry.code.replaceAll('_', ' ')}${outcome}`,
    detail: `${time} · ${Math.round(entry.durationMs)} ms · ${rule}`,
    entry,
    buttons: [makeTest],
  };
}
