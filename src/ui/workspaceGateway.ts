import { join } from 'node:path';
import { type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { ActivityLog } from '../audit/activityLog';
import type { DisposableStore } from '../common/disposable';
import type { Approvals } from '../gateway/approvals';
import type { CounterStore } from '../gateway/counters/counterStore';
import { FileCounters } from '../gateway/counters/fileCounters';
import { MemoryCounters } from '../gateway/counters/memoryCounters';
import { RedisCounters } from '../gateway/counters/redisCounters';
import { Gateway } from '../gateway/gateway';
import { HaltSwitch } from '../gateway/haltSwitch';
import { Limits } from '../gateway/limits';
import { OtherWindows } from '../gateway/otherWindows';
import { AlwaysAllow } from './approval/alwaysAllow';
import { Answers } from './approval/answers';
import { ApprovalPrompt } from './approval/approvalPrompt';
import { ArgumentsEditor } from './approval/argumentsEditor';
import { MoreAnswers } from './approval/moreAnswers';
import { registerCommands } from './commands/registerCommands';
import { PolicyDiagnostics } from './editor/policyDiagnostics';
import { PolicyEditor } from './editor/policyEditor';
import { InputPrompts } from './inputPrompts';
import { ServerOutputs } from './serverOutputs';
import * as settings from './settings';
import { EditorSignIn } from './signInPrompt';
import type { StatusBar } from './statusBar';
import type { PolicyView } from './tree/policyView';
import type { ServersView } from './tree/serversView';
import type { TreeOptions } from './tree/treeOptions';
import { VirtualDocuments } from './virtualDocuments';
import { WorkspaceServers } from './workspaceServers';
import { WorkspaceStatus } from './workspaceStatus';

/** What is there before the workspace is trusted. */
export interface Shell {
  readonly context: ExtensionContext;
  readonly log: LogOutputChannel;
  readonly store: DisposableStore;
  readonly approvals: Approvals;
  readonly view: ServersView;
  readonly treeOptions: TreeOptions;
  readonly policyView: PolicyView;
  readonly statusBar: StatusBar;
  /** Tells the editor that the guarded servers are others. */
  readonly announce: () => void;
}

/** What runs once the workspace is trusted. */
export interface WorkspaceGateway {
  readonly gateway: Gateway;
  readonly servers: WorkspaceServers;
  /** Ends every server process and writes what has yet to be written. */
  close(): Promise<void>;
}

/** Starts the gateway of this window, with the views and commands on it. */
export async function startWorkspaceGateway(shell: Shell): Promise<WorkspaceGateway> {
  const { context, log, store, approvals, view, treeOptions, policyView, statusBar } = shell;
  const documents = store.add(new VirtualDocuments());
  const prompts = new InputPrompts(context);
  const editor = new PolicyEditor();
  const recordArguments = store.add(new settings.CachedSetting(settings.recordArguments));
  const mostBytes = store.add(new settings.CachedSetting(settings.mostBytes));

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
    shell.announce();
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
      extensionUri: context.extensionUri,
    }),
  );
  store.add(new PolicyDiagnostics(servers, gateway));
  store.add(
    new WorkspaceStatus(servers, gateway, approvals, halt, windows, record, statusBar, view),
  );
  view.show({ servers, gateway });
  policyView.show(servers);
  log.info(`The gateway listens on ${gateway.origin}.`);
  return {
    gateway,
    servers,
    close: async () => {
      await gateway.close();
      record.dispose();
      await limits.dispose();
    },
  };
}

/** What is counted across windows, restarts and, with Redis, machines. */
function sharedCounters(directory: string): CounterStore {
  const url = settings.stateUrl();
  return url === undefined ? new FileCounters(directory) : new RedisCounters(url);
}
