import { mkdirSync } from 'node:fs';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';
import type { Log } from '../common/log';
import { visibleLine } from '../common/visibleText';
import { pinFileOf } from '../gateway/pins/pinStore';
import { ServerPins } from '../gateway/pins/serverPins';
import { suspicionsOf } from '../gateway/pins/suspicions';
import { classify } from '../risk/classify';
import { Surroundings } from '../risk/findings/surroundings';
import type { ToolDefinition } from '../risk/risk';
import { newTools } from './settings';

/** What the person has confirmed of the servers of this workspace, and what waits for them. */
export class WorkspacePins implements Disposable {
  private readonly byServer = new Map<string, ServerPins>();
  private readonly labels = new Map<string, string>();
  private readonly changed = new Emitter<void>();
  private known: Surroundings | undefined;

  readonly onDidChange = this.changed.event;

  /** `directory` lies outside every workspace: an agent that may edit one must not come there. */
  constructor(
    readonly directory: string,
    private readonly log: Log,
  ) {
    // A folder that is not there cannot be watched.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The pins of a server, the same object each time. */
  of(server: { readonly id: string; readonly label: string; readonly folder: string }): ServerPins {
    const { id, label, folder } = server;
    let pins = this.byServer.get(id);
    if (!pins) {
      pins = new ServerPins({
        label,
        store: pinFileOf(this.directory, folder, label),
        log: {
          info: (text) => this.log.info(`[${visibleLine(label)}] ${text}`),
          warn: (text) => this.log.warn(`[${visibleLine(label)}] ${text}`),
        },
        newTools,
        isReadOnly: (tool) => isReadOnly(tool as ToolDefinition, label),
        reasonsFor: (offer) => suspicionsOf(offer, label, this.surroundings()),
      });
      pins.onDidChange(() => {
        this.known = undefined;
        this.changed.fire();
      });
      this.labels.set(id, label);
      this.byServer.set(id, pins);
    }
    return pins;
  }

  /** Another window may have confirmed something. */
  refresh(): void {
    for (const pins of this.byServer.values()) pins.refresh();
  }

  /** What an agent sees beside a tool: the approved tools of every server. */
  private surroundings(): Surroundings {
    this.known ??= new Surroundings(
      [...this.byServer].map(([id, pins]) => ({
        server: this.labels.get(id) ?? id,
        tools: pins.toolNames,
      })),
    );
    return this.known;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** Without the annotations: a tool must not vouch for itself. */
function isReadOnly({ annotations, ...tool }: ToolDefinition, server: string): boolean {
  return classify(tool, { server, siblings: [] }).category === 'Read';
}
