import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Emitter } from '../../common/event';
import type { OAuthConfig } from '../../config/launch';
import { type Challenge, challengeOf } from './challenge';
import { Credentials } from './credentials';
import { Destinations } from './destinations';
import { DiscoveryFetch } from './discoveryFetch';
import { OAuthClient, SignInNeeded } from './oauthClient';
import { RedirectListener } from './redirectListener';
import { SignInError, type SignInHost } from './signIn';

/** Who uses a connection. A person has asked for the sign-in; nobody is there to answer a look. */
export type SignInAsker = 'agent' | 'person' | 'nobody';

/** One connection to the server, which may have to wait for a sign-in. */
export interface SignInWaiter {
  readonly asker: SignInAsker;
  /** The person has to act. */
  onWait(): void;
  /** They have; the server has its time anew. */
  onResume(): void;
}

export interface SignInTarget {
  readonly label: string;
  readonly workspace: string;
  readonly url: string;
  readonly config: OAuthConfig;
}

// As long as the page waits for the person; they may have to look for a second factor.
const pageTimeoutMs = 600_000;
// One for a missing token or a stale one, one for a scope that is too small.
const mostRenewals = 2;

/**
 * The sign-in of one server, shared by all its connections: the token goes with every request, is
 * renewed once for all of them, and where it cannot be, the person is asked once for all of them.
 */
export class ServerSignIn {
  private readonly credentials: Credentials;
  private readonly destinations: Destinations;
  private readonly origin: string;
  /** Fires when the person has signed in, or not. */
  private readonly settled = new Emitter<SignInError | undefined>();
  private loading: Promise<void> | undefined;
  private refreshing: Promise<boolean> | undefined;
  private page: AbortController | undefined;
  private offering = false;
  /** The person does not want to be asked again. */
  private declined = false;
  /** A challenge for more scope that a new sign-in did not meet. */
  private unmet: string | undefined;
  private needed = false;

  constructor(
    private readonly target: SignInTarget,
    private readonly host: SignInHost,
  ) {
    const { workspace, url, config } = target;
    const key = `oauth:${JSON.stringify([workspace, url, config.clientId ?? ''])}`;
    this.credentials = new Credentials(host.secrets, key);
    this.destinations = new Destinations(url);
    this.origin = new URL(url).origin;
  }

  /** Whether the server cannot be used before the person signs in. */
  get isNeeded(): boolean {
    return this.needed;
  }

  isFor({ url, config }: SignInTarget): boolean {
    const own = this.target;
    return url === own.url && JSON.stringify(config) === JSON.stringify(own.config);
  }

  /** `fetch` with the token. Rejects with a `SignInError` where there is none to be had. */
  fetchFor(waiter: SignInWaiter): FetchLike {
    return async (url, init) => {
      this.loading ??= this.credentials.load().catch((error: unknown) => {
        this.loading = undefined;
        throw error;
      });
      await this.loading;
      let token = this.credentials.accessToken;
      let response = await this.send(url, init, token);
      for (let renewals = 0; ; renewals++) {
        const challenge = await challengeOf(response);
        if (!challenge || challenge.text === this.unmet) return response;
        await response.body?.cancel();
        if (renewals === mostRenewals) {
          if (challenge.needsMoreScope) this.unmet = challenge.text;
          throw new SignInError('It refuses the token of the sign-in.');
        }
        const isFirst = renewals === 0;
        token = await this.renew(challenge, token, waiter, isFirst, init?.signal ?? undefined);
        response = await this.send(url, init, token);
      }
    };
  }

  /** Forgets the tokens, and that the person did not want to be asked. */
  async signOut(): Promise<void> {
    this.cancel();
    this.declined = false;
    this.needed = false;
    // What is renewed right now would be stored after it was forgotten.
    await this.refreshing?.catch(() => {});
    await this.credentials.forget();
  }

  /** Ends a sign-in that waits for the person. */
  cancel(): void {
    this.page?.abort();
  }

  dispose(): void {
    this.cancel();
    this.settle(new SignInError('The server was stopped.'));
    this.settled.dispose();
  }

  private send(
    url: string | URL,
    init: RequestInit | undefined,
    token: string | undefined,
  ): Promise<Response> {
    const headers = new Headers(init?.headers);
    // The SDK stays within the origin; the token does in any case.
    if (token !== undefined && new URL(url).origin === this.origin) {
      headers.set('authorization', `Bearer ${token}`);
    }
    return fetch(url, { ...init, headers });
  }

  private async renew(
    challenge: Challenge,
    used: string | undefined,
    waiter: SignInWaiter,
    maySilently: boolean,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    await this.credentials.load();
    const stored = this.credentials.accessToken;
    if (stored !== undefined && stored !== used) return stored;
    if (maySilently && !challenge.needsMoreScope && (await this.refresh(challenge))) {
      return this.credentials.accessToken;
    }
    this.needed = true;
    waiter.onWait();
    await this.askPerson(challenge, waiter, signal);
    waiter.onResume();
    return this.credentials.accessToken;
  }

