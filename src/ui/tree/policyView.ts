import {
  EventEmitter,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  Uri,
  window,
  workspace,
} from 'vscode';
import { DisposableStore } from '../../common/disposable';
import type { PolicyFile } from '../../gateway/policyFile';
import { commands, views } from '../ids';
import type { WorkspaceServers } from '../workspaceServers';

interface PolicyNode {
  readonly label: string;
  readonly file: PolicyFile;
}

/** Which policy files are in force. Empty, with a welcome text, where there is none. */
export class PolicyView implements TreeDataProvider<PolicyNode> {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<undefined>());
  private servers: WorkspaceServers | undefined;

  readonly onDidChangeTreeData = this.changed.event;

  constructor() {
    this.store.add(window.createTreeView(views.policy, { treeDataProvider: this }));
  }

  show(servers: WorkspaceServers): void {
    this.servers = servers;
    this.store.add(servers.onDidChange(() => this.changed.fire(undefined)));
    this.changed.fire(undefined);
  }

  getChildren(node?: PolicyNode): PolicyNode[] {
    if (node || !this.servers) return [];
    const { places, userPolicyFile } = this.servers;
    const nodes = places.map(({ folder, policyFile }) => ({
      label: places.length > 1 ? `Workspace folder ${folder.name}` : 'Workspace policy',
      file: policyFile,
    }));
    return [...nodes, { label: 'User policy', file: userPolicyFile }].filter(
      ({ file }) => file.refresh().kind !== 'absent',
    );
  }

  getTreeItem({ label, file }: PolicyNode): TreeItem {
    const item = new TreeItem(label);
    const uri = Uri.file(file.path);
    const state = file.refresh();
    const path = workspace.asRelativePath(uri, false);
    item.id = file.path;
    item.command = { command: 'vscode.open', title: 'Open', arguments: [uri] };
    item.contextValue = 'policyFile';
    if (state.kind === 'broken') {
      const force = state.policy ? 'the last good one is in force' : 'every call is refused';
      item.description = `broken: ${force}`;
      item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
      item.tooltip = state.problems.map(({ message }) => message).join('\n');
      item.command = { command: commands.openPolicy, title: 'Open', arguments: [uri] };
    } else if (state.kind === 'loosened') {
      item.description = 'a change waits';
      item.iconPath = new ThemeIcon('git-compare', new ThemeColor('list.warningForeground'));
      item.tooltip = state.change.loosenings.map(({ message }) => message).join('\n');
      item.contextValue = 'policyFile.loosened';
      item.command = { command: commands.reviewPolicy, title: 'Review Change', arguments: [uri] };
    } else {
      item.description = path;
      item.tooltip = `In force: ${path}`;
      item.iconPath = new ThemeIcon('law');
    }
    return item;
  }

  dispose(): void {
    this.store.dispose();
  }
}
