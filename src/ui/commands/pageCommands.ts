import { window } from 'vscode';
import { type Disposable, DisposableStore } from '../../common/disposable';
import { visibleLine } from '../../common/visibleText';
import type { Pages, PagesParts } from '../page/pages';
import { ServerNode } from '../tree/nodes';
import type { ServerItem } from '../workspaceServers';
import { toolOf } from './toolOf';

/** *Show Tool Page* and *Show Server Page*. The pages are loaded when the first is opened. */
export class PageCommands implements Disposable {
  private readonly store = new DisposableStore();
  private loading: Promise<Pages> | undefined;

  constructor(private readonly parts: PagesParts) {}

  /** `passing`: the tool was clicked in the tree, and the next click may take its tab. */
  async openTool(target: unknown, passing: boolean): Promise<void> {
    const node = await toolOf(target, this.parts.servers, this.parts.gateway);
    if (!node) return;
    const { server, tool } = node;
    (await this.pages()).open({ server: server.id, label: server.label, tool: tool.name }, passing);
  }

  async openServer(target: unknown): Promise<void> {
    const server = target instanceof ServerNode ? target.server : await this.pickServer();
    if (server) (await this.pages()).open({ server: server.id, label: server.label }, false);
  }

  dispose(): void {
    this.store.dispose();
  }

  private async pickServer(): Promise<ServerItem | undefined> {
    const picks = this.parts.servers.servers.map((server) => ({
      label: visibleLine(server.label),
      description: server.state === 'guarded' ? 'guarded' : 'not guarded',
      server,
    }));
    if (picks.length === 0) {
      void window.showInformationMessage('No MCP servers are configured in this workspace.');
      return undefined;
    }
    return (await window.showQuickPick(picks, { placeHolder: 'Which server?' }))?.server;
  }

  private pages(): Promise<Pages> {
    this.loading ??= import('../page/pages').then(({ Pages }) =>
      this.store.add(new Pages(this.parts)),
    );
    return this.loading;
  }
}
