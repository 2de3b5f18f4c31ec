import { window } from 'vscode';
import type { ApprovalAnswer, Approvals } from '../../gateway/approvals';
import type { ApprovalPrompt } from '../approvalPrompt';
import { noLongerWaiting } from '../approvalTexts';
import { PendingNode } from '../tree/nodes';

/**
 * The inline actions on a pending call. They answer only for a node of the tree: no one who runs
 * commands by id, as an agent may, can name one.
 */
export class ApprovalCommands {
  constructor(
    private readonly approvals: Approvals,
    private readonly prompt: ApprovalPrompt,
  ) {}

  answer(target: unknown, answer: ApprovalAnswer): void {
    if (!(target instanceof PendingNode)) return;
    if (this.approvals.answer(target.pending.id, answer)) return;
    void window.showInformationMessage(noLongerWaiting(target.pending));
  }

  async showArguments(target: unknown): Promise<void> {
    if (target instanceof PendingNode) await this.prompt.showArguments(target.pending);
  }
}
