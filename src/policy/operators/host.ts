import { anyOf, type Truth } from './truth';

// Nothing of a URL may be left to the parsers' taste: browsers drop tabs and newlines, some readers
// cut at a space, and a backslash is a slash for one parser and part of the host for the next.
const unclearCharacter = /[\p{C}\p{Z}\\]/u;

// One authority, written out. Everything looser (`//host`, `http:host`, `http:///host`) is completed
// by some parsers only.
const shape = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(.*)$/is;

// A name in the place of the host means a host only for schemes known to have one: there is
// `javascript://host/%0a…`, and `file://host` is a share.
const webSchemes: ReadonlySet<string> = new Set(['http', 'https', 'ws', 'wss']);
const otherSchemes: ReadonlySet<string> = new Set(
  (
    'ftp ftps sftp ssh git git+ssh git+http git+https svn svn+ssh rsync telnet ' +
    'redis rediss amqp amqps mqtt mqtts nats ldap ldaps imap imaps smtp smtps pop3 pop3s ' +
    'postgres postgresql mysql mariadb mongodb'
  ).split(' '),
);

const portPattern = /^(?::(?:0|[1-9]\d{0,4}))?$/;
const label = '(?!-)[a-z0-9_-]{1,63}(?<!-)';
const namePattern = new RegExp(`^${label}(?:\\.${label})*$`);
const numericLabel = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
const octet = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])';
const ipv4Pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const ipv6Pattern = /^\[[0-9a-f:.]{2,45}\]$/;

// An IPv4 address in IPv6 clothes (mapped, compatible, translated, NAT64, 6to4): the host that is
// reached is another one than the text says.
const wrapsIpv4 =
  /^\[(?:::(?:ffff:)?(?:0:)?[0-9a-f]{1,4}:[0-9a-f]{1,4}|64:ff9b:.*|2002:.*|::ffff:.*)\]$/;

/**
 * Whether the host of a URL is one of these: an exact name or address, or `*.example.com` for the
 * names below `example.com`. A URL that two parsers may read differently is unclear, and so is one
 * with credentials.
 */
export function isHostOf(url: string, patterns: readonly string[]): Truth {
  const host = hostOfUrl(url);
  if (host === undefined) return undefined;
  return anyOf(patterns.map((pattern) => matchesPattern(host, pattern)));
}

/** Whether a pattern of `isHostOf` can match anything. Names beyond ASCII are written as `xn--…`. */
export function isHostPattern(text: string): boolean {
  return parsePattern(text) !== undefined;
}

interface HostPattern {
  readonly host: string;
  readonly subdomains: boolean;
}

function parsePattern(text: string): HostPattern | undefined {
  const subdomains = text.startsWith('*.');
  const host = canonicalHost(subdomains ? text.slice(2) : text);
  if (host === undefined || (subdomains && isAddress(host))) return undefined;
  return { host, subdomains };
}

function matchesPattern(host: string, text: string): Truth {
  const pattern = parsePattern(text);
  if (pattern === undefined) return undefined;
  if (pattern.subdomains) return !isAddress(host) && host.endsWith(`.${pattern.host}`);
  if (host === pattern.host) return true;
  return wrapsIpv4.test(host) && ipv4Pattern.test(pattern.host) ? undefined : false;
}

function hostOfUrl(url: string): string | undefined {
  const [, scheme = '', authority = '', rest = ''] = shape.exec(url) ?? [];
  if (authority === '' || unclearCharacter.test(url)) return undefined;
  if (!webSchemes.has(scheme.toLowerCase())) {
    if (!otherSchemes.has(scheme.toLowerCase())) return undefined;
    // Database drivers take `?host=` over the host of the URL.
    if (rest.includes('?')) return undefined;
  }
  // Parsers that end the authority at `/` only find the host behind a later `@`.
  if (rest !== '' && !rest.startsWith('/') && rest.includes('@')) return undefined;
  // Also leaves no credentials: neither a host nor a port holds `@`.
  const hostEnd = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':');
  const [host, port] =
    hostEnd < 0 ? [authority, ''] : [authority.slice(0, hostEnd), authority.slice(hostEnd)];
  if (!portPattern.test(port) || Number(port.slice(1)) > 65_535) return undefined;
  return canonicalHost(host);
}

/** The one spelling of a host, or `undefined` for a text that not every parser takes for this host. */
function canonicalHost(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (lower.length > 254 || lower.length !== text.length) return undefined;
  if (ipv6Pattern.test(lower)) return parsedHost(lower);
  const host = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  if (host.length > 253 || !namePattern.test(host)) return undefined;
  if (numericLabel.test(host)) {
    // 0177.0.0.1, 2130706433, 0x7f.1, 127.1 and, for some, 127.0.0.1. are addresses.
    return ipv4Pattern.test(lower) ? lower : undefined;
  }
  // Also throws out punycode that does not decode, or decodes to plain ASCII.
  return parsedHost(host) === host ? host : undefined;
}

function parsedHost(host: string): string | undefined {
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || ipv4Pattern.test(host);
}
