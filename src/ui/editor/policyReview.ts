import { basename } from 'node:path';
import { commands, window, workspace } from 'vscode';
import { visibleLine } from '../../common/visibleText';
import type { PolicyChange, PolicyFile } from '../../gateway/policyFile';
import type { VirtualDocuments } from '../virtualDocuments';

const shownLoosenings = 12;

// Escape presses the button with the close affordance. Enter presses the first of the others, and
// a command that anyone can run presses the first of a message: neither may confirm anything.
const keep = { title: 'Keep the Old Policy', isCloseAffordance: true };
const look = { title: 'Show Difference' };
const confirm = { title: 'Let It Take Effect' };

/** Lets the person see, and confirm, what a changed policy allows that the old one did not. */
export class PolicyReview {
  constructor(private readonly documents: VirtualDocuments) {}

  async review(file: PolicyFile): Promise<void> {
    const state = file.refresh();
    if (state.kind !== 'loosened') {
      void window.showInformationMessage('No change of the policy waits for your confirmation.');
      return;
    }
    const { change } = state;
    await this.showDifference(file, change);
    const options = { modal: true, detail: detail(change) };
    const question = `The changed policy ${workspace.asRelativePath(file.path)} allows more. Let it take effect?`;
    let choice = await window.showWarningMessage(question, options, look, keep, confirm);
    // The dialog covers the difference, so the same is asked beside it.
    if (choice === look) choice = await window.showWarningMessage(question, keep, confirm);
    if (choice !== confirm || file.confirm(change.digest)) return;
    void window.showWarningMessage(
      'The file has changed again meanwhile. Nothing was confirmed; review it once more.',
    );
  }

  private async showDifference(file: PolicyFile, { before, after }: PolicyChange): Promise<void> {
    const name = basename(file.path);
    await commands.executeCommand(
      'vscode.diff',
      this.documents.create(name, before ?? ''),
      this.documents.create(name, after ?? ''),
      `${name} (in force ↔ changed)`,
    );
  }
}

function detail({ after, loosenings }: PolicyChange): string {
  const lines = loosenings
    .slice(0, shownLoosenings)
    .map(({ message }) => `• ${visibleLine(message)}`);
  const left = loosenings.length - lines.length;
  if (left > 0) lines.push(`… and ${left} more`);
  const gone = after === undefined ? 'The policy file is gone.\n\n' : '';
  return `${gone}${lines.join('\n')}\n\nUntil you confirm it, the old policy stays in force.`;
}
