import { commands, Uri, window, workspace } from 'vscode';
import type { ActivityLog } from '../audit/activityLog';
import { DisposableStore } from '../common/disposable';
import type { Approvals } from '../gateway/approvals';
import type { Gateway } from '../gateway/gateway';
import type { HaltSwitch } from '../gateway/haltSwitch';
import type { OtherWindows } from '../gateway/otherWindows';
import type { PolicyFile, PolicyFileState } from '../gateway/policyFile';
import { contextKeys, commands as ids } from './ids';
import type { StatusBar } from './statusBar';
import type { ServersView } from './tree/serversView';
import type { WorkspaceServers } from './workspaceServers';

/** Keeps the status bar, the context keys and the view's message true to what is going on. */
export class WorkspaceStatus {
  private readonly store = new DisposableStore();
  private readonly reported = new Map<PolicyFile, PolicyFileState['kind']>();

  constructor(
    private readonly servers: WorkspaceServers,
    gateway: Gateway,
    private readonly approvals: Approvals,
    private readonly halt: HaltSwitch,
    private readonly windows: OtherWindows,
    private readonly record: ActivityLog,
    private readonly statusBar: StatusBar,
    private readonly view: ServersView,
  ) {
    const update = (): void => this.update();
    this.store.add(servers.onDidChange(update));
    this.store.add(approvals.onDidChange(update));
    this.store.add(halt.onDidChange(update));
    this.store.add(windows.onDidChange(update));
    this.store.add(approvals.onDidChange(() => this.tellOthers()));
    this.store.add(gateway.onDidChangeServer(update));
    this.store.add(window.onDidChangeActiveTextEditor(update));
    this.store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('chat.mcp')) update();
      }),
    );
    update();
  }

  dispose(): void {
    this.store.dispose();
  }

  private update(): void {
    const { servers: items, places, userPolicyFile } = this.servers;
    const guarded = items.filter(({ state }) => state === 'guarded').length;
    const unguarded = items.length - guarded;
    const files = [...new Set([...places.map(({ policyFile }) => policyFile), userPolicyFile])];
    const broken = files.filter((file) => file.refresh().kind === 'broken');
    const loosened = files.filter((file) => file.refresh().kind === 'loosened');
    const unreviewed = items
      .filter(({ state }) => state === 'guarded')
      .flatMap((item) => this.servers.pinsOf(item).waiting).length;
    const hasPolicy = files.some((file) => file.refresh().kind !== 'absent');

    const waits = unreviewed > 0 ? 'unreviewed' : 'none';
    const trouble = broken.length > 0 ? 'broken' : loosened.length > 0 ? 'loosened' : waits;
    const pending = this.approvals.pending.length;
    const elsewhere = this.windows.waiting;
    const halted = this.halt.isHalted;
    this.statusBar.update({ halted, pending, elsewhere, guarded, unguarded, trouble });
    this.view.setMessage(this.message(broken, loosened, unreviewed));
    this.report([...broken, ...loosened]);
    const state = places.length === 0 ? 'noWorkspace' : 'ready';
    void commands.executeCommand('setContext', contextKeys.state, state);
    void commands.executeCommand('setContext', contextKeys.halted, halted);
    void commands.executeCommand('setContext', contextKeys.hasGuarded, guarded > 0);
    void commands.executeCommand('setContext', contextKeys.hasUnguarded, unguarded > 0);
    void commands.executeCommand('setContext', contextKeys.hasPolicy, hasPolicy);
    void commands.executeCommand('setContext', contextKeys.hasChanges, unreviewed > 0);
  }

  private tellOthers(): void {
    const { pending } = this.approvals;
    this.windows.tell(pending.length, Math.max(0, ...pending.map(({ expiresAt }) => expiresAt)));
  }

  private message(
    broken: readonly PolicyFile[],
    loosened: readonly PolicyFile[],
    unreviewed: number,
  ): string | undefined {
    if (this.halt.isHalted) {
      return 'Halted: no server runs and every call is refused, until you choose Resume.';
    }
    if (this.record.failure !== undefined) {
      return `The record cannot be written, so every call is refused: ${this.record.failure}`;
    }
    if (broken.length > 0) {
      const force = broken.every((file) => isInForce(file))
        ? 'The last good policy stays in force.'
        : 'Every call is refused.';
      return `A policy file cannot be used. ${force}`;
    }
    if (loosened.length > 0) {
      return 'A changed policy allows more. The old one stays in force until you review the change.';
    }
    if (unreviewed > 0) {
      return 'Servers, or what they offer, are new or have changed. Agents do not reach them until you review them.';
    }
    const mcp = workspace.getConfiguration('chat.mcp');
    const access = mcp.get<string>('access');
    if (access === 'none' || access === 'registry') {
      return `The setting chat.mcp.access is "${access}": VS Code starts no guarded server.`;
    }
    if (mcp.get<string>('collisionBehavior') === 'suffix') {
      return 'The setting chat.mcp.collisionBehavior is "suffix": VS Code may start a server beside its guarded twin.';
    }
    return undefined;
  }

  /**
   * Says once, aloud, that a policy file is not in force as it stands. That it is broken is not said
   * to who is typing in it: with auto save, half a rule is a broken file.
   */
  private report(troubled: readonly PolicyFile[]): void {
    for (const file of this.reported.keys()) {
      if (!troubled.includes(file)) this.reported.delete(file);
    }
    for (const file of troubled) {
      const { kind } = file.refresh();
      if (this.reported.get(file) === kind) continue;
      if (kind === 'broken' && isBeingEdited(file)) continue;
      this.reported.set(file, kind);
      void this.warn(file);
    }
  }

  private async warn(file: PolicyFile): Promise<void> {
    const state = file.refresh();
    const path = workspace.asRelativePath(file.path);
    if (state.kind === 'loosened') {
      const review = 'Review Change';
      const message = `The policy ${path} was changed and allows more. The old one stays in force until you confirm the change.`;
      const choice = await window.showWarningMessage(message, review);
      if (choice === review) await commands.executeCommand(ids.reviewPolicy, Uri.file(file.path));
      return;
    }
    if (state.kind !== 'broken') return;
    const force = state.policy ? 'The last good one stays in force.' : 'Every call is refused.';
    const problem = state.problems[0]?.message ?? '';
    const open = 'Open Policy';
    const choice = await window.showErrorMessage(
      `The policy ${path} cannot be used. ${force} ${problem}`,
      open,
    );
    if (choice === open) await commands.executeCommand(ids.openPolicy, Uri.file(file.path));
  }
}

/** Whether a good policy was read from the file before it broke. */
function isInForce(file: PolicyFile): boolean {
  const state = file.refresh();
  return state.kind !== 'absent' && state.policy !== undefined;
}

function isBeingEdited({ path }: PolicyFile): boolean {
  return window.activeTextEditor?.document.uri.fsPath === path;
}