  /** Renews the token without the person; one attempt serves all who need it. */
  private refresh(challenge: Challenge): Promise<boolean> {
    this.refreshing ??= this.runRefresh(challenge).finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async runRefresh({ resourceMetadataUrl, scope }: Challenge): Promise<boolean> {
    // Most servers are never signed in to: nothing is discovered for them in vain.
    if (this.credentials.issuer === undefined) return false;
    const before = this.credentials.accessToken;
    const client = new OAuthClient(this.credentials, this.target.config, undefined);
    try {
      await this.authorize(client, { resourceMetadataUrl, scope });
      return true;
    } catch (error) {
      if (!(error instanceof SignInNeeded)) throw error;
      // Another window was quicker with a refresh token that counts once.
      await this.credentials.load();
      const now = this.credentials.accessToken;
      return now !== undefined && now !== before;
    }
  }

  /** Resolves when the person has signed in. */
  private async askPerson(
    challenge: Challenge,
    { asker }: SignInWaiter,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { advice } = this.host.prompt;
    const missing = new SignInNeeded(`It asks for a sign-in. ${advice}`);
    const isWaitedFor = this.page !== undefined || this.offering;
    if (asker === 'nobody' || (asker === 'agent' && this.declined && !isWaitedFor)) throw missing;
    const outcome = new Promise<SignInError | undefined>((resolve) => {
      signal?.addEventListener('abort', () => resolve(new SignInError('It was cancelled.')));
      const timer = setTimeout(() => resolve(missing), this.host.waitSeconds() * 1000);
      // A person who has asked for the page waits as long as the page does.
      if (asker === 'person') clearTimeout(timer);
      const subscription = this.settled.event((error) => {
        clearTimeout(timer);
        subscription.dispose();
        resolve(error);
      });
    });
    if (asker === 'person') this.openPage(challenge);
    else if (!isWaitedFor) void this.offer(challenge, missing);
    const error = await outcome;
    if (error) throw error;
  }

  private async offer(challenge: Challenge, missing: SignInError): Promise<void> {
    this.offering = true;
    const accepted = await this.host.prompt.offer(this.target.label).catch(() => false);
    this.offering = false;
    // They may have signed in by another way while the question stood there.
    if (!this.needed || this.page) return;
    if (accepted) return this.openPage(challenge);
    this.declined = true;
    this.settle(missing);
  }

  /** Begins a sign-in; one that was begun before, and perhaps lost with its page, ends. */
  private openPage(challenge: Challenge): void {
    this.page?.abort();
    const page = new AbortController();
    this.page = page;
    const finish = (error: SignInError | undefined): void => {
      if (this.page !== page) return;
      this.page = undefined;
      this.settle(error);
    };
    this.runSignIn(challenge, page.signal).then(
      () => finish(undefined),
      (error: Error) => finish(error instanceof SignInError ? error : unexplained),
    );
  }

  private async runSignIn(challenge: Challenge, signal: AbortSignal): Promise<void> {
    const { resourceMetadataUrl, scope } = challenge;
    const listener = await RedirectListener.open();
    try {
      const open = async (url: URL): Promise<void> => {
        await this.destinations.addressesOf(url);
        if (signal.aborted || !(await this.host.prompt.open(this.target.label, url))) {
          throw new SignInError('Its sign-in page was not opened.');
        }
      };
      const client = new OAuthClient(this.credentials, this.target.config, {
        redirectUrl: listener.url,
        state: listener.state,
        signal,
        open,
      });
      await this.authorize(client, { resourceMetadataUrl, scope });
      const { code, issuer } = await listener.redirect(pageTimeoutMs, signal);
      if (issuer !== undefined && issuer !== client.issuerByMetadata) {
        throw new SignInError('Another authorization server answered than the one that was asked.');
      }
      await this.authorize(client, { resourceMetadataUrl, scope, authorizationCode: code });
    } finally {
      listener.close();
    }
  }

  private async authorize(
    client: OAuthClient,
    options: {
      readonly resourceMetadataUrl: URL | undefined;
      readonly scope: string | undefined;
      readonly authorizationCode?: string;
    },
  ): Promise<void> {
    const { auth } = await import('@modelcontextprotocol/sdk/client/auth.js');
    const discovery = new DiscoveryFetch(this.destinations);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    try {
      const fetchFn = discovery.fetch;
      await auth(client, { serverUrl: this.target.url, fetchFn, ...Object.fromEntries(given) });
    } catch (error) {
      if (discovery.stopped) throw discovery.stopped;
      // What the SDK says may quote the answer of the authorization server.
      throw error instanceof SignInError ? error : unexplained;
    }
  }

  private settle(error: SignInError | undefined): void {
    if (!error) {
      this.needed = false;
      this.declined = false;
      this.unmet = undefined;
    }
    this.settled.fire(error);
  }
}

const unexplained = new SignInError(
  'The sign-in failed: its authorization server cannot be reached, refused, or does not speak OAuth as MCP has it.',
);
