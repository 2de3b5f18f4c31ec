import { type MessageItem, window } from 'vscode';
import type { Disposable } from '../common/disposable';
import type { ApprovalAnswer, Approvals, Approver, PendingApproval } from '../gateway/approvals';
import { argumentsText, details, noLongerWaiting, question } from './approvalTexts';
import type { VirtualDocuments } from './virtualDocuments';

interface Choice extends MessageItem {
  readonly answer: ApprovalAnswer | 'show';
}

// Escape presses the button with the close affordance. Enter presses the first of the others, and
// may be meant for the text in which the person was typing when the dialog opened: it must be one
// that allows nothing.
const deny: Choice = { title: 'Deny', answer: { kind: 'deny' }, isCloseAffordance: true };
const once: Choice = { title: 'Allow Once', answer: { kind: 'allow_once' } };
const session: Choice = { title: 'Allow for Session', answer: { kind: 'allow_arguments' } };
const show: Choice = { title: 'Show Full Arguments', answer: 'show' };

/**
 * Asks the person in dialogs of the editor, one at a time. A dialog cannot be closed by code, so an
 * answer that comes too late is void, and the person is told.
 */
export class ApprovalPrompt implements Approver, Disposable {
  private readonly queue: PendingApproval[] = [];
  private showing = false;
  private disposed = false;

  constructor(
    private readonly approvals: Approvals,
    private readonly documents: VirtualDocuments,
  ) {}

  ask(pending: PendingApproval): void {
    this.queue.push(pending);
    void this.showNext();
  }

  withdraw(pending: PendingApproval): void {
    const index = this.queue.findIndex(({ id }) => id === pending.id);
    if (index >= 0) this.queue.splice(index, 1);
  }

  dispose(): void {
    this.disposed = true;
    this.queue.length = 0;
  }

  /** Opens the arguments whole, and asks again beside them, in a message that hides nothing. */
  async showArguments(pending: PendingApproval): Promise<void> {
    await this.documents.show(`${fileName(pending.tool)} arguments.json`, argumentsText(pending));
    // A command that anyone can run presses the first button.
    const choice = await window.showWarningMessage(question(pending), deny, ...allowances(pending));
    // Closing this message decides nothing: the call waits on in the view.
    if (choice) this.answer(pending, choice);
  }

  private async showNext(): Promise<void> {
    if (this.showing) return;
    this.showing = true;
    try {
      for (;;) {
        const pending = this.queue.shift();
        if (!pending || this.disposed) return;
        const options = { modal: true, detail: details(pending) };
        const choice = await window.showWarningMessage(
          question(pending),
          options,
          show,
          ...allowances(pending),
          deny,
        );
        this.answer(pending, choice ?? deny);
      }
    } finally {
      this.showing = false;
    }
  }

  private answer(pending: PendingApproval, choice: Choice): void {
    if (choice.answer === 'show') void this.showArguments(pending);
    else if (!this.approvals.answer(pending.id, choice.answer) && !this.disposed) {
      void window.showInformationMessage(noLongerWaiting(pending));
    }
  }
}

/** What the rule lets the person allow. */
function allowances({ remember }: PendingApproval): readonly Choice[] {
  return remember ? [once, session] : [once];
}

function fileName(tool: string): string {
  return tool.replace(/[^\w.-]/g, '_').slice(0, 60);
}
