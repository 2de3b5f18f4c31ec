import { window } from 'vscode';
import type { ActivityEntry } from '../../audit/activityEntry';
import type { ActivityLog } from '../../audit/activityLog';
import { visibleText } from '../../common/visibleText';
import type { VirtualDocuments } from '../virtualDocuments';

const shownEntries = 500;

const icons: Record<string, string> = {
  ok: 'pass',
  tool_error: 'warning',
  error: 'error',
  lost: 'error',
  cancelled: 'debug-stop',
  not_forwarded: 'circle-slash',
};

/** *Show Activity*: the latest calls and what was decided, the newest first. */
export async function showActivity(
  record: ActivityLog,
  documents: VirtualDocuments,
): Promise<void> {
  const entries = await record.latest(shownEntries);
  if (entries.length === 0) {
    const trouble = record.failure === undefined ? '' : ` The record fails: ${record.failure}`;
    void window.showInformationMessage(`No calls have been recorded yet.${trouble}`);
    return;
  }
  const picked = await window.showQuickPick(entries.map(pickOf), {
    placeHolder: `The latest ${entries.length} calls, the newest first`,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked) {
    const text = visibleText(JSON.stringify(picked.entry, undefined, 2));
    await documents.show('call.json', text);
  }
}

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
  };
}
