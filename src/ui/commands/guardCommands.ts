import { basename } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';
import { visibleLine, visibleText } from '../../common/visibleText';
import { ConfigError } from '../../config/configError';
import type { FileChange, GuardPlan } from '../../config/guardedServers';
import type { ServerDefinition } from '../../config/serverDefinition';
import { definitionText } from '../../gateway/pins/definition';
import type { ServerNode } from '../tree/nodes';
import type { VirtualDocuments } from '../virtualDocuments';
import type { FolderServers, ServerItem, WorkspaceServers } from '../workspaceServers';

const longestDetail = 1500;

interface SeenServer {
  readonly server: ServerItem;
  readonly definition: ServerDefinition;
}

type Direction = 'guard' | 'restore';

const words = {
  guard: {
    title: 'Guard',
    pick: 'Which server shall Toolgate guard?',
    none: 'There is no server to guard: none stands in .vscode/mcp.json.',
    effect:
      'Its entry moves from .vscode/mcp.json to .vscode/mcp.guarded.json. From then on agents reach it only through Toolgate, under your policy.',
  },
  restore: {
    title: 'Restore',
    pick: 'Which server shall agents reach without Toolgate again?',
    none: 'There is no guarded server.',
    effect:
      'Its entry moves back to .vscode/mcp.json. From then on agents reach it past Toolgate: no policy, no approvals, no record.',
  },
} as const;

/** Guard and Restore: always shown before they happen, always the person's own act. */
export class GuardCommands {
  constructor(
    private readonly servers: WorkspaceServers,
    private readonly documents: VirtualDocuments,
  ) {}

  async guard(node?: ServerNode): Promise<void> {
    await this.moveOne('guard', node);
  }

  async restore(node?: ServerNode): Promise<void> {
    await this.moveOne('restore', node);
  }

  async guardAll(): Promise<void> {
    await this.moveAll('guard');
  }

  async restoreAll(): Promise<void> {
    await this.moveAll('restore');
  }

  private candidates(direction: Direction): ServerItem[] {
    return this.servers.servers.filter(({ state }) =>
      direction === 'guard'
        ? state === 'unguarded' || state === 'both'
        : state === 'guarded' || state === 'both',
    );
  }

  private async moveOne(direction: Direction, node: ServerNode | undefined): Promise<void> {
    const server = node?.server ?? (await this.pick(direction));
    if (server) await this.move(direction, server.place, [server]);
  }

  private async moveAll(direction: Direction): Promise<void> {
    const candidates = this.candidates(direction);
    if (candidates.length === 0) void window.showInformationMessage(words[direction].none);
    for (const place of this.servers.places) {
      const here = candidates.filter((server) => server.place === place);
      if (here.length > 0 && !(await this.move(direction, place, here))) return;
    }
  }

  private async pick(direction: Direction): Promise<ServerItem | undefined> {
    const candidates = this.candidates(direction);
    if (candidates.length === 0) {
      void window.showInformationMessage(words[direction].none);
      return undefined;
    }
    const picked = await window.showQuickPick(
      candidates.map((server) => ({
        label: visibleLine(server.label),
        description: server.place.folder.name,
        server,
      })),
      { placeHolder: words[direction].pick },
    );
    return picked?.server;
  }

  /** False when the person or an error stopped it. */
  private async move(
    direction: Direction,
    place: FolderServers,
    servers: readonly ServerItem[],
  ): Promise<boolean> {
    const labels = servers.map(({ label }) => label);
    try {
      requireSaved([place.configFile, place.guardedFile]);
      const plan =
        direction === 'guard'
          ? await place.guards.planGuard(labels)
          : await place.guards.planRestore(labels);
      const definitions = await Promise.all(
        servers.map(async (server) => ({
          server,
          definition: await this.servers.definitionOf(server),
        })),
      );
      if (!(await this.confirm(direction, definitions, plan))) return false;
      await place.guards.apply(plan);
      if (direction === 'guard') {
        // What the person has just seen, and not what stands in the file by now.
        for (const { server, definition } of definitions) {
          this.servers.pinsOf(server).confirmServer(definition);
        }
      }
    } catch (error) {
      void window.showErrorMessage(`Toolgate: ${(error as Error).message}`);
      if (!(error instanceof ConfigError)) throw error;
      return false;
    }
    await this.servers.refresh();
    return true;
  }

  private async confirm(
    direction: Direction,
    servers: readonly SeenServer[],
    plan: GuardPlan,
  ): Promise<boolean> {
    const { title, effect } = words[direction];
    const names = servers.map(({ server }) => `"${visibleLine(server.label)}"`).join(', ');
    const question = `${title} ${names}?`;
    const definitions = servers
      .map(({ server, definition }) => `${server.label}:\n${definitionText(definition)}`)
      .join('\n\n');
    // A confirmation counts only for what was seen, so what does not fit can be confirmed only
    // beside the whole (CVE-2025-54133 hid the arguments of a server in its dialog).
    const shown = visibleText(definitions);
    const left = shown.length - longestDetail;
    const excerpt =
      left > 0
        ? `${shown.slice(0, longestDetail)}\n… (${left} more characters: choose Show Changes)`
        : shown;
    const showChanges = 'Show Changes';
    const detail = `${effect}\n\n${excerpt}`;
    // Enter presses the first button. An agent can run the command while the person is typing, so
    // Enter must neither lift a guard nor confirm a server.
    const buttons = left > 0 ? [showChanges] : [showChanges, title];
    const choice = await window.showWarningMessage(question, { modal: true, detail }, ...buttons);
    if (choice !== showChanges) return choice === title;
    for (const change of plan.changes) await this.showChange(change);
    await this.documents.show('definition.txt', shown);
    // A command that anyone can run presses the first button of a message.
    return (await window.showWarningMessage(question, 'Cancel', title)) === title;
  }

  private async showChange({ file, before, after }: FileChange): Promise<void> {
    const name = basename(file);
    await commands.executeCommand(
      'vscode.diff',
      this.documents.create(name, before ?? ''),
      this.documents.create(name, after ?? ''),
      `${name} (before ↔ after)`,
      { preview: false },
    );
  }
}

/** What is moved is the file on disk; an unsaved edit would be lost or would undo it. */
function requireSaved(files: readonly string[]): void {
  for (const document of workspace.textDocuments) {
    if (!document.isDirty || !files.includes(document.uri.fsPath)) continue;
    const name = workspace.asRelativePath(Uri.file(document.uri.fsPath));
    throw new ConfigError('changedMeanwhile', `${name} has unsaved changes. Save it first.`);
  }
}
