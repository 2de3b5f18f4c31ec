import { window } from 'vscode';
import type { ApprovalAnswer, Approvals } from '../../gateway/approvals';
import type { Answers } from '../approval/answers';
import type { ApprovalPrompt } from '../approval/approvalPrompt';
import { GrantNode, PendingNode } from '../tree/nodes';

/**
 * The actions on a pending call and on a grant. They answer only for a node of the tree: no one who
 * runs commands by id, as an agent may, can name one.
 */
export class ApprovalCommands {
  constructor(
    private readonly approvals: Approvals,
    private readonly answers: Answers,
    private readonly prompt: ApprovalPrompt,
  ) {}

  answer(target: unknown, answer: ApprovalAnswer): void {
    if (target instanceof PendingNode) this.answers.give(target.pending, answer);
  }

  async showArguments(target: unknown): Promise<void> {
    if (target instanceof PendingNode) await this.prompt.showArguments(target.pending);
  }

  async showMore(target: unknown): Promise<void> {
    if (target instanceof PendingNode) await this.prompt.showMore(target.pending);
  }

  revoke(target: unknown): void {
    if (!(target instanceof GrantNode) || this.approvals.revoke(target.grant.id)) return;
    void window.showInformationMessage('That grant had ended already.');
  }
}
