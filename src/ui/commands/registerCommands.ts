import { commands as editorCommands, type LogOutputChannel, Uri, window } from 'vscode';
import type { ActivityLog } from '../../audit/activityLog';
import { type Disposable, DisposableStore } from '../../common/disposable';
import type { Approvals } from '../../gateway/approvals';
import type { Gateway } from '../../gateway/gateway';
import type { HaltSwitch } from '../../gateway/haltSwitch';
import { presets } from '../../policy/presets';
import type { Answers } from '../approval/answers';
import type { ApprovalPrompt } from '../approval/approvalPrompt';
import type { ArgumentsEditor } from '../approval/argumentsEditor';
import type { PolicyEditor } from '../editor/policyEditor';
import { PolicyReview } from '../editor/policyReview';
import { commands, passing, views } from '../ids';
import type { InputPrompts } from '../inputPrompts';
import type { ServerOutputs } from '../serverOutputs';
import { ServerNode } from '../tree/nodes';
import type { ServersView } from '../tree/serversView';
import type { TreeOptions } from '../tree/treeOptions';
import type { VirtualDocuments } from '../virtualDocuments';
import type { FolderServers, WorkspaceServers } from '../workspaceServers';
import { showActivity } from './activityCommands';
import { ApprovalCommands } from './approvalCommands';
import { GuardCommands } from './guardCommands';
import { HaltCommands } from './haltCommands';
import { PageCommands } from './pageCommands';
import { ReviewCommands } from './reviewCommands';
import { SignInCommands } from './signInCommands';
import { showStatistics } from './statisticsCommand';
import { ToolCommands } from './toolCommands';

export interface CommandParts {
  readonly servers: WorkspaceServers;
  readonly gateway: Gateway;
  readonly approvals: Approvals;
  readonly halt: HaltSwitch;
  readonly answers: Answers;
  readonly prompt: ApprovalPrompt;
  readonly argumentsEditor: ArgumentsEditor;
  readonly documents: VirtualDocuments;
  readonly record: ActivityLog;
  readonly prompts: InputPrompts;
  readonly view: ServersView;
  readonly treeOptions: TreeOptions;
  readonly editor: PolicyEditor;
  readonly outputs: ServerOutputs;
  readonly log: LogOutputChannel;
  readonly extensionUri: Uri;
}

