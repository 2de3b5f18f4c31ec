import type { Gateway } from '../../gateway/gateway';
import { PinReview, type ServerChanges } from '../editor/pinReview';
import { ChangeNode, ServerNode } from '../tree/nodes';
import type { VirtualDocuments } from '../virtualDocuments';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';

/** *Review Change* and *Review All*: they open what waits, and only the person confirms it. */
export class ReviewCommands {
  private readonly pinReview: PinReview;

  constructor(
    private readonly servers: WorkspaceServers,
    private readonly gateway: Gateway,
    documents: VirtualDocuments,
  ) {
    this.pinReview = new PinReview(documents);
  }

  async review(target: unknown): Promise<void> {
    if (target instanceof ChangeNode) {
      const { server, change } = target;
      const pins = this.servers.pinsOf(server);
      await this.pinReview.review([{ label: server.label, pins, changes: [change] }]);
    } else if (target instanceof ServerNode) {
      await this.pinReview.review([this.changesOf(target.server)]);
    } else await this.reviewAll();
  }

  async reviewAll(): Promise<void> {
    const guarded = this.servers.servers.filter(({ state }) => state === 'guarded');
    const unreviewed = guarded.filter(({ id }) => this.gateway.stateOf(id).kind === 'unreviewed');
    // What a server offers is another question than whether it may start.
    const chosen = unreviewed.length > 0 ? unreviewed : guarded;
    await this.pinReview.review(chosen.map((server) => this.changesOf(server)));
  }

  private changesOf(server: ServerItem): ServerChanges {
    const pins = this.servers.pinsOf(server);
    return { label: server.label, pins, changes: pins.waiting };
  }
}
