import { commands, env, type Uri, type WebviewPanel } from 'vscode';
import { DisposableStore } from '../../common/disposable';
import { Emitter } from '../../common/event';
import { visibleLine } from '../../common/visibleText';
import type { Section } from '../../page/parts';
import { serverPageOf } from '../../page/serverPage';
import { serverSections } from '../../page/serverSections';
import { toolKey, toolPageOf } from '../../page/toolPage';
import { failedSections, goneSections, toolSections } from '../../page/toolSections';
import { outlook } from '../../policy/outlook';
import type { PolicyEditor } from '../editor/policyEditor';
import { commands as ids } from '../ids';
import { ToolNode } from '../tree/nodes';
import type { ServerItem } from '../workspaceServers';
import { type PageMessage, pageMessage } from './messages';
import { type PageFacts, pauses, unknownServer } from './pageFacts';
import { pageShell } from './pageShell';
import type { RecentCalls } from './recentCalls';

/** What a page is about: a tool, or without one a server. */
export interface Subject {
  readonly server: string;
  readonly label: string;
  readonly tool?: string;
}

export interface PageParts {
  readonly facts: PageFacts;
  readonly calls: RecentCalls;
  readonly editor: PolicyEditor;
  readonly media: Uri;
  /** Opens another page. */
  readonly open: (subject: Subject) => void;
}

// Changes come in bursts: a listing, an edit, a call.
const settleMs = 80;

const toolCommands: Partial<Record<PageMessage['do'], string>> = {
  allow: ids.allowTool,
  ask: ids.requireApproval,
  deny: ids.denyTool,
  hide: ids.hideTool,
  limit: ids.limitTool,
  showRule: ids.showRule,
  classify: ids.classifyTool,
};

/** One tab with the page of a tool or a server, kept true to what is going on. */
export class PagePanel {
  private readonly store = new DisposableStore();
  private readonly disposed = this.store.add(new Emitter<void>());
  private timer: NodeJS.Timeout | undefined;
  private drawn: readonly Section[] = [];
  /** Counts the drawings: the one that was begun last wins. */
  private drawing = 0;

  readonly onDidDispose = this.disposed.event;

  constructor(
    private readonly panel: WebviewPanel,
    private current: Subject,
    private readonly parts: PageParts,
  ) {
    const { webview } = panel;
    this.store.add(
      webview.onDidReceiveMessage((message) => {
        this.receive(message).catch((error: Error) => this.say(error.message));
      }),
    );
    this.store.add(
      panel.onDidDispose(() => {
        clearTimeout(this.timer);
        this.disposed.fire();
        this.store.dispose();
      }),
    );
    webview.html = pageShell(webview, parts.media);
    this.title();
  }

  get subject(): Subject {
    return this.current;
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.panel.dispose();
  }

  /** Shows another page in the same tab. */
  show(subject: Subject): void {
    this.current = subject;
    this.drawn = [];
    this.title();
    void this.draw();
  }

  /** Draws what has changed, a moment after the last change. */
  drawSoon(): void {
    clearTimeout(this.timer);
    // A page that nobody sees is made when it is shown: its document is a new one then.
    if (this.panel.visible) this.timer = setTimeout(() => void this.draw(), settleMs);
  }

  private title(): void {
    const { tool, label } = this.current;
    this.panel.title = visibleLine(tool ?? label).slice(0, 100) || '(no name)';
  }

  private async draw(): Promise<void> {
    const { current } = this;
    const drawing = ++this.drawing;
    const sections = await this.sections(current).catch((error: Error) =>
      failedSections(error.message),
    );
    // Meanwhile another page may have been asked for, or a later state of this one.
    if (this.store.isDisposed || drawing !== this.drawing) return;
    const known = new Map(this.drawn.map(({ id, markup }) => [id, markup]));
    const isSame = ({ id, markup }: Section): boolean => known.get(id) === markup;
    if (sections.length === this.drawn.length && sections.every(isSame)) return;
    this.drawn = sections;
    await this.panel.webview.postMessage({ subject: keyOf(current), sections });
  }

  private async say(status: string): Promise<void> {
    if (this.store.isDisposed) return;
    await this.panel.webview.postMessage({ status });
  }

