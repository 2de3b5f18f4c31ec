import { window } from 'vscode';
import { visibleLine } from '../../common/visibleText';
import type { Gateway } from '../../gateway/gateway';
import type { ServerNode } from '../tree/nodes';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';

/** Signing in to servers and out of them. */
export class SignInCommands {
  constructor(
    private readonly servers: WorkspaceServers,
    private readonly gateway: Gateway,
  ) {}

  async signIn(node: ServerNode | undefined): Promise<void> {
    const server = node?.server ?? (await this.pick('Sign in to which server?'));
    if (!server) return;
    await this.gateway.signIn(server.id);
    const label = visibleLine(server.label);
    const state = this.gateway.stateOf(server.id);
    if (state.kind === 'needsSignIn' || state.kind === 'failed') {
      const reason = state.kind === 'failed' ? state.error : state.reason;
      void window.showErrorMessage(`You are not signed in to "${label}". ${reason}`);
      return;
    }
    const count = this.gateway.catalogueOf(server.id)?.names.length ?? 0;
    const tools = count === 1 ? '1 tool' : `${count} tools`;
    void window.showInformationMessage(`The server "${label}" is ready: ${tools}.`);
  }

  async signOut(node: ServerNode | undefined): Promise<void> {
    const server = node?.server ?? (await this.pick('Sign out of which server?'));
    if (!server) return;
    await this.gateway.signOut(server.id);
    void window.showInformationMessage(`You are signed out of "${visibleLine(server.label)}".`);
  }

  private async pick(placeHolder: string): Promise<ServerItem | undefined> {
    const servers = this.servers.servers.filter(
      ({ state, configured }) => state === 'guarded' && configured.entry?.type !== 'stdio',
    );
    if (servers.length === 0) {
      void window.showInformationMessage('No guarded server is reached over HTTP.');
      return undefined;
    }
    const picks = servers.map((server) => ({
      label: visibleLine(server.label),
      description: server.place.folder.name,
      server,
    }));
    return (await window.showQuickPick(picks, { placeHolder }))?.server;
  }
}
