import { join } from 'node:path';
import { commands, type ExtensionContext, type LogOutputChannel, window, workspace } from 'vscode';
import { ActivityLog } from './audit/activityLog';
import { DisposableStore } from './common/disposable';
import { Approvals } from './gateway/approvals';
import type { CounterStore } from './gateway/counters/counterStore';
import { FileCounters } from './gateway/counters/fileCounters';
import { MemoryCounters } from './gateway/counters/memoryCounters';
import { RedisCounters } from './gateway/counters/redisCounters';
import { Gateway } from './gateway/gateway';
import { HaltSwitch } from './gateway/haltSwitch';
import { Limits } from './gateway/limits';
import { OtherWindows } from './gateway/otherWindows';
import { AlwaysAllow } from './ui/approval/alwaysAllow';
import { Answers } from './ui/approval/answers';
import { ApprovalPrompt } from './ui/approval/approvalPrompt';
import { ArgumentsEditor } from './ui/approval/argumentsEditor';
import { MoreAnswers } from './ui/approval/moreAnswers';
import { registerCommands } from './ui/commands/registerCommands';
import { DefinitionProvider } from './ui/definitionProvider';
import { PolicyDiagnostics } from './ui/editor/policyDiagnostics';
import { PolicyEditor } from './ui/editor/policyEditor';
import { contextKeys } from './ui/ids';
import { InputPrompts } from './ui/inputPrompts';
import { ServerOutputs } from './ui/serverOutputs';
import * as settings from './ui/settings';
import { EditorSignIn } from './ui/signInPrompt';
import { StatusBar } from './ui/statusBar';
import { PolicyView } from './ui/tree/policyView';
import { ServersView } from './ui/tree/serversView';
import { TreeOptions } from './ui/tree/treeOptions';
import { VirtualDocuments } from './ui/virtualDocuments';
import { WorkspaceServers } from './ui/workspaceServers';
import { WorkspaceStatus } from './ui/workspaceStatus';

/** What runs once the workspace is trusted. */
interface Running {
  readonly gateway: Gateway;
  readonly servers: WorkspaceServers;
  readonly record: ActivityLog;
  readonly limits: Limits;
}

// The editor waits for `deactivate`, which must see that no server process is left behind.
const current: { running?: Promise<Running | undefined> } = {};

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
  await running?.gateway.close();
  running?.record.dispose();
  await running?.limits.dispose();
}

function build(context: ExtensionContext, log: LogOutputChannel): void {
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const approvals = store.add(new Approvals(settings.approvalTimeoutSeconds));
  const documents = store.add(new VirtualDocuments());
  const prompts = new InputPrompts(context);
  const treeOptions = store.add(new TreeOptions(context.workspaceState));
  const view = store.add(new ServersView(approvals, treeOptions));
  const policyView = store.add(new PolicyView());
  const statusBar = store.add(new StatusBar());
  const editor = new PolicyEditor();

  const recordArguments = store.add(new settings.CachedSetting(settings.recordArguments));
  const mostBytes = store.add(new settings.CachedSetting(settings.mostBytes));

  const start = async (): Promise<Running> => {
    const record = new ActivityLog(
      join((context.storageUri ?? context.globalStorageUri).fsPath, 'activity'),
      () => recordArguments.value,
    );
    const limits = new Limits(
      new MemoryCounters(),
      sharedCounters(join(context.globalStorageUri.fsPath, 'counters')),
      settings.passWithoutState,
    );
    const halt = store.add(new HaltSwitch(join(context.globalStorageUri.fsPath, 'halted')));
    const outputs = store.add(new ServerOutputs());
    const gateway = new Gateway({
      approvals,
      recorder: record,
      limits,
      halt,
      log,
      serverLog: (server, line) => outputs.append(server, line),
      version: process.env.TOOLGATE_VERSION ?? '0',
      listDenied: settings.listDenied,
      asksAlone: settings.gatewayAsksAlone,
      clientTimeouts: settings.clientTimeouts,
      startTimeoutSeconds: settings.startTimeoutSeconds,
      mostBytes: () => mostBytes.value,
      signIn: {
        prompt: new EditorSignIn(),
        secrets: context.secrets,
        waitSeconds: settings.approvalTimeoutSeconds,
      },
    });
    const servers = store.add(new WorkspaceServers(context, prompts, log));
    const answers = new Answers(approvals);
    const argumentsEditor = store.add(new ArgumentsEditor(answers));
    const always = new AlwaysAllow(servers, gateway, editor, documents);
    const more = new MoreAnswers(answers, documents, argumentsEditor, always);
    const prompt = store.add(new ApprovalPrompt(answers, more, settings.approvalStyle));
    const windows = store.add(
      new OtherWindows(
        join(context.globalStorageUri.fsPath, 'waiting'),
        workspace.name ?? 'a window without a folder',
      ),
    );
    await Promise.all([gateway.start(), servers.refresh()]);
    const publish = (): void => {
      const guarded = servers.guarded();
      gateway.setServers(guarded);
      outputs.keep(guarded);
      provider.refresh();
    };
    publish();
    store.add(servers.onDidChange(publish));
    store.add(
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('toolgate.hostPrompt')) gateway.announceToolChange();
      }),
    );
    store.add(approvals.connect(prompt));
    store.add(
      registerCommands({
        servers,
        gateway,
        approvals,
        halt,
        answers,
        prompt,
        argumentsEditor,
        documents,
        record,
        prompts,
        view,
        treeOptions,
        editor,
        outputs,
        log,
      }),
    );
    store.add(new PolicyDiagnostics(servers, gateway));
    store.add(
      new WorkspaceStatus(servers, gateway, approvals, halt, windows, record, statusBar, view),
    );
    view.show({ servers, gateway });
    policyView.show(servers);
    log.info(`The gateway listens on ${gateway.origin}.`);
    return { gateway, servers, record, limits };
  };

  let servers: WorkspaceServers | undefined;
  let trusted: () => void = () => {};
  const trust = new Promise<void>((resolve) => {
    trusted = resolve;
  });
  const ready = trust.then(start).then(
    (running) => {
      servers = running.servers;
      return running;
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
      () => servers,
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

/** What is counted across windows, restarts and, with Redis, machines. */
function sharedCounters(directory: string): CounterStore {
  const url = settings.stateUrl();
  return url === undefined ? new FileCounters(directory) : new RedisCounters(url);
}

async function setState(state: 'noWorkspace' | 'untrusted' | 'loading'): Promise<void> {
  await commands.executeCommand('setContext', contextKeys.state, state);
}
