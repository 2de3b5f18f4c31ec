import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { SecretStore } from './signIn';

/** What one authorization server has given out for one server. */
export interface Grant {
  readonly client: OAuthClientInformationMixed;
  readonly tokens: OAuthTokens;
}

interface Stored {
  /** The authorization server that the latest sign-in was with. */
  readonly issuer: string;
  readonly grants: Readonly<Record<string, Grant>>;
}

/**
 * The tokens for one server, each kept with the authorization server that issued it: a server that
 * names another one later gets nothing of the first (CVE-2026-104850).
 */
export class Credentials {
  private stored: Stored | undefined;

  constructor(
    private readonly secrets: SecretStore,
    private readonly key: string,
  ) {}

  /** Reads them anew: another session or another window may have renewed them. */
  async load(): Promise<void> {
    const text = await this.secrets.get(this.key);
    this.stored = text === undefined ? undefined : parse(text);
  }

  /** The authorization server of the latest sign-in. */
  get issuer(): string | undefined {
    return this.stored?.issuer;
  }

  get accessToken(): string | undefined {
    return this.issuer === undefined ? undefined : this.of(this.issuer)?.tokens.access_token;
  }

  of(issuer: string): Grant | undefined {
    const grants = this.stored?.grants ?? {};
    return Object.hasOwn(grants, issuer) ? grants[issuer] : undefined;
  }

  async save(issuer: string, grant: Grant): Promise<void> {
    await this.load();
    const stored: Stored = { issuer, grants: { ...this.stored?.grants, [issuer]: grant } };
    await this.secrets.store(this.key, JSON.stringify(stored));
    this.stored = stored;
  }

  /** Forgets a grant whose refresh token was refused, unless it has been renewed meanwhile. */
  async drop(issuer: string, refreshToken: string | undefined): Promise<void> {
    await this.load();
    if (this.of(issuer)?.tokens.refresh_token !== refreshToken) return;
    const { [issuer]: _, ...grants } = this.stored?.grants ?? {};
    // Which server it was stays known: a configured secret must not go to another one.
    await this.secrets.store(this.key, JSON.stringify({ issuer, grants }));
    this.stored = { issuer, grants };
  }

  async forget(): Promise<void> {
    await this.secrets.delete(this.key);
    this.stored = undefined;
  }
}

function parse(text: string): Stored | undefined {
  try {
    return JSON.parse(text) as Stored;
  } catch {
    return undefined;
  }
}
