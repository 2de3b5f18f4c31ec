import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
} from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { OAuthConfig } from '../../config/launch';
import { checkAuthorizationUrl } from './authorizationUrl';
import type { Credentials } from './credentials';
import { SignInError } from './signIn';

/** The way over the person's browser, where it is taken. */
export interface BrowserLeg {
  readonly redirectUrl: string;
  readonly state: string;
  /** Ends the sign-in, whatever comes back from the page. */
  readonly signal: AbortSignal;
  open(url: URL): Promise<void>;
}

/** Nothing that is stored can be used: the person has to sign in. */
export class SignInNeeded extends SignInError {}

/**
 * The gateway as the OAuth client of one server, for one run of the SDK's `auth()`. Without a
 * browser it may only use a stored refresh token. With one it begins anew: it registers for the
 * redirect address of this run and takes nothing that is stored.
 */
export class OAuthClient implements OAuthClientProvider {
  /** A client id that is the address of a document about the client, for servers that read it. */
  readonly clientMetadataUrl?: string;
  private discovered: OAuthDiscoveryState | undefined;
  private client: OAuthClientInformationMixed | undefined;
  private verifier: string | undefined;

  constructor(
    private readonly credentials: Credentials,
    private readonly config: OAuthConfig,
    private readonly browser: BrowserLeg | undefined,
  ) {
    const { clientId } = config;
    if (clientId && /^https:\/\/[^/]+\/./.test(clientId)) this.clientMetadataUrl = clientId;
  }

  get redirectUrl(): string {
    // Without a browser it is never used, but the SDK takes its absence for another kind of grant.
    return this.browser?.redirectUrl ?? 'http://127.0.0.1/';
  }

  get clientMetadata(): OAuthClientMetadata {
    const method = this.authMethod();
    return {
      client_name: 'Toolgate',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...(method === undefined ? {} : { token_endpoint_auth_method: method }),
    };
  }

  /** What the authorization server calls itself, which has to be what its redirect says. */
  get issuerByMetadata(): string | undefined {
    return this.discovered?.authorizationServerMetadata?.issuer;
  }

  state(): string {
    return this.browser?.state ?? '';
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    if (!this.browser) {
      const grant = this.credentials.of(this.issuer);
      if (grant?.tokens.refresh_token === undefined) throw new SignInNeeded('It has no token.');
      return grant.client;
    }
    const { clientId, clientSecret } = this.config;
    if (this.client || clientId === undefined || this.clientMetadataUrl) return this.client;
    if (clientSecret === undefined) return { client_id: clientId };
    const known = this.credentials.issuer;
    if (known !== undefined && known !== this.issuer) {
      throw new SignInError(
        'It names another authorization server than before, which must not get the client secret. Sign out of it first if that is right.',
      );
    }
    return { client_id: clientId, client_secret: clientSecret };
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.client = client;
  }

  tokens(): OAuthTokens | undefined {
    return this.browser ? undefined : this.credentials.of(this.issuer)?.tokens;
  }

  async saveTokens(tokens: OAuthTokens): Promise<void> {
    const client = this.client ?? this.clientInformation();
    if (!client) throw new SignInError('It gave a token to an unknown client.');
    // The person has signed out, or begun anew, while the token was on its way.
    if (this.browser?.signal.aborted) throw new SignInError('The sign-in was cancelled.');
    await this.credentials.save(this.issuer, { client, tokens });
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    if (!this.browser) throw new SignInNeeded('Its token cannot be renewed.');
    // The endpoint as the server wrote it, and what has been made of it.
    const metadata = this.discovered?.authorizationServerMetadata;
    for (const text of [metadata?.authorization_endpoint ?? url.href, url.href]) {
      const check = checkAuthorizationUrl(text);
      if (!check.ok) throw new SignInError(`The address of its sign-in page ${check.reason}.`);
    }
    await this.browser.open(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = verifier;
  }

  codeVerifier(): string {
    if (this.verifier === undefined) throw new SignInError('The sign-in was not begun here.');
    return this.verifier;
  }

  // Kept for this run, so that the code goes to the server whose page was opened.
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.discovered = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.discovered;
  }

  async invalidateCredentials(): Promise<void> {
    if (this.browser) return;
    await this.credentials.drop(this.issuer, this.tokens()?.refresh_token);
  }

  private get issuer(): string {
    const issuer = this.discovered?.authorizationServerUrl;
    if (issuer === undefined) throw new SignInError('It names no authorization server.');
    return issuer;
  }

  /** A program on a person's machine keeps no secret, so none is asked for where that is allowed. */
  private authMethod(): string | undefined {
    const metadata = this.discovered?.authorizationServerMetadata;
    const methods = metadata?.token_endpoint_auth_methods_supported;
    return ['none', 'client_secret_basic', 'client_secret_post'].find((method) =>
      methods?.includes(method),
    );
  }
}
