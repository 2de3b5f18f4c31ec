import { commands, type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import type { ApprovalAnswer, PendingApproval } from '../../gateway/approvals';
import { commands as ids } from '../ids';
import type { VirtualDocuments } from '../virtualDocuments';
import type { AlwaysAllow } from './alwaysAllow';
import type { Answers } from './answers';
import { argumentsFile, argumentsText, details, holdsSecrets, shortName } from './approvalTexts';
import type { ArgumentsEditor } from './argumentsEditor';

/** What came of the list: an answer, nothing, or a document beside which the person is asked. */
export type Next = 'answered' | 'back' | 'beside';

interface Item extends QuickPickItem {
  readonly run: () => Promise<Next>;
}

/** The answers, and the looks at a call, for which a dialog has no room. */
export class MoreAnswers {
  constructor(
    private readonly answers: Answers,
    private readonly documents: VirtualDocuments,
    private readonly editor: ArgumentsEditor,
    private readonly always: AlwaysAllow,
  ) {}

  async show(pending: PendingApproval): Promise<Next> {
    const picked = await window.showQuickPick(this.items(pending), {
      title: `${shortName(pending.tool)} on ${shortName(pending.server)}`,
      placeHolder: 'Escape goes back; the call waits meanwhile',
      ignoreFocusOut: true,
    });
    return picked && 'run' in picked ? picked.run() : 'back';
  }

  async showArguments(pending: PendingApproval, reveal = false): Promise<void> {
    const text = argumentsText(pending.arguments, { reveal });
    await this.documents.show(argumentsFile(pending), text);
  }

  private items(pending: PendingApproval): readonly (QuickPickItem | Item)[] {
    const { remember, editable } = pending;
    const items: (QuickPickItem | Item)[] = [separator('Look')];
    const add = (label: string, detail: string, run: () => Promise<Next>): void => {
      items.push({ label, detail, run });
    };
    add('$(json) Show Full Arguments', 'Opens them whole, as a document.', async () => {
      await this.showArguments(pending);
      return 'beside';
    });
    if (holdsSecrets(pending.arguments)) {
      add('$(eye) Reveal Secrets', 'The same, with the values that are hidden now.', async () => {
        await this.showArguments(pending, true);
        return 'beside';
      });
    }
    if (this.answers.lastApproved(pending)) {
      const detail = 'What is different from the last call of this tool that you approved.';
      add('$(diff) Compare with Last Approved', detail, () => this.compare(pending));
    }
    items.push(separator('Allow'));
    if (remember) {
      const detail = 'Whatever their arguments, as long as the same rule asks. Ends by itself.';
      add('$(check-all) Allow Tool for Some Calls…', detail, () =>
        this.allowTool(pending, 'calls'),
      );
      add('$(watch) Allow Tool for Some Minutes…', 'The same, for a time.', () =>
        this.allowTool(pending, 'minutes'),
      );
    }
    if (remember && editable) {
      const detail = 'Writes the narrowest rule that the arguments suggest. You see it first.';
      add('$(law) Always Allow Calls Like This…', detail, () => this.alwaysAllow(pending));
    }
    if (editable) {
      const detail = 'Opens them, secrets too. Save the document, and confirm what it says.';
      add('$(edit) Edit Arguments and Allow…', detail, async () => {
        await this.editor.open(pending);
        return 'answered';
      });
    }
    items.push(separator('Refuse'));
    add('$(comment) Deny with Message…', 'The agent reads what you write.', () =>
      this.denyWithMessage(pending),
    );
    const detail = 'Ends every guarded server and answers every open call, until you resume.';
    add('$(stop-circle) Halt Everything', detail, async () => {
      await commands.executeCommand(ids.halt);
      return 'answered';
    });
    return items;
  }

  private async compare(pending: PendingApproval): Promise<Next> {
    const last = this.answers.lastApproved(pending);
    if (!last) return 'back';
    const name = argumentsFile(pending);
    await commands.executeCommand(
      'vscode.diff',
      this.documents.create(name, argumentsText(last)),
      this.documents.create(name, argumentsText(pending.arguments)),
      `${name} (last approved ↔ now)`,
    );
    return 'beside';
  }

  private async allowTool(pending: PendingApproval, unit: keyof typeof bounds): Promise<Next> {
    const { most, usual, question } = bounds[unit];
    const text = await window.showInputBox({
      title: shortName(pending.tool),
      prompt: `${question} 1 to ${most}.`,
      value: usual,
      ignoreFocusOut: true,
      validateInput: (value) =>
        readCount(value, most) === undefined
          ? `Write a whole number from 1 to ${most}.`
          : undefined,
    });
    const count = text === undefined ? undefined : readCount(text, most);
    if (count === undefined) return 'back';
    const named = count === 1 ? unit.slice(0, -1) : unit;
    const message = `Allow every call of "${shortName(pending.tool)}" for ${count} ${named}?`;
    const answer = { kind: 'allow_tool', [unit]: count } as const;
    return this.confirm(pending, message, answer);
  }

  /** Anyone may run the commands that choose in a list; in a dialog only a person does. */
  private async confirm(
    pending: PendingApproval,
    message: string,
    answer: ApprovalAnswer,
  ): Promise<Next> {
    const back = { title: 'Back' };
    const allow = { title: 'Allow' };
    const options = { modal: true, detail: details(this.answers.current(pending) ?? pending) };
    const cancel = { title: 'Cancel', isCloseAffordance: true };
    const choice = await window.showWarningMessage(message, options, back, allow, cancel);
    if (choice !== allow) return 'back';
    this.answers.give(pending, answer);
    return 'answered';
  }

  private async alwaysAllow(pending: PendingApproval): Promise<Next> {
    if (!(await this.always.write(pending))) return 'back';
    // The call is judged anew, by the policy as it is now.
    this.answers.give(pending, { kind: 'allow_once' });
    return 'answered';
  }

  private async denyWithMessage(pending: PendingApproval): Promise<Next> {
    const message = await window.showInputBox({
      title: shortName(pending.tool),
      prompt: 'What shall the agent do instead? It reads this.',
      ignoreFocusOut: true,
      validateInput: (text) =>
        text.length > longestMessage ? `At most ${longestMessage} characters.` : undefined,
    });
    if (message === undefined) return 'back';
    const trimmed = message.trim();
    this.answers.give(pending, { kind: 'deny', ...(trimmed === '' ? {} : { message: trimmed }) });
    return 'answered';
  }
}

const longestMessage = 500;

const bounds = {
  calls: { most: 100, usual: '5', question: 'For how many calls, this one included?' },
  minutes: { most: 480, usual: '10', question: 'For how many minutes?' },
} as const;

function readCount(text: string, most: number): number | undefined {
  const count = /^\s*\d{1,4}\s*$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= most ? count : undefined;
}

function separator(label: string): QuickPickItem {
  return { label, kind: QuickPickItemKind.Separator };
}
