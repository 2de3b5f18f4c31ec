import { setImmediate as nextTurn } from 'node:timers/promises';
import { commands, type ExtensionContext, type LogOutputChannel, window, workspace } from 'vscode';
import { DisposableStore } from './common/disposable';
import { Approvals } from './gateway/approvals';
import { DefinitionProvider } from './ui/definitionProvider';
import { contextKeys } from './ui/ids';
import * as settings from './ui/settings';
import { StatusBar } from './ui/statusBar';
import { PolicyView } from './ui/tree/policyView';
import { ServersView } from './ui/tree/serversView';
import { TreeOptions } from './ui/tree/treeOptions';
import type { Shell, WorkspaceGateway } from './ui/workspaceGateway';

// The editor waits for `deactivate`, which must see that no server process is left behind.
const current: { running?: Promise<WorkspaceGateway | undefined> } = {};

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel('Toolgate', { log: true });
  context.subscriptions.push(log);
  try {
    build(context, log);
  } catch (error) {
    log.error(error as Error);
    throw error;
  }
}

export async function deactivate(): Promise<void> {
  const running = await current.running?.catch(() => undefined);
  await running?.close();
}

function build(context: ExtensionContext, log: LogOutputChannel): void {
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const approvals = store.add(new Approvals(settings.approvalTimeoutSeconds));
  const treeOptions = store.add(new TreeOptions(context.workspaceState));
  const view = store.add(new ServersView(approvals, treeOptions));
  const policyView = store.add(new PolicyView());
  const statusBar = store.add(new StatusBar());
  const announce = (): void => provider.refresh();
  const shell = { context, log, store, approvals, view, treeOptions, policyView, statusBar };

  let running: WorkspaceGateway | undefined;
  let trusted: () => void = () => {};
  const trust = new Promise<void>((resolve) => {
    trusted = resolve;
  });
  const ready = trust
    .then(() => start({ ...shell, announce }))
    .then(
      (started) => {
        running = started;
        return started;
      },
      (error: unknown) => {
        log.error(error as Error);
        void window.showErrorMessage(`Toolgate could not start: ${(error as Error).message}`);
        return undefined;
      },
    );
  const provider = store.add(
    new DefinitionProvider(
      // An untrusted workspace gets no servers, and is not kept waiting for them.
      async () => (workspace.isTrusted ? (await ready)?.gateway : undefined),
      () => running?.servers,
    ),
  );
  current.running = Promise.resolve(undefined);
  const begin = (): void => {
    current.running = ready;
    void setState('loading');
    trusted();
  };
  if (!workspace.workspaceFolders?.length) void setState('noWorkspace');
  if (workspace.isTrusted) begin();
  else {
    void setState('untrusted');
    store.add(workspace.onDidGrantWorkspaceTrust(begin));
  }
}

/** Loads what starts the gateway, part by part: other extensions get their turn in between. */
async function start(shell: Shell): Promise<WorkspaceGateway> {
  await nextTurn();
  // With it comes the schema library.
  await import('./policy/limit');
  await nextTurn();
  await import('./policy/parsePolicy');
  await nextTurn();
  await import('./risk/classify');
  await nextTurn();
  const { startWorkspaceGateway } = await import('./ui/workspaceGateway');
  await nextTurn();
  return startWorkspaceGateway(shell);
}

async function setState(state: 'noWorkspace' | 'untrusted' | 'loading'): Promise<void> {
  await commands.executeCommand('setContext', contextKeys.state, state);
}
