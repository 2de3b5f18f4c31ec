import { EventEmitter, type TreeDataProvider, type TreeItem, type TreeView, window } from 'vscode';
import { DisposableStore } from '../../common/disposable';
import type { Approvals } from '../../gateway/approvals';
import type { Gateway } from '../../gateway/gateway';
import { outlook } from '../../policy/outlook';
import { views } from '../ids';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';
import {
  ChangeNode,
  GrantGroupNode,
  GrantNode,
  MessageNode,
  type Node,
  PendingGroupNode,
  PendingNode,
  ServerNode,
  ToolNode,
} from './nodes';
import {
  actionText,
  changeItem,
  grantGroupItem,
  grantItem,
  grantText,
  messageItem,
  pendingGroupItem,
  pendingItem,
  pendingText,
  serverItem,
  toolItem,
} from './treeItems';

// Changes come in bursts: a listing, an edit, a start. The tree is drawn once for each burst.
const settleMs = 60;
// The remaining time of pending calls is part of what is drawn; most of the time it reads the same.
const tickMs = 1000;
// Each is classified before it is drawn, and nobody reads as many.
const mostShown = 500;

/** What the view shows; it changes as the workspace becomes trusted and the gateway starts. */
export interface ServersViewModel {
  readonly servers: WorkspaceServers;
  readonly gateway: Gateway;
}

