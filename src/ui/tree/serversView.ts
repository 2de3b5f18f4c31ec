import { EventEmitter, type TreeDataProvider, type TreeItem, type TreeView, window } from 'vscode';
import { comparisonWith, findingsOf, noteOf } from '../../catalogue/comparison';
import { DisposableStore } from '../../common/disposable';
import type { Approvals } from '../../gateway/approvals';
import type { Gateway } from '../../gateway/gateway';
import type { ToolCatalogue } from '../../gateway/toolCatalogue';
import { riskUnder } from '../../policy/outlook';
import { actionText } from '../../policy/outlookInWords';
import { views } from '../ids';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';
import {
  cataloguedSummary,
  cataloguedText,
  cataloguedToolItem,
  cataloguedToolsOf,
} from './cataloguedTools';
import {
  type CataloguedToolNode,
  ChangeNode,
  GrantGroupNode,
  GrantNode,
  LevelNode,
  MessageNode,
  type Node,
  PendingGroupNode,
  PendingNode,
  ServerNode,
  type ToolNode,
} from './nodes';
import { byLevel, levelCounts, mostShown, toolsOf } from './serverTools';
import { filterWords, passesFilter } from './toolFilter';
import {
  changeItem,
  grantGroupItem,
  grantItem,
  grantText,
  levelItem,
  messageItem,
  pendingGroupItem,
  pendingItem,
  pendingText,
  serverItem,
  toolItem,
} from './treeItems';
import type { TreeOptions } from './treeOptions';

