import { commands, window } from 'vscode';
import { visibleLine, visibleText } from '../../common/visibleText';
import type { PinChange, ServerPins } from '../../gateway/pins/serverPins';
import type { VirtualDocuments } from '../virtualDocuments';

const shownLines = 12;
const longestDetail = 1500;
const tooLong = 'It is too long for this dialog: choose Show Difference.';

// Escape presses the button with the close affordance. Enter presses the first of the others, and
// a command that anyone can run presses the first of a message: neither may confirm anything.
const later = { title: 'Not Now', isCloseAffordance: true };
const look = { title: 'Show Difference' };
const confirm = { title: 'Confirm' };

/** What waits at one server. */
export interface ServerChanges {
  readonly label: string;
  readonly pins: ServerPins;
  readonly changes: readonly PinChange[];
}

/** Lets the person see whole, and confirm, what is new or has changed behind the gateway. */
export class PinReview {
  constructor(private readonly documents: VirtualDocuments) {}

  /** One question for all of it. */
  async review(servers: readonly ServerChanges[]): Promise<void> {
    const waiting = servers.filter(({ changes }) => changes.length > 0);
    if (waiting.length === 0) {
      void window.showInformationMessage('Nothing waits for your review.');
      return;
    }
    await this.showDifference(waiting);
    const question = questionFor(waiting);
    // A confirmation counts only for what was seen, so what does not fit into the dialog can be
    // confirmed only beside the whole (CVE-2025-54133 hid the arguments of a server in a dialog).
    const whole = textOf(waiting, ({ after }) => after);
    const fits = whole.length <= longestDetail;
    const options = { modal: true, detail: detailFor(waiting, fits ? whole : tooLong) };
    const buttons = fits ? [look, later, confirm] : [look, later];
    let choice = await window.showWarningMessage(question, options, ...buttons);
    // The dialog covers the difference, so the same is asked beside it.
    if (choice === look) choice = await window.showWarningMessage(question, later, confirm);
    if (choice !== confirm) return;
    for (const { pins, changes } of waiting) {
      if (this.approve(pins, changes)) continue;
      void window.showWarningMessage(
        'Something has changed again meanwhile, and was not confirmed. Review it once more.',
      );
      return;
    }
  }

  private approve(pins: ServerPins, changes: readonly PinChange[]): boolean {
    try {
      return pins.approve(changes);
    } catch (error) {
      void window.showErrorMessage(
        `Toolgate: what you confirmed cannot be kept: ${(error as Error).message}`,
      );
      return true;
    }
  }

  private async showDifference(servers: readonly ServerChanges[]): Promise<void> {
    const name = servers.length === 1 ? visibleLine(servers[0]!.label) : 'servers';
    await commands.executeCommand(
      'vscode.diff',
      this.documents.create(
        'before.txt',
        textOf(servers, ({ before }) => before ?? ''),
      ),
      this.documents.create(
        'after.txt',
        textOf(servers, ({ after }) => after),
      ),
      `${name} (confirmed ↔ now)`,
      { preview: false },
    );
  }
}

function textOf(servers: readonly ServerChanges[], side: (change: PinChange) => string): string {
  const sections = servers.flatMap(({ label, changes }) =>
    changes.map((change) => sectionOf(label, change, side)),
  );
  return sections.join('\n');
}

/** Set off by a line that no text of a server can be mistaken for: theirs are indented, or keys. */
function sectionOf(label: string, change: PinChange, side: (change: PinChange) => string): string {
  const title = `=== ${visibleLine(label)}: ${titleOf(change)}`;
  return `${title}\n${visibleText(side(change))}\n`;
}

function titleOf({ kind, name }: PinChange): string {
  if (kind === 'server') return 'configuration';
  return kind === 'instructions' ? 'instructions' : `${kind} ${visibleLine(name)}`;
}

function questionFor(servers: readonly ServerChanges[]): string {
  const [first] = servers;
  const names = servers.map(({ label }) => `"${visibleLine(label)}"`).join(', ');
  const isServer = servers.every(({ changes }) => changes.every(({ kind }) => kind === 'server'));
  if (isServer) return `Let ${names} start as shown?`;
  if (servers.length > 1 || first!.changes.length > 1)
    return `Confirm what has changed at ${names}?`;
  return `Confirm the ${titleOf(first!.changes[0]!)} of ${names}?`;
}

function detailFor(servers: readonly ServerChanges[], text: string): string {
  const lines = servers.flatMap(({ label, changes }) =>
    changes.map((change) => lineOf(servers.length > 1 ? `${visibleLine(label)}: ` : '', change)),
  );
  const left = lines.length - shownLines;
  const more = left > 0 ? [`… and ${left} more`] : [];
  const shown = [...lines.slice(0, shownLines), ...more].join('\n');
  return `${shown}\n\nUntil you confirm it, agents neither see nor reach any of it. The difference is open behind this dialog.\n\n${text}`;
}

function lineOf(prefix: string, change: PinChange): string {
  const { verdict, reasons, differences } = change;
  const fields = differences.map(({ field }) => visibleLine(field)).slice(0, 5);
  const more = differences.length > fields.length ? ', …' : '';
  const what = fields.length > 0 ? ` (${fields.join(', ')}${more})` : '';
  const why = reasons.map((reason) => `\n   ${visibleLine(reason)}`).join('');
  return `• ${prefix}${titleOf(change)}: ${verdict}${what}${why}`;
}
