import { type Disposable, lm, McpHttpServerDefinition, Uri } from 'vscode';
import { DisposableStore } from '../common/disposable';
import { Emitter } from '../common/event';
import type { Gateway } from '../gateway/gateway';
import { providerId } from './ids';
import type { WorkspaceServers } from './workspaceServers';

/**
 * Publishes a twin for each guarded server: the same label, so that VS Code gives its tools the
 * names they had, and the gateway as its address. The token goes to VS Code in memory only.
 */
export class DefinitionProvider implements Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new Emitter<void>());
  private published = '';

  /** `ready` resolves to the running gateway, or to nothing where none may run. */
  constructor(
    private readonly ready: () => Promise<Gateway | undefined>,
    private readonly servers: () => WorkspaceServers | undefined,
  ) {
    this.store.add(
      lm.registerMcpServerDefinitionProvider(providerId, {
        onDidChangeMcpServerDefinitions: this.changed.event,
        provideMcpServerDefinitions: () => this.provide(),
      }),
    );
  }

  /** Tells VS Code when the list differs from the published one: a new list restarts servers. */
  refresh(): void {
    const servers = this.servers()?.guarded() ?? [];
    const list = JSON.stringify(servers.map(({ id, label, version }) => [id, label, version]));
    if (list === this.published) return;
    this.published = list;
    this.changed.fire();
  }

  dispose(): void {
    this.store.dispose();
  }

  private async provide(): Promise<McpHttpServerDefinition[]> {
    const gateway = await this.ready();
    const servers = this.servers();
    if (!gateway || !servers) return [];
    if (!servers.isLoaded) await servers.refresh();
    return servers.guarded().map(({ id, label, version }) => {
      const headers = { Authorization: `Bearer ${gateway.token}` };
      return new McpHttpServerDefinition(label, Uri.parse(gateway.urlOf(id)), headers, version);
    });
  }
}
