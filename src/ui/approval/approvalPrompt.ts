import { type MessageItem, window } from 'vscode';
import type { Disposable } from '../../common/disposable';
import type { ApprovalAnswer, Approver, PendingApproval } from '../../gateway/approvals';
import type { Answers } from './answers';
import { details, question } from './approvalTexts';
import type { MoreAnswers } from './moreAnswers';
import { Reading } from './reading';

interface Choice extends MessageItem {
  readonly answer: ApprovalAnswer | 'more';
}

// Escape presses the button with the close affordance. Enter presses the first of the others, and
// may be meant for the text in which the person was typing when the dialog opened: it must be one
// that allows nothing.
const deny: Choice = { title: 'Deny', answer: { kind: 'deny' }, isCloseAffordance: true };
const once: Choice = { title: 'Allow Once', answer: { kind: 'allow_once' } };
const session: Choice = {
  title: 'Allow These Arguments for Session',
  answer: { kind: 'allow_arguments' },
};
// A notification is too narrow for the long title.
const sessionBeside: Choice = { ...session, title: 'Allow for Session' };
const more: Choice = { title: 'More…', answer: 'more' };

/**
 * Asks the person in dialogs of the editor, one at a time, or in notifications. A dialog cannot be
 * closed by code, so an answer that comes too late is void, and the person is told.
 */
export class ApprovalPrompt implements Approver, Disposable {
  private readonly queue: PendingApproval[] = [];
  private showing = false;
  private disposed = false;

  constructor(
    private readonly answers: Answers,
    private readonly more: MoreAnswers,
    private readonly style: () => 'modal' | 'notification',
  ) {}

  ask(pending: PendingApproval): void {
    if (this.style() === 'notification') void this.askBeside(pending);
    else {
      this.queue.push(pending);
      void this.showNext();
    }
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
    await this.more.showArguments(pending);
    await this.askBeside(pending);
  }

  /** Every other answer, in a list. */
  async showMore(pending: PendingApproval): Promise<void> {
    if ((await this.more.show(pending)) === 'beside') await this.askBeside(pending);
  }

  private async showNext(): Promise<void> {
    if (this.showing) return;
    this.showing = true;
    try {
      for (;;) {
        const pending = this.queue.shift();
        if (!pending || this.disposed) return;
        await this.askInDialog(pending);
      }
    } finally {
      this.showing = false;
    }
  }

  private async askInDialog(pending: PendingApproval): Promise<void> {
    for (;;) {
      const options = { modal: true, detail: details(this.answers.current(pending) ?? pending) };
      const asked = window.showWarningMessage(
        question(pending),
        options,
        more,
        ...(pending.remember ? [once, session] : [once]),
        deny,
      );
      const reading = new Reading();
      const choice = await asked;
      if (this.disposed) return;
      if (this.isTooSoon(pending, choice, reading)) continue;
      const { answer } = choice ?? deny;
      if (answer !== 'more') return this.answers.give(pending, answer);
      const next = await this.more.show(pending);
      if (next === 'beside') return void this.askBeside(pending);
      if (next === 'answered' || !this.answers.current(pending)) return;
    }
  }

  /** Closing the message decides nothing: the call waits on in the view. */
  private async askBeside(pending: PendingApproval): Promise<void> {
    for (;;) {
      // A command that anyone can run presses the first button.
      const asked = window.showWarningMessage(
        question(pending),
        deny,
        ...(pending.remember ? [once, sessionBeside] : [once]),
        more,
      );
      const reading = new Reading();
      const choice = await asked;
      if (!choice || this.disposed) return;
      if (this.isTooSoon(pending, choice, reading)) continue;
      if (choice.answer !== 'more') return this.answers.give(pending, choice.answer);
      if ((await this.more.show(pending)) === 'answered') return;
      if (!this.answers.current(pending)) return;
    }
  }

  /** What is allowed before it can have been read is asked again. */
  private isTooSoon(
    pending: PendingApproval,
    choice: Choice | undefined,
    reading: Reading,
  ): boolean {
    const allows = typeof choice?.answer === 'object' && choice.answer.kind !== 'deny';
    return allows && reading.isTooShort && this.answers.current(pending) !== undefined;
  }
}