// Changes come in bursts: a listing, an edit, a start. The tree is drawn once for each burst.
const settleMs = 60;
// The remaining time of pending calls is part of what is drawn; most of the time it reads the same.
const tickMs = 1000;
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

  constructor(
    private readonly approvals: Approvals,
    private readonly options: TreeOptions,
  ) {
    this.view = this.store.add(
      window.createTreeView(views.servers, { treeDataProvider: this, showCollapseAll: true }),
    );
    this.store.add(approvals.onDidChange(() => this.drawPending()));
    this.store.add(options.onDidChange(() => this.drawSoon()));
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
        return toolItem(node, this.options.grouping);
      case 'cataloguedTool':
        return cataloguedToolItem(node);
      case 'level':
        return levelItem(node);
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
    if (node.kind === 'level') return [...node.tools];
    return node.kind === 'server' ? this.childrenOf(node.server) : [];
  }

  getParent(): undefined {
    return undefined;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.store.dispose();
  }

  private roots(): Node[] {
    const servers = this.model?.servers.servers ?? [];
    const { pending, grants } = this.approvals;
    return [
      ...(pending.length > 0 ? [this.pendingGroup] : []),
      ...(grants.length > 0 ? [this.grantGroup] : []),
      ...(this.options.grouping === 'risk' ? this.byRisk(servers) : servers.map(asNode)),
    ];
  }

  /** The tools that are known by their level, then the servers of which that does not show all. */
  private byRisk(servers: readonly ServerItem[]): Node[] {
    const known = servers.filter((server) => this.isKnown(server));
    const groups = byLevel(known.flatMap((server) => this.filteredTools(server)));
    return [
      ...[...groups].map(([level, tools]) => new LevelNode(level, tools)),
      ...servers.filter((server) => !known.includes(server)).map(asNode),
    ];
  }

  /** Whether the tools of a server say all that there is to say of it. */
  private isKnown({ id, state }: ServerItem): boolean {
    const gateway = this.model?.gateway;
    if (!gateway || state !== 'guarded') return false;
    const catalogue = gateway.catalogueOf(id);
    const isCalm = ['running', 'stopped'].includes(gateway.stateOf(id).kind);
    const waits = (gateway.pinsOf(id)?.waiting.length ?? 0) > 0;
    const fits = catalogue?.isComplete === true && catalogue.names.length <= mostShown;
    return isCalm && !waits && fits;
  }

  private filteredTools(server: ServerItem): readonly ToolNode[] {
    if (!this.model) return [];
    const words = filterWords(this.options.filter);
    const tools = toolsOf(server, this.model.gateway);
    if (words.length === 0) return tools;
    return tools.filter(({ tool, outlook: prospect }) => {
      const { category, level } = riskUnder(prospect, tool.risk);
      const texts = [server.label, tool.name, category, level, actionText(prospect)];
      return passesFilter(words, texts);
    });
  }

  private filteredCatalogue(server: ServerItem): CataloguedToolNode[] {
    const words = filterWords(this.options.filter);
    return cataloguedToolsOf(server).filter((node) =>
      passesFilter(words, [server.label, node.tool.name, cataloguedText(node)]),
    );
  }

  private hasApprovals(): boolean {
    return this.approvals.pending.length + this.approvals.grants.length > 0;
  }

  private async childrenOf(server: ServerItem): Promise<Node[]> {
    if (!this.model) return [];
    if (server.state !== 'guarded') return this.filteredCatalogue(server);
    const { gateway } = this.model;
    const catalogue = gateway.catalogueOf(server.id);
    if (!catalogue) return [];
    const isUsable = !['failed', 'needsSignIn'].includes(gateway.stateOf(server.id).kind);
    const inspected = !catalogue.isComplete && isUsable ? gateway.inspect(server.id) : undefined;
    // What is known without asking is shown meanwhile; the tree is drawn again afterwards.
    if (!server.catalogued) await inspected;
    const isUnasked = server.catalogued !== undefined && !catalogue.isComplete;
    const tools = isUnasked ? this.filteredCatalogue(server) : this.filteredTools(server);
    const state = gateway.stateOf(server.id);
    if (state.kind === 'unreviewed') {
      const text = 'It is not started until you have reviewed it.';
      return [new MessageNode(server, text, 'warning'), ...(isUnasked ? tools : [])];
    }
    const waiting = gateway.pinsOf(server.id)?.waiting ?? [];
    const nodes: Node[] = waiting.map((change) => new ChangeNode(server, change));
    if (state.kind === 'failed') nodes.push(new MessageNode(server, state.error, 'error'));
    if (state.kind === 'needsSignIn') nodes.push(new MessageNode(server, state.reason, 'warning'));
    nodes.push(...differenceOf(server, catalogue), ...tools);
    const left = catalogue.names.length - mostShown;
    if (left > 0) nodes.push(new MessageNode(server, `${left} more tools are not shown.`, 'info'));
    if (nodes.length > 0) return nodes;
    const filtered = this.options.filter !== '' && (isUnasked || catalogue.names.length > 0);
    const none = filtered ? 'No tool passes the filter.' : 'It offers no tools.';
    const text = state.kind === 'halted' ? 'Toolgate is halted.' : none;
    return [new MessageNode(server, text, 'info')];
  }

  private serverItem(server: ServerItem): TreeItem {
    const gateway = this.model?.gateway;
    const catalogue = gateway?.catalogueOf(server.id);
    const count = catalogue?.isComplete ? catalogue.names.length : undefined;
    const showFolder = (this.model?.servers.places.length ?? 0) > 1;
    const state = gateway?.stateOf(server.id) ?? { kind: 'stopped' };
    // What is not shown is not counted either: to classify thousands takes its time.
    const isCounted = gateway !== undefined && count !== undefined && count <= mostShown;
    const counts = levelCounts(isCounted ? toolsOf(server, gateway) : []);
    const unasked = count === undefined && server.catalogued;
    const summary = unasked ? cataloguedSummary(unasked) : undefined;
    return serverItem(server, state, count, counts, summary, showFolder);
  }

  private drawPending(): void {
    const count = this.approvals.pending.length;
    const tooltip = count === 1 ? '1 call waits for approval' : `${count} calls wait for approval`;
    this.view.badge = count > 0 ? { value: count, tooltip } : undefined;
    this.drawSoon();
  }

  private drawSoon(): void {
    const { filter } = this.options;
    // The API's types have no way to take it back but to leave the property out.
    const view = this.view as { description: string | undefined };
    view.description = filter === '' ? undefined : `filter: ${filter}`;
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
    const { grouping, filter } = this.options;
    const facts = JSON.stringify([
      [ids, grants.map(grantText), grouping, filter],
      this.serverFacts(),
    ]);
    const pendingFacts = JSON.stringify(pending.map(pendingText));
    if (facts === this.drawn && pendingFacts === this.drawnPending) return;
    this.changed.fire(facts === this.drawn ? this.pendingGroup : undefined);
    this.drawn = facts;
    this.drawnPending = pendingFacts;
  }

  private serverFacts(): unknown {
    if (!this.model) return undefined;
    const { servers, gateway } = this.model;
    return servers.servers.map((server) => {
      const { id, label, state, file, configured } = server;
      const catalogue = gateway.catalogueOf(id);
      const tools = toolsOf(server, gateway).map(({ tool, outlook: prospect }) => [
        [tool.name, tool.description, tool.risk],
        [prospect && actionText(prospect), prospect?.rule, prospect?.classified],
      ]);
      const unasked = catalogue?.isComplete ? [] : cataloguedToolsOf(server);
      const entry = [file, configured.key, configured.value, unasked.map(cataloguedText)];
      const waiting = gateway
        .pinsOf(id)
        ?.waiting.map(({ kind, name, verdict, digest }) => [kind, name, verdict, digest]);
      const facts = [entry, gateway.stateOf(id), catalogue?.isComplete, tools, waiting];
      return [id, label, state, ...facts];
    });
  }
}

/** Where a server is not what was published under the very version that it is configured as. */
function differenceOf(server: ServerItem, live: ToolCatalogue): MessageNode[] {
  if (!server.catalogued?.isExact || !live.isComplete) return [];
  const comparison = comparisonWith(server.catalogued, live.names, (tool) => live.digestOf(tool));
  if (findingsOf(comparison).size === 0) return [];
  return [new MessageNode(server, noteOf(comparison), 'warning')];
}

function asNode(server: ServerItem): ServerNode {
  return new ServerNode(server);
}
