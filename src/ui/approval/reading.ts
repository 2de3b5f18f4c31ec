import { commands } from 'vscode';

// A dialog may open under a finger or a pointer that was on its way to something else.
const readingMs = 500;

/**
 * Whether a person can have read what was just shown. Make one right after the call that shows it:
 * the editor handles the two in their order, so the answer to the second tells that the first has
 * been drawn, however busy the machine is.
 */
export class Reading {
  private since = Number.POSITIVE_INFINITY;

  constructor() {
    void commands.executeCommand('setContext', 'toolgate.asked', true).then(() => {
      this.since = performance.now();
    });
  }

  get isTooShort(): boolean {
    return performance.now() - this.since < readingMs;
  }
}
