import { Uri, ViewColumn, window } from 'vscode';
import type { ActivityLog } from '../../audit/activityLog';
import { type Disposable, DisposableStore } from '../../common/disposable';
import type { Gateway } from '../../gateway/gateway';
import type { PolicyEditor } from '../editor/policyEditor';
import type { WorkspaceServers } from '../workspaceServers';
import { PageFacts } from './pageFacts';
import { PagePanel, type PageParts, type Subject } from './pagePanel';
import { RecentCalls } from './recentCalls';

export interface PagesParts {
  readonly servers: WorkspaceServers;
  readonly gateway: Gateway;
  readonly record: ActivityLog;
  readonly editor: PolicyEditor;
  readonly extensionUri: Uri;
}

/**
 * The open pages of tools and servers. One tab is for whatever is clicked next, as with files; who
 * asks for a page by a command gets a tab of its own.
 */
export class Pages implements Disposable {
  private readonly store = new DisposableStore();
  private readonly panels = new Set<PagePanel>();
  private passing: PagePanel | undefined;
  private readonly parts: PageParts;

  constructor({ servers, gateway, record, editor, extensionUri }: PagesParts) {
    this.parts = {
      facts: new PageFacts(servers, gateway),
      calls: this.store.add(new RecentCalls(record)),
      editor,
      media: Uri.joinPath(extensionUri, 'media'),
      open: (subject) => this.open(subject, true),
    };
    const drawAll = (): void => {
      for (const panel of this.panels) panel.drawSoon();
    };
    this.store.add(servers.onDidChange(drawAll));
    this.store.add(gateway.onDidChangeServer(drawAll));
    this.store.add(record.onDidRecord(drawAll));
  }

  /** `passing`: in the tab that is used again for the next one. */
  open(subject: Subject, passing: boolean): void {
    const open = [...this.panels].find((panel) => isSame(panel.subject, subject));
    if (open) {
      if (!passing && open === this.passing) this.passing = undefined;
      open.reveal();
    } else if (passing && this.passing) {
      this.passing.show(subject);
      this.passing.reveal();
    } else {
      const panel = this.create(subject);
      if (passing) this.passing = panel;
    }
  }

  dispose(): void {
    for (const panel of this.panels) panel.dispose();
    this.store.dispose();
  }

  private create(subject: Subject): PagePanel {
    const { media } = this.parts;
    const view = window.createWebviewPanel('toolgate.page', '', ViewColumn.Active, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [media],
    });
    view.iconPath = Uri.joinPath(media, 'icon.png');
    const panel = new PagePanel(view, subject, this.parts);
    this.panels.add(panel);
    panel.onDidDispose(() => {
      this.panels.delete(panel);
      if (panel === this.passing) this.passing = undefined;
    });
    return panel;
  }
}

function isSame(a: Subject, b: Subject): boolean {
  return a.server === b.server && a.tool === b.tool;
}
