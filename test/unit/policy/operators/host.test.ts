import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHostOf, isHostPattern } from '../../../../src/policy/operators/host';

const unclear = undefined as boolean | undefined;
const patterns = ['api.example.com', '*.trusted.example', '127.0.0.1', '[::1]', '[2001:db8::1]'];

describe('an honest URL', () => {
  it.each([
    ['https://api.example.com/v1/users', true, 'the host itself'],
    ['https://api.example.com', true, 'without a path'],
    ['https://API.Example.COM/', true, 'case does not matter'],
    ['HTTPS://api.example.com/', true, 'nor does that of the scheme'],
    ['https://api.example.com./', true, 'a trailing dot is dropped'],
    ['https://api.example.com:8443/', true, 'ports do not matter'],
    ['http://api.example.com:80?x=1', true, 'a query right after the port'],
    ['https://api.example.com#top', true, 'a fragment right after the host'],
    ['https://api.example.com/@scope/name', true, '"@" in the path is no credential'],
    ['https://api.example.com/?q=https://evil.test', true, 'another URL in the query'],
    ['https://api.example.com/über', true, 'letters beyond ASCII in the path'],
    ['wss://api.example.com/socket', true, 'a WebSocket'],
    ['ssh://api.example.com/repo.git', true, 'another scheme with a host'],
    ['postgres://api.example.com:5432/db', true, 'a database'],
    ['https://a.trusted.example/', true, 'a subdomain'],
    ['https://a.b.trusted.example/', true, 'a deeper subdomain'],
    ['http://127.0.0.1:3000/', true, 'an IPv4 address'],
    ['http://[::1]:3000/', true, 'an IPv6 address'],
    ['http://[0:0:0:0:0:0:0:1]/', true, 'the same address, written out'],
    ['http://[2001:DB8::1]/', true, 'an address in capitals'],
    ['https://www.example.com/', false, 'another host'],
    ['https://example.com/', false, 'the parent of the host'],
    ['https://trusted.example/', false, 'the apex is no subdomain of itself'],
    ['https://my_service.internal/', false, 'an underscore'],
    ['https://r3---sn.example.org/', false, 'hyphens in a row'],
    ['https://xn--bcher-kva.example/', false, 'punycode is a host as any'],
  ])('%j: %s, %s', (url, expected) => {
    expect(isHostOf(url, patterns)).toBe(expected);
  });
});

