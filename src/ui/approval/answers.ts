import { window } from 'vscode';
import type { ApprovalAnswer, Approvals, PendingApproval } from '../../gateway/approvals';
import { noLongerWaiting } from './approvalTexts';

type Arguments = Readonly<Record<string, unknown>>;

const mostTools = 200;
const largestKept = 256 * 1024;

/** Hands the person's answers on, and remembers what they approved of each tool. */
export class Answers {
  /** In memory only: arguments may hold secrets. */
  private readonly approved = new Map<string, Arguments>();

  constructor(private readonly approvals: Approvals) {}

  /** An answer that comes too late changes nothing, and the person is told. */
  give(pending: PendingApproval, answer: ApprovalAnswer): void {
    if (!this.approvals.answer(pending.id, answer)) {
      void window.showInformationMessage(noLongerWaiting(pending));
      return;
    }
    if (answer.kind === 'deny') return;
    const changed = answer.kind === 'allow_once' ? answer.arguments : undefined;
    this.remember(pending, changed ?? pending.arguments);
  }

  /** The arguments of the last call of this tool that the person looked at and approved. */
  lastApproved(pending: PendingApproval): Arguments | undefined {
    return this.approved.get(keyOf(pending));
  }

  /** As it is now: with the number of equal calls. Undefined once it is settled. */
  current({ id }: PendingApproval): PendingApproval | undefined {
    return this.approvals.pending.find((pending) => pending.id === id);
  }

  private remember(pending: PendingApproval, args: Arguments): void {
    const key = keyOf(pending);
    this.approved.delete(key);
    if (JSON.stringify(args).length > largestKept) return;
    this.approved.set(key, args);
    const oldest = this.approved.keys().next().value;
    if (this.approved.size > mostTools && oldest !== undefined) this.approved.delete(oldest);
  }
}

function keyOf({ serverId, tool }: PendingApproval): string {
  return JSON.stringify([serverId, tool]);
}