/** The tree of pending approvals, servers and tools. */
export class ServersView implements TreeDataProvider<Node> {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<Node | undefined>());
  private readonly view: TreeView<Node>;
  private readonly pendingGroup = new PendingGroupNode();
  private readonly grantGroup = new GrantGroupNode();
  private model: ServersViewModel | undefined;
  private timer: NodeJS.Timeout | undefined;
  private drawn = '';
  private drawnPending = '';

  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly approvals: Approvals) {
    this.view = this.store.add(
      window.createTreeView(views.servers, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.store.add(approvals.onDidChange(() => this.drawPending()));
    const ticker = setInterval(() => {
      if (this.view.visible && this.hasApprovals()) this.draw();
    }, tickMs);
    this.store.add({ dispose: () => clearInterval(ticker) });
  }

  show(model: ServersViewModel): void {
    this.model = model;
    this.store.add(model.servers.onDidChange(() => this.drawSoon()));
    this.store.add(model.gateway.onDidChangeServer(() => this.drawSoon()));
    this.drawSoon();
  }

  /** A line above the tree, for what concerns all of it. */
  setMessage(message: string | undefined): void {
    // The API's types have no way to take a message back but to leave the property out.
    (this.view as { message: string | undefined }).message = message;
  }

  /** Brings the pending approvals into sight. */
  async revealPending(): Promise<void> {
    const [first] = this.approvals.pending;
    if (first) await this.view.reveal(this.pendingGroup, { expand: true, focus: true });
  }

  getTreeItem(node: Node): TreeItem {
    switch (node.kind) {
      case 'pendingGroup':
        return pendingGroupItem(this.approvals.pending.length);
      case 'pending':
        return pendingItem(node);
      case 'grantGroup':
        return grantGroupItem(this.approvals.grants.length);
      case 'grant':
        return grantItem(node);
      case 'server':
        return this.serverItem(node.server);
      case 'tool':
        return toolItem(node);
      case 'change':
        return changeItem(node);
      case 'message':
        return messageItem(node);
    }
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) return this.roots();
    if (node.kind === 'pendingGroup') {
      return this.approvals.pending.map((pending) => new PendingNode(pending));
    }
    if (node.kind === 'grantGroup') {
      return this.approvals.grants.map((grant) => new GrantNode(grant));
    }
    return node.kind === 'server' ? this.toolsOf(node.server) : [];
  }

  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.store.dispose();
  }

  private roots(): Node[] {
    const servers = (this.model?.servers.servers ?? []).map((server) => new ServerNode(server));
    const { pending, grants } = this.approvals;
    return [
      ...(pending.length > 0 ? [this.pendingGroup] : []),
      ...(grants.length > 0 ? [this.grantGroup] : []),
      ...servers,
    ];
  }

  private hasApprovals(): boolean {
    return this.approvals.pending.length + this.approvals.grants.length > 0;
  }

  private async toolsOf(server: ServerItem): Promise<Node[]> {
    if (!this.model) return [];
    if (server.state !== 'guarded') return [];
    const { gateway } = this.model;
    const catalogue = gateway.catalogueOf(server.id);
    if (!catalogue) return [];
    const isUsable = !['failed', 'needsSignIn'].includes(gateway.stateOf(server.id).kind);
    if (!catalogue.isComplete && isUsable) await gateway.inspect(server.id);
    const state = gateway.stateOf(server.id);
    if (state.kind === 'unreviewed') {
      return [new MessageNode(server, 'It is not started until you have reviewed it.', 'warning')];
    }
    const waiting = gateway.pinsOf(server.id)?.waiting ?? [];
    const nodes: Node[] = waiting.map((change) => new ChangeNode(server, change));
    if (state.kind === 'failed') nodes.push(new MessageNode(server, state.error, 'error'));
    if (state.kind === 'needsSignIn') nodes.push(new MessageNode(server, state.reason, 'warning'));
    const policies = server.place.policies.current();
    const unreviewed = new Set(
      waiting.filter(({ kind }) => kind === 'tool').map(({ name }) => name),
    );
    for (const tool of catalogue.list(mostShown)) {
      if (unreviewed.has(tool.name)) continue;
      const prospect = policies && outlook(policies, server.label, tool.name, tool.risk);
      nodes.push(new ToolNode(server, tool, prospect));
    }
    const left = catalogue.names.length - mostShown;
    if (left > 0) nodes.push(new MessageNode(server, `${left} more tools are not shown.`, 'info'));
    if (nodes.length > 0) return nodes;
    const none = state.kind === 'halted' ? 'Toolgate is halted.' : 'It offers no tools.';
    return [new MessageNode(server, none, 'info')];
  }

  private serverItem(server: ServerItem): TreeItem {
    const gateway = this.model?.gateway;
    const catalogue = gateway?.catalogueOf(server.id);
    const count = catalogue?.isComplete ? catalogue.names.length : undefined;
    const showFolder = (this.model?.servers.places.length ?? 0) > 1;
    return serverItem(
      server,
      gateway?.stateOf(server.id) ?? { kind: 'stopped' },
      count,
      showFolder,
    );
  }

  private drawPending(): void {
    const count = this.approvals.pending.length;
    const tooltip = count === 1 ? '1 call waits for approval' : `${count} calls wait for approval`;
    this.view.badge = count > 0 ? { value: count, tooltip } : undefined;
    this.drawSoon();
  }

  private drawSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.draw(), settleMs);
  }

  /**
   * A click while the editor takes in a new tree gets lost, so it is drawn only when it differs, and
   * of it only the pending calls where nothing but their time has gone on.
   */
  private draw(): void {
    const { pending, grants } = this.approvals;
    const ids = [pending.map(({ id }) => id), grants.map(({ id }) => id)];
    const facts = JSON.stringify([ids, grants.map(grantText), this.serverFacts()]);
    const pendingFacts = JSON.stringify(pending.map(pendingText));
    if (facts === this.drawn && pendingFacts === this.drawnPending) return;
    this.changed.fire(facts === this.drawn ? this.pendingGroup : undefined);
    this.drawn = facts;
    this.drawnPending = pendingFacts;
  }

  private serverFacts(): unknown {
    if (!this.model) return undefined;
    const { servers, gateway } = this.model;
    return servers.servers.map(({ id, label, state, file, configured, place }) => {
      const catalogue = gateway.catalogueOf(id);
      const policies = place.policies.current();
      const tools = catalogue?.list(mostShown).map((tool) => {
        const prospect = policies && outlook(policies, label, tool.name, tool.risk);
        return [
          tool.name,
          tool.description,
          tool.risk,
          prospect && actionText(prospect),
          prospect?.rule,
        ];
      });
      const entry = [file, configured.key, configured.value];
      const waiting = gateway
        .pinsOf(id)
        ?.waiting.map(({ kind, name, verdict, digest }) => [kind, name, verdict, digest]);
      const facts = [entry, gateway.stateOf(id), catalogue?.isComplete, tools, waiting];
      return [id, label, state, ...facts];
    });
  }
}
