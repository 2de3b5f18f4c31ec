import { type LogOutputChannel, window } from 'vscode';
import type { Disposable } from '../common/disposable';
import { visibleLine } from '../common/visibleText';

interface Named {
  readonly id: string;
  readonly label: string;
}

/** What each guarded server prints, in an output channel of its own, made with its first line. */
export class ServerOutputs implements Disposable {
  private readonly channels = new Map<string, LogOutputChannel>();
  private kept: ReadonlySet<string> = new Set();

  append(server: Named, line: string): void {
    this.channelOf(server)?.info(line);
  }

  show(server: Named): void {
    this.channelOf(server)?.show();
  }

  /** From now on only these servers have channels. */
  keep(servers: readonly Named[]): void {
    this.kept = new Set(servers.map(({ id }) => id));
    for (const [id, channel] of this.channels) {
      if (this.kept.has(id)) continue;
      channel.dispose();
      this.channels.delete(id);
    }
  }

  dispose(): void {
    this.keep([]);
  }

  private channelOf({ id, label }: Named): LogOutputChannel | undefined {
    const known = this.channels.get(id);
    // The last words of a server that is guarded no longer make no channel of their own.
    if (known || !this.kept.has(id)) return known;
    const channel = window.createOutputChannel(`Toolgate: ${visibleLine(label)}`, { log: true });
    this.channels.set(id, channel);
    return channel;
  }
}