/** Registers every command that needs a running gateway. */
export function registerCommands(parts: CommandParts): Disposable {
  const { servers, gateway, approvals, documents, editor } = parts;
  const guards = new GuardCommands(servers, documents);
  const tools = new ToolCommands(servers, gateway, editor);
  const signIns = new SignInCommands(servers, gateway);
  const answers = new ApprovalCommands(approvals, parts.answers, parts.prompt);
  const reviews = new ReviewCommands(servers, gateway, documents);
  const halting = new HaltCommands(parts.halt);
  const pages = new PageCommands(parts);
  const serverNode = (target: unknown): ServerNode | undefined =>
    target instanceof ServerNode ? target : undefined;

  const handlers: Record<string, (target: unknown, more: unknown) => unknown> = {
    [commands.guardServer]: (target) => guards.guard(serverNode(target)),
    [commands.restoreServer]: (target) => guards.restore(serverNode(target)),
    [commands.guardAllServers]: () => guards.guardAll(),
    [commands.restoreAllServers]: () => guards.restoreAll(),
    [commands.loadTools]: (target) => {
      const node = serverNode(target);
      return node && gateway.inspect(node.server.id);
    },
    [commands.signIn]: (target) => signIns.signIn(serverNode(target)),
    [commands.signOut]: (target) => signIns.signOut(serverNode(target)),
    [commands.openServerEntry]: (target) => {
      const server = serverNode(target)?.server;
      return server && editor.revealOffset(server.file, server.configured.key);
    },
    [commands.showServerOutput]: (target) => {
      const node = serverNode(target);
      return node && parts.outputs.show(node.server);
    },
    [commands.restartServer]: (target) => {
      const node = serverNode(target);
      return node && gateway.restartServer(node.server.id);
    },
    [commands.reviewChange]: (target) => reviews.review(target),
    [commands.reviewAll]: () => reviews.reviewAll(),
    [commands.halt]: () => halting.halt(),
    [commands.resume]: () => halting.resume(),
    [commands.allowTool]: (target) => tools.setAction(target, 'allow'),
    [commands.requireApproval]: (target) => tools.setAction(target, 'require_approval'),
    [commands.denyTool]: (target) => tools.setAction(target, 'deny'),
    [commands.hideTool]: (target) => tools.setAction(target, 'hide'),
    [commands.limitTool]: (target) => tools.limit(target),
    [commands.showRule]: (target) => tools.showRule(target),
    [commands.classifyTool]: (target) => tools.classify(target),
    [commands.filterTools]: () => parts.treeOptions.askForFilter(),
    [commands.clearFilter]: () => parts.treeOptions.setFilter(''),
    [commands.groupByRisk]: () => parts.treeOptions.group('risk'),
    [commands.groupByServer]: () => parts.treeOptions.group('server'),
    // The tree says that it was a click; a menu gives all selected rows in that place.
    [commands.openToolPage]: (target, how) => pages.openTool(target, how === passing),
    [commands.openServerPage]: (target) => pages.openServer(target),
    [commands.createPolicy]: () => createPolicy(servers, editor),
    [commands.openPolicy]: (target) => openPolicy(servers, editor, target),
    [commands.reviewPolicy]: (target) => reviewPolicy(servers, new PolicyReview(documents), target),
    [commands.allowOnce]: (target) => answers.answer(target, { kind: 'allow_once' }),
    [commands.allowForSession]: (target) => answers.answer(target, { kind: 'allow_arguments' }),
    [commands.denyCall]: (target) => answers.answer(target, { kind: 'deny' }),
    [commands.showArguments]: (target) => answers.showArguments(target),
    [commands.moreAnswers]: (target) => answers.showMore(target),
    [commands.allowEdited]: (target) => parts.argumentsEditor.submit(target),
    [commands.revokeGrant]: (target) => answers.revoke(target),
    [commands.showPending]: async () => {
      await editorCommands.executeCommand(`${views.servers}.focus`);
      await parts.view.revealPending();
    },
    [commands.showActivity]: () => showActivity(parts.record, documents, servers),
    [commands.showStatistics]: () => showStatistics(parts.record, documents, servers, gateway),
    [commands.exportReport]: async () => {
      const { exportReport } = await import('./reportCommand');
      await exportReport(servers, gateway);
    },
    [commands.forgetInputs]: async () => {
      await parts.prompts.forgetAll();
      void window.showInformationMessage('Forgotten. Servers ask again when they next start.');
    },
    [commands.showLog]: () => parts.log.show(),
  };
  const store = new DisposableStore();
  store.add(pages);
  for (const [id, handler] of Object.entries(handlers)) {
    store.add(editorCommands.registerCommand(id, handler));
  }
  return store;
}

async function createPolicy(servers: WorkspaceServers, editor: PolicyEditor): Promise<void> {
  const place = await pickPlace(servers);
  if (!place) return;
  const picked = await window.showQuickPick(
    Object.values(presets).map(({ name, summary }) => ({ label: name, detail: summary, name })),
    { placeHolder: 'Which policy to begin with?' },
  );
  if (!picked || !(await editor.ensure(place, picked.name))) return;
  await editor.reveal(place.policyFile.path, '');
  if (place.policyFile.refresh().kind === 'loosened') await editor.review(place.policyFile);
}

async function openPolicy(
  servers: WorkspaceServers,
  editor: PolicyEditor,
  target: unknown,
): Promise<void> {
  const place = target instanceof Uri ? undefined : await pickPlace(servers);
  const path = target instanceof Uri ? target.fsPath : place?.policyFile.path;
  if (path === undefined) return;
  const state = place?.policyFile.refresh();
  if (state?.kind === 'absent') await createPolicy(servers, editor);
  else await editor.reveal(path, '');
}

/** Reviews the file that was named, or the first whose change waits. */
async function reviewPolicy(
  { places, userPolicyFile }: WorkspaceServers,
  review: PolicyReview,
  target: unknown,
): Promise<void> {
  const files = [...places.map(({ policyFile }) => policyFile), userPolicyFile];
  const named = target instanceof Uri && files.find(({ path }) => path === target.fsPath);
  const file = named || files.find((candidate) => candidate.refresh().kind === 'loosened');
  await review.review(file ?? userPolicyFile);
}

async function pickPlace({ places }: WorkspaceServers): Promise<FolderServers | undefined> {
  if (places.length <= 1) return places[0];
  const picked = await window.showQuickPick(
    places.map((place) => ({ label: place.folder.name, place })),
    { placeHolder: 'The policy of which folder?' },
  );
  return picked?.place;
}
