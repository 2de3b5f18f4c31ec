import {
  type Disposable,
  StatusBarAlignment,
  type StatusBarItem,
  ThemeColor,
  window,
} from 'vscode';
import { visibleLine } from '../common/visibleText';
import type { WindowNote } from '../gateway/otherWindows';
import { commands } from './ids';

export interface StatusFacts {
  readonly halted: boolean;
  readonly pending: number;
  /** The windows, besides this one, in which calls wait. */
  readonly elsewhere: readonly WindowNote[];
  readonly guarded: number;
  readonly unguarded: number;
  /** What is wrong with the policy files, or else waits for a review. */
  readonly trouble: 'none' | 'broken' | 'loosened' | 'unreviewed';
}

/**
 * The item in the status bar, and beside it the one that halts everything. A background is for what
 * needs the person now.
 */
export class StatusBar implements Disposable {
  private readonly item: StatusBarItem;
  private readonly stop: StatusBarItem;

  constructor() {
    this.item = window.createStatusBarItem('toolgate.status', StatusBarAlignment.Left, 0);
    this.item.name = 'Toolgate';
    this.stop = window.createStatusBarItem('toolgate.stop', StatusBarAlignment.Left, -1);
    this.stop.name = 'Toolgate: Halt';
    this.stop.text = '$(stop-circle)';
    this.stop.tooltip = 'Toolgate: halt every guarded server and call';
    this.stop.accessibilityInformation = { label: this.stop.tooltip };
    this.stop.command = commands.halt;
  }

  update({ halted, pending, elsewhere, guarded, unguarded, trouble }: StatusFacts): void {
    if (guarded > 0 && !halted) this.stop.show();
    else this.stop.hide();
    this.item.backgroundColor = undefined;
    this.item.command = commands.showPending;
    if (halted) {
      this.set(
        '$(stop-circle) Halted',
        'Toolgate is halted: no server runs, no call is made. Resume…',
      );
      this.item.backgroundColor = new ThemeColor('statusBarItem.errorBackground');
      this.item.command = commands.resume;
    } else if (pending > 0) {
      const text = pending === 1 ? '1 approval' : `${pending} approvals`;
      this.set(`$(bell-dot) ${text}`, 'Toolgate: agents wait for your answer');
      this.item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
    } else if (elsewhere.length > 0) {
      const count = elsewhere.reduce((sum, note) => sum + note.pending, 0);
      const calls = count === 1 ? '1 call waits' : `${count} calls wait`;
      const where = elsewhere.length === 1 ? 'another window' : 'other windows';
      const names = elsewhere.map(({ window }) => visibleLine(window)).join(', ');
      this.set(
        `$(bell-dot) ${calls} in ${where}`,
        `Toolgate: ${calls} for your answer in: ${names}`,
      );
      this.item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
    } else if (trouble === 'loosened') {
      this.set('$(git-compare) Policy', 'Toolgate: a changed policy waits for your confirmation');
      this.item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
      this.item.command = commands.reviewPolicy;
    } else if (trouble === 'broken') {
      this.set('$(error) Policy', 'Toolgate: the policy file cannot be used. Open it to mend it.');
      this.item.backgroundColor = new ThemeColor('statusBarItem.errorBackground');
      this.item.command = commands.openPolicy;
    } else if (trouble === 'unreviewed') {
      this.set('$(git-compare) Review', 'Toolgate: a new or changed server waits for your review');
      this.item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
      this.item.command = commands.reviewAll;
    } else if (guarded + unguarded > 0) {
      const all = guarded + unguarded;
      const count = unguarded > 0 ? `${guarded}/${all}` : `${guarded}`;
      const servers = all === 1 ? 'server' : 'servers';
      this.set(`$(shield) ${count}`, `Toolgate: ${guarded} of ${all} ${servers} guarded`);
    } else {
      this.item.hide();
      return;
    }
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
    this.stop.dispose();
  }

  private set(text: string, tooltip: string): void {
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = { label: tooltip };
  }
}
