import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { HttpLaunch, Launch } from '../config/launch';
import { DeferredUpstream } from './deferredUpstream';
import { HttpUpstream } from './httpUpstream';
import { ServerSignIn, type SignInAsker } from './oauth/serverSignIn';
import type { SignInHost } from './oauth/signIn';
import { StatelessHttpUpstream } from './stateless/statelessHttpUpstream';
import { StdioUpstream } from './stdioUpstream';
import type { MessageBounds, Upstream, UpstreamListener } from './upstream';

/** What a connector needs to know of its server, and tells of it. */
export interface ConnectorContext {
  readonly bounds: MessageBounds;
  /** Without it nobody can sign in. */
  readonly signIn: SignInHost | undefined;
  target(): { readonly label: string; readonly workspace: string };
  resolveLaunch(): Promise<Launch>;
  inputSchemaOf(tool: string): unknown;
  /** A connection waits for the person to sign in. Gives what to call when it goes on. */
  onSignIn(): () => void;
}

/** How one server is reached, by all sessions with it: as a program or over HTTP, signed in. */
export class ServerConnector {
  private signIn: ServerSignIn | undefined;

  constructor(private readonly context: ConnectorContext) {}

  get isSignInNeeded(): boolean {
    return this.signIn?.isNeeded === true;
  }

  connect(asker: SignInAsker, listener: UpstreamListener): Upstream {
    return this.open(listener, (launch) => {
      const authorized = this.fetchFor(launch, asker, listener);
      return new HttpUpstream(launch, listener, this.context.bounds, authorized);
    });
  }

  /** For a client of the revision without sessions. */
  connectStateless(asker: SignInAsker, listener: UpstreamListener): Upstream {
    const { bounds, inputSchemaOf } = this.context;
    return this.open(listener, (launch) => {
      const authorized = this.fetchFor(launch, asker, listener);
      return new StatelessHttpUpstream(launch, listener, bounds, inputSchemaOf, authorized);
    });
  }

  /** Forgets the tokens for the server. */
  async signOut(launch: Launch): Promise<void> {
    if (launch.type !== 'stdio') await this.signInFor(launch)?.signOut();
  }

  /** Gives up a sign-in that the person has begun. */
  cancelSignIn(): void {
    this.signIn?.cancel();
  }

  dispose(): void {
    this.signIn?.dispose();
  }

  private open(listener: UpstreamListener, dial: (launch: HttpLaunch) => Upstream): Upstream {
    return new DeferredUpstream(this.context.resolveLaunch(), listener, (launch) =>
      launch.type === 'stdio'
        ? new StdioUpstream(launch, listener, this.context.bounds)
        : dial(launch),
    );
  }

  /** The `fetch` of one connection, which signs in where the server asks for it. */
  private fetchFor(
    launch: HttpLaunch,
    asker: SignInAsker,
    listener: UpstreamListener,
  ): FetchLike | undefined {
    let goOn: (() => void) | undefined;
    return this.signInFor(launch)?.fetchFor({
      asker,
      onWait: () => {
        goOn = this.context.onSignIn();
        listener.onWait();
      },
      onResume: () => {
        goOn?.();
        listener.onLaunch();
      },
    });
  }

  /** One for all connections; none for a server that the person gave a token of their own. */
  private signInFor(launch: HttpLaunch): ServerSignIn | undefined {
    const { signIn } = this.context;
    if (!signIn) return undefined;
    if (Object.keys(launch.headers).some((name) => name.toLowerCase() === 'authorization')) {
      return undefined;
    }
    const target = { ...this.context.target(), url: launch.url, config: launch.oauth ?? {} };
    if (this.signIn?.isFor(target)) return this.signIn;
    this.signIn?.dispose();
    this.signIn = new ServerSignIn(target, signIn);
    return this.signIn;
  }
}