describe('a hostile URL', () => {
  it.each([
    ['https://api.example.com.evil.test/', false, 'the host as the start of another'],
    ['https://evilapi.example.com/', false, 'the host as the end of another'],
    ['https://eviltrusted.example/', false, 'a subdomain needs its dot'],
    ['https://evil.test/api.example.com', false, 'the host in the path'],
    ['https://evil.test/?https://api.example.com/', false, 'the host in the query'],
    ['https://evil.test#.trusted.example', false, 'the host in the fragment'],
    ['https://api.example.com-evil.test/', false, 'the host before a hyphen'],
    ['https://api-example.com/', false, '"." is not any character'],
    ['https://user@api.example.com/', unclear, 'credentials'],
    ['https://user:pass@api.example.com/', unclear, 'credentials with a password'],
    ['https://@api.example.com/', unclear, 'empty credentials'],
    ['https://api.example.com@evil.test/', unclear, 'the host as a user'],
    ['https://api.example.com:443@evil.test/', unclear, 'the host and port as credentials'],
    ['https://api.example.com%40evil.test/', unclear, 'an encoded "@"'],
    ['https://evil.test#@api.example.com/', unclear, '"@" behind a fragment'],
    ['https://api.example.com?@evil.test/', unclear, '"@" behind a query'],
    ['https://api.example.com\\@evil.test/', unclear, 'a backslash ends the host for some'],
    ['https://evil.test\\.trusted.example/', unclear, 'a backslash before the suffix'],
    ['https:\\\\api.example.com/', unclear, 'backslashes for slashes'],
    ['https://api.example.com/a\\b', unclear, 'a backslash in the path'],
    [' https://api.example.com/', unclear, 'a space before'],
    ['https://api.example.com/ ', unclear, 'a space after'],
    ['https://api.example.com/ https://evil.test/', unclear, 'two URLs'],
    ['https://api.exam\tple.com/', unclear, 'a tab, which browsers drop'],
    ['https://evil.test\n.trusted.example/', unclear, 'a newline inside of the host'],
    ['https://api.example.com/\r\nHost: evil.test', unclear, 'a header smuggled in'],
    ['https://api.example.com\u0000.evil.test/', unclear, 'a NUL ends strings for some'],
    ['https://api.example.com\u00a0/', unclear, 'a no-break space'],
    ['https://api.example.com/\u2028', unclear, 'a line separator'],
    ['https://api\u200b.example.com/', unclear, 'a zero-width space'],
    ['https://api.%65xample.com/', unclear, 'a percent-encoded host'],
    ['https://api.example.com%2eevil.test/', unclear, 'an encoded dot'],
    ['https://evil.test%2f.trusted.example/', unclear, 'an encoded slash'],
    ['https://evil.test%00.trusted.example/', unclear, 'an encoded NUL'],
    ['https://аpi.example.com/', unclear, 'a Cyrillic letter'],
    ['https://api。example。com/', unclear, 'ideographic full stops'],
    ['https://ａpi.example.com/', unclear, 'a fullwidth letter'],
    ['https://api.example.com／.evil.test/', unclear, 'a fullwidth slash'],
    ['https://evil.test℀.trusted.example/', unclear, 'a character that folds to "a/c"'],
    ['https://faß.trusted.example/', unclear, 'a letter that IDNA versions map differently'],
    ['https://xn--a.trusted.example/', unclear, 'punycode that decodes to nothing'],
    ['https://xn--api-.trusted.example/', unclear, 'punycode for plain ASCII'],
    ['//api.example.com/', unclear, 'no scheme'],
    ['api.example.com/', unclear, 'no scheme, no slashes'],
    ['api.example.com', unclear, 'only a host'],
    ['api.example.com:443', unclear, 'a host that looks like a scheme'],
    ['https:api.example.com/', unclear, 'no slashes'],
    ['https:/api.example.com/', unclear, 'one slash'],
    ['https:///api.example.com/', unclear, 'three slashes'],
    ['https:////evil.test/', unclear, 'four slashes'],
    ['https://', unclear, 'no host'],
    ['https://:443/', unclear, 'only a port'],
    ['', unclear, 'nothing'],
    ['mailto:me@api.example.com', unclear, 'a scheme without hosts'],
    ['javascript://api.example.com/%0aalert(1)', unclear, 'a comment, not a host'],
    ['data://api.example.com/', unclear, 'data'],
    ['file://api.example.com/share', unclear, 'a file share'],
    ['blob:https://api.example.com/x', unclear, 'a URL in a URL'],
    ['view-source:https://api.example.com/', unclear, 'another URL in a URL'],
    ['postgres://api.example.com/db?host=evil.test', unclear, 'the driver takes the other host'],
    ['mongodb://api.example.com,evil.test/', unclear, 'two hosts'],
    ['http://2130706433/', unclear, 'IPv4 as one number'],
    ['http://0x7f000001/', unclear, 'IPv4 in hexadecimal'],
    ['http://0x7f.0.0.1/', unclear, 'a hexadecimal byte'],
    ['http://0177.0.0.1/', unclear, 'an octal byte, decimal for others'],
    ['http://127.0.0.01/', unclear, 'a leading zero'],
    ['http://127.1/', unclear, 'IPv4 cut short'],
    ['http://127.0.0.1./', unclear, 'an address with a dot, a name for some'],
    ['http://127.0.0.256/', unclear, 'a byte too large'],
    ['http://1.2.3.4.5/', unclear, 'a byte too many'],
    ['http://0/', unclear, 'zero'],
    ['http://[::ffff:127.0.0.1]/', unclear, 'IPv4 mapped to IPv6'],
    ['http://[::ffff:7f00:1]/', unclear, 'the same in hexadecimal'],
    ['http://[::127.0.0.1]/', unclear, 'IPv4-compatible'],
    ['http://[64:ff9b::7f00:1]/', unclear, 'IPv4 by NAT64'],
    ['http://[2002:7f00:1::]/', unclear, 'IPv4 by 6to4'],
    ['http://[::1%25eth0]/', unclear, 'a zone'],
    ['http://[::1%eth0]/', unclear, 'a zone, not encoded'],
    ['http://[::1].evil.test/', unclear, 'text after the brackets'],
    ['http://[::1/', unclear, 'an open bracket'],
    ['http://::1/', unclear, 'no brackets'],
    ['http://[::1]evil.test:80/', unclear, 'a host after the brackets'],
    ['https://api.example.com:/', unclear, 'an empty port'],
    ['https://api.example.com:0443/', unclear, 'a port with zeros'],
    ['https://api.example.com:99999/', unclear, 'a port too large'],
    ['https://api.example.com:80:81/', unclear, 'two ports'],
    ['https://api.example.com:a/', unclear, 'a port that is none'],
    ['https://api.example.com../', unclear, 'two trailing dots'],
    ['https://.trusted.example/', unclear, 'an empty label'],
    ['https://a..trusted.example/', unclear, 'an empty label inside'],
    ['ssh://-oProxyCommand/', unclear, 'a host that is an option'],
    ['https://api.example.com;evil.test/', unclear, 'a semicolon'],
    ['https://api.example.com,evil.test/', unclear, 'a comma'],
    ['https://*.trusted.example/', unclear, 'a pattern, not a host'],
    [`https://${'a'.repeat(64)}.trusted.example/`, unclear, 'a label too long'],
    [`https://${'a.'.repeat(130)}trusted.example/`, unclear, 'a name too long'],
  ])('%j: %s, %s', (url, expected) => {
    expect(isHostOf(url, patterns)).toBe(expected);
  });
});