  private async sections({ server: id, label, tool: name }: Subject): Promise<readonly Section[]> {
    const { facts, calls } = this.parts;
    const server = facts.serverOf(id);
    if (name === undefined) {
      const found = server ? await facts.ofServer(server) : unknownServer(label);
      return serverSections(await serverPageOf(found, pauses()));
    }
    const tool = server?.state === 'guarded' ? facts.toolOf(server, name) : undefined;
    if (!server || !tool) return goneSections(label, name);
    const found = facts.ofTool(server, tool, await calls.latest());
    return toolSections(await toolPageOf(found, pauses()));
  }

  /**
   * No other extension and no agent can post here, unlike commands, which anybody may run. So what
   * comes from the page is the person's click, if it is for the page that is shown.
   */
  private async receive(received: unknown): Promise<void> {
    const { success, data: message } = pageMessage.safeParse(received);
    if (!success) return;
    if (message.do === 'ready') {
      this.drawn = [];
      return this.draw();
    }
    if (message.subject !== keyOf(this.current)) return;
    const server = this.parts.facts.serverOf(this.current.server);
    if (server) await this.serve(message, server);
  }

  private async serve(message: PageMessage, server: ServerItem): Promise<void> {
    const { facts, editor, open } = this.parts;
    switch (message.do) {
      case 'openTool': {
        const found = facts.toolsOf(server).find(({ name }) => toolKey(name) === message.tool);
        if (found) open({ server: server.id, label: server.label, tool: found.name });
        return;
      }
      case 'openServer':
        return open({ server: server.id, label: server.label });
      case 'openEntry':
        return editor.revealOffset(server.file, server.configured.key);
      case 'loadTools':
        await this.say('Loading tools…');
        await facts.gateway.inspect(server.id);
        await this.say('');
        return this.drawSoon();
      case 'showActivity':
        return commands.executeCommand(ids.showActivity);
      case 'preset':
        if (await editor.usePreset(server, message.preset)) await this.sayIfInForce(server);
        return;
      case 'addRule':
      case 'copyRule':
        return this.advise(message, server);
      default:
        return this.run(message, server);
    }
  }

  /** Runs a command of the view on the tool of the page. */
  private async run({ do: does }: PageMessage, server: ServerItem): Promise<void> {
    const { tool: name } = this.current;
    const tool = name === undefined ? undefined : this.parts.facts.toolOf(server, name);
    const command = toolCommands[does];
    if (!tool || command === undefined) return;
    const policies = server.place.policies.current();
    const prospect = policies && outlook(policies, server.label, tool.name, tool.risk);
    await commands.executeCommand(command, new ToolNode(server, tool, prospect));
  }

  private async advise(
    message: Extract<PageMessage, { readonly do: 'addRule' | 'copyRule' }>,
    server: ServerItem,
  ): Promise<void> {
    const { facts, editor } = this.parts;
    const { tool: name } = this.current;
    const tool = name === undefined ? undefined : facts.toolOf(server, name);
    const page = tool && (await toolPageOf(facts.ofTool(server, tool, []), pauses()));
    const advice = page?.advice;
    if (!tool || !advice || JSON.stringify(advice.rule) !== message.rule) {
      // The server chooses what the rule is made from.
      await this.say('The recommended rule has changed meanwhile. Nothing was done.');
      return this.drawSoon();
    }
    if (message.do === 'copyRule') {
      await env.clipboard.writeText(advice.text);
      return this.say('Copied.');
    }
    const change = { kind: 'rule', rule: advice.rule } as const;
    // What a server's words lead to is no loosening that the person has asked for.
    const clicked = advice.effects?.loosens === false;
    const saved = await editor.change(server, tool.name, tool.risk, change, { clicked });
    if (saved) await this.sayIfInForce(server);
  }

  private async sayIfInForce({ place }: ServerItem): Promise<void> {
    const waits = place.policyFile.refresh().kind === 'loosened';
    await this.say(
      waits
        ? 'Saved. It waits for your review: until then the old policy holds.'
        : 'Saved. It is in force.',
    );
  }
}

function keyOf({ server, tool }: Subject): string {
  return tool === undefined ? server : `${server} ${toolKey(tool)}`;
}
