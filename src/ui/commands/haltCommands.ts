import { commands as editorCommands, window } from 'vscode';
import type { HaltSwitch } from '../../gateway/haltSwitch';
import { commands } from '../ids';

const detail =
  'Guarded servers start again, and calls are judged by your policy as before. What was called until then stands in the activity.';

/** Halt needs no question: it harms nothing. Resume needs the click of a person. */
export class HaltCommands {
  constructor(private readonly halting: HaltSwitch) {}

  halt(): void {
    try {
      this.halting.halt();
    } catch (error) {
      void window.showErrorMessage(
        `Everything is halted, but only in this window and until it is closed: ${(error as Error).message}`,
      );
    }
  }

  async resume(): Promise<void> {
    if (!this.halting.isHalted) return;
    // Enter presses the first button. An agent can run the command while the person is typing.
    const look = 'Show Activity';
    const resume = 'Resume';
    const options = { modal: true, detail };
    const choice = await window.showWarningMessage('Resume Toolgate?', options, look, resume);
    if (choice === look) await editorCommands.executeCommand(commands.showActivity);
    if (choice !== resume) return;
    try {
      this.halting.resume();
    } catch (error) {
      void window.showErrorMessage(`Toolgate stays halted: ${(error as Error).message}`);
    }
  }
}
