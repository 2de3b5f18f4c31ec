import { isLoopbackHost } from './destinations';

export type UrlCheck =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly reason: string };

// The characters of RFC 3986 without the fragment, which RFC 6749 (3.1) forbids here, and without
// `$`, `'`, `(` and `)`: no page for signing in needs them, and a shell gives them a meaning.
const harmless = /^[A-Za-z0-9\-._~:/?[\]@!&*+,;=%]+$/;

/**
 * Whether an authorization endpoint may be opened in the person's browser. The server chose it, so
 * it is looked at as written, before a parser makes it look harmless: CVE-2025-6514.
 */
export function checkAuthorizationUrl(text: string): UrlCheck {
  const refuse = (reason: string): UrlCheck => ({ ok: false, reason });
  if (!harmless.test(text)) return refuse('holds characters that do not belong into it');
  if (!URL.canParse(text)) return refuse('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('is not a web page');
  if (url.username !== '' || url.password !== '') return refuse('holds a user name or password');
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return refuse('is not encrypted (http)');
  }
  return { ok: true, url };
}
