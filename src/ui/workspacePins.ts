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

// To prepare the names of all servers takes longer than to look at one tool.
const keptMs = 1000;

/** What the person has confirmed of the servers of this workspace, and what waits for them. */
export class WorkspacePins implements Disposable {
  private readonly byServer = new Map<string, ServerPins>();
  private readonly changed = new Emitter<void>();
  private surroundings: Surroundings | undefined;

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
        reasonsFor: (offer) => suspicionsOf(offer, label, this.currentSurroundings()),
      });
      pins.onDidChange(() => this.changed.fire());
      this.byServer.set(id, pins);
    }
    return pins;
  }

  /** Another window may have confirmed something. */
  refresh(): void {
    for (const pins of this.byServer.values()) pins.refresh();
  }

  /** Made anew after a second, as servers come and go. */
  private currentSurroundings(): Surroundings {
    if (!this.surroundings) {
      this.surroundings = new Surroundings(
        [...this.byServer.values()].map(({ approvedTools }) => approvedTools),
      );
      setTimeout(() => {
        this.surroundings = undefined;
      }, keptMs).unref();
    }
    return this.surroundings;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** Without the annotations: a tool must not vouch for itself. */
function isReadOnly({ annotations, ...tool }: ToolDefinition, server: string): boolean {
  return classify(tool, { server, siblings: [] }).category === 'Read';
}
