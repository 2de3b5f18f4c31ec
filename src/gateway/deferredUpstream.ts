import type { Launch } from '../config/launch';
import type { Upstream, UpstreamListener } from './upstream';

/** An upstream whose launch is still being found out, as when the person is asked for an input. */
export class DeferredUpstream implements Upstream {
  private readonly upstream: Promise<Upstream | undefined>;
  private opened: Upstream | undefined;
  private closed = false;

  constructor(
    launch: Promise<Launch>,
    listener: UpstreamListener,
    connect: (launch: Launch) => Upstream,
  ) {
    const open = async (): Promise<Upstream | undefined> => {
      const resolved = await launch;
      if (this.closed) return undefined;
      listener.onLaunch();
      this.opened = connect(resolved);
      return this.opened;
    };
    this.upstream = open().catch((error: Error) => {
      if (!this.closed) listener.onClose(error.message);
      return undefined;
    });
  }

  send(...args: Parameters<Upstream['send']>): void {
    void this.upstream.then((upstream) => upstream?.send(...args));
  }

  setProtocolVersion(version: string): void {
    void this.upstream.then((upstream) => upstream?.setProtocolVersion(version));
  }

  async close(): Promise<void> {
    this.closed = true;
    // Not `this.upstream`: a person who is asked for an input may never answer.
    await this.opened?.close();
  }
}