it.each([
  ['example.com', true],
  ['EXAMPLE.com', true],
  ['*.example.com', true],
  ['localhost', true],
  ['10.0.0.1', true],
  ['[::1]', true],
  ['xn--bcher-kva.example', true],
  ['', false],
  ['*', false],
  ['*.', false],
  ['a.*.com', false],
  ['*example.com', false],
  ['*.*.example.com', false],
  ['*.10.0.0.1', false],
  ['*.[::1]', false],
  ['10.0.0.01', false],
  ['0x7f.1', false],
  ['::1', false],
  ['[::1%eth0]', false],
  ['bücher.example', false],
  ['https://example.com', false],
  ['example.com:443', false],
  ['example.com/path', false],
  ['user@example.com', false],
  ['exa mple.com', false],
  [' example.com', false],
  ['-example.com', false],
])('the pattern %j is valid: %s', (pattern, expected) => {
  expect(isHostPattern(pattern)).toBe(expected);
});

it('is unclear for a pattern that is none', () => {
  expect(isHostOf('https://a.test/', ['*'])).toBe(unclear);
});

describe('for any string', () => {
  const pieces = fc.constantFrom(
    ...['http', 'https', ':', '/', '//', '://', '@', '#', '?', '\\', '.', '%', '%40', '[', ']'],
    ...[
      'api.example.com',
      'evil.test',
      '*.',
      '127.0.0.1',
      '::1',
      ' ',
      '\t',
      'é',
      '0x7f',
      '80',
      '-',
    ],
  );
  const urls = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: pieces, maxLength: 12 }),
    fc.string({ unit: pieces, maxLength: 8 }).map((rest) => `https://${rest}`),
    fc.string({ unit: pieces, maxLength: 4 }).map((rest) => `https://api.example.com${rest}`),
    fc.string({ unit: pieces, maxLength: 4 }).map((host) => `https://${host}api.example.com/`),
    fc.webUrl(),
  );

  it('never throws, and holds only where the URL parser and a plain one see the same host', () => {
    fc.assert(
      fc.property(urls, (url) => {
        expect(isHostPattern(url)).toBeTypeOf('boolean');
        const truth = isHostOf(url, ['api.example.com', '*.example.com']);
        if (truth === unclear) return;
        const parsed = new URL(url);
        const host = parsed.hostname.replace(/\.$/, '').toLowerCase();
        expect(host.endsWith('.example.com')).toBe(truth);
        expect(parsed.username + parsed.password).toBe('');
        // RFC 3986, appendix B; userinfo by the last "@" of the text up to the first slash.
        const authority = /^[^:/?#]+:\/\/([^/]*)/.exec(url)?.[1] ?? '';
        const plain = authority.slice(authority.lastIndexOf('@') + 1).replace(/[?#].*$/s, '');
        expect(plain.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()).toBe(host);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes linear time', () => {
    for (const part of ['a', '.', 'a.', '@', '/', '[', ':', '%', '-', 'https://', '1.']) {
      for (const start of ['', 'https://', 'https://a']) {
        const url = start + part.repeat(Math.ceil(100_000 / part.length));
        const started = performance.now();
        isHostOf(url, patterns);
        isHostPattern(url);
        expect(performance.now() - started).toBeLessThan(2000);
      }
    }
  });
});
