/** What a server says with a refusal that a (better) token would lift. */
export interface Challenge {
  readonly resourceMetadataUrl: URL | undefined;
  readonly scope: string | undefined;
  /** The token is good, but not for this: renewing it is of no use. */
  readonly needsMoreScope: boolean;
  /** As it was sent, to tell one from another. */
  readonly text: string;
}

/**
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization: 401, also without a
 * header as in revision 2025-03-26, or 403 for a token whose scope is too small.
 */
export async function challengeOf(response: Response): Promise<Challenge | undefined> {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const text = response.headers.get('www-authenticate') ?? '';
  if (text !== '' && !/(^|,)\s*bearer\b/i.test(text)) return undefined;
  const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/sdk/client/auth.js');
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  const needsMoreScope = response.status === 403;
  if (needsMoreScope && error !== 'insufficient_scope') return undefined;
  return { resourceMetadataUrl, scope, needsMoreScope, text };
}
