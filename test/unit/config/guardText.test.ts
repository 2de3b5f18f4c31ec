import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/configError';
import { serverTexts, withoutServers, withServers } from '../../../src/config/guardText';

const tidy = `{
  // The servers of this team.
  "inputs": [],

  "servers": { // keep sorted
    // Repositories.
    // Read only.
    "github": {
      "command": "npx", // by hand
    }, // asks for a token

    /* Files. */
    "files": { "command": "fs" },
    "web": { "url": "https://x.test/mcp" } // last
    // The end.
  }
}
`;

describe('taking servers out', () => {
  it('takes the comments above and beside a server with it, and nothing else', () => {
    expect(withoutServers(tidy, ['github'])).toBe(`{
  // The servers of this team.
  "inputs": [],

  "servers": { // keep sorted

    /* Files. */
    "files": { "command": "fs" },
    "web": { "url": "https://x.test/mcp" } // last
    // The end.
  }
}
`);
  });

  it('takes the comma before the last server as well', () => {
    expect(withoutServers(tidy, ['web', 'files'])).toContain(`
    } // asks for a token

    // The end.
  }
`);
  });

  it('leaves an empty object, with the comments that belong to no server', () => {
    expect(withoutServers(tidy, ['web', 'files', 'github'])).toContain(
      '"servers": { // keep sorted\n\n    // The end.\n  }',
    );
  });

  const layouts: readonly (readonly [what: string, before: string, after: string])[] = [
    ['one line', '{"servers":{"a":{},"b":{}}}', '{"servers":{"a":{}}}'],
    ['spaces', '{ "servers": { "a": {}, "b": {} } }', '{ "servers": { "a": {} } }'],
    ['a trailing comma stays', '{"servers":{"a":{},"b":{},}}', '{"servers":{"a":{},}}'],
    ['comma first', '{"servers":{\n  "a": {}\n, "b": {}\n}}', '{"servers":{\n  "a": {}\n \n}}'],
    ['CRLF', '{"servers":{\r\n"a":{},\r\n"b":{}\r\n}}', '{"servers":{\r\n"a":{}\r\n}}'],
    [
      'a comment leads on one line',
      '{"servers":{"a":{}, /* b */ "b":{}}}',
      '{"servers":{"a":{} }}',
    ],
    ['a comment before the brace', '{"servers":{"a":{},"b":{} /* b */}}', '{"servers":{"a":{}}}'],
    [
      'a blank line parts a comment from a server',
      '{"servers":{\n"a":{},\n// all\n\n// b\n"b":{}\n}}',
      '{"servers":{\n"a":{}\n// all\n\n}}',
    ],
    ['an escaped label', '{"servers":{"a":{},"\\u0062":{}}}', '{"servers":{"a":{}}}'],
    ['a byte order mark', '\uFEFF{"servers":{"a":{},"b":{}}}', '\uFEFF{"servers":{"a":{}}}'],
    ['no such server', '{"servers":{"a":{}}}', '{"servers":{"a":{}}}'],
    ['no servers', '{"inputs":[]}', '{"inputs":[]}'],
    ['an empty file', '', ''],
  ];
  it.each(layouts)('works in every layout: %s', (_, before, after) => {
    expect(withoutServers(before, ['b'])).toBe(after);
  });

  const refused: readonly (readonly [what: string, text: string, code: string])[] = [
    ['a syntax error', '{"servers":{"a":}}', 'invalidFile'],
    ['text after the end', '{"servers":{}} x', 'invalidFile'],
    ['an unclosed comment', '{"servers":{}} /*', 'invalidFile'],
    ['a list', '[]', 'invalidFile'],
    ['servers that are a list', '{"servers":[]}', 'invalidFile'],
    ['two "servers"', '{"servers":{},"servers":{}}', 'invalidFile'],
    ['a label twice', '{"servers":{"a":{},"\\u0061":{}}}', 'duplicateLabel'],
    ['nesting that overflows the stack', '['.repeat(100_000), 'invalidFile'],
  ];
  it.each(refused)('refuses %s', (_, text, code) => {
    expect(() => withoutServers(text, ['a'])).toThrow(
      expect.objectContaining({ constructor: ConfigError, code }),
    );
  });
});

describe('putting servers in', () => {
  const github = serverTexts(tidy).get('github')!;

  it('finds the old place among the siblings that are left', () => {
    const without = withoutServers(tidy, ['files']);
    const files = serverTexts(tidy).get('files')!;
    const order = ['github', 'files', 'web'];
    expect(withServers(without, [files], order)).toBe(tidy);
    const alone = withServers('{"servers":{"web":{}}}', [files], order);
    expect([...serverTexts(alone).keys()]).toEqual(['files', 'web']);
  });

  const targets: readonly (readonly [what: string, text: string, after: string])[] = [
    [
      'no file',
      '',
      '{\n\t"servers": {\n\t\t// Repositories.\n\t\t// Read only.\n\t\t"github": {\n\t\t  "command": "npx", // by hand\n\t\t} // asks for a token\n\t}\n}\n',
    ],
    [
      'no "servers", in another indentation and with CRLF',
      '{\r\n    "inputs": [] // none\r\n}\r\n',
      '{\r\n    "inputs": [], // none\r\n    "servers": {\r\n        // Repositories.\r\n        // Read only.\r\n        "github": {\r\n          "command": "npx", // by hand\r\n        } // asks for a token\r\n    }\r\n}\r\n',
    ],
    [
      'one line with a server',
      '{ "servers": { "web": {} } }',
      '{ "servers": { "web": {},\n// Repositories.\n// Read only.\n"github": {\n  "command": "npx", // by hand\n} // asks for a token\n } }',
    ],
  ];
  it.each(targets)('keeps its comments and stays valid: %s', (_, text, after) => {
    const result = withServers(text, [github], []);
    expect(result).toBe(after);
    const { body, trail } = serverTexts(result).get('github')!;
    expect(body).toContain('// Repositories.');
    expect(trail).toBe('// asks for a token');
  });

  it('is undone by taking them out again', () => {
    expect(
      withoutServers(withServers(tidy, [{ ...github, label: 'x', body: '"x": {}' }], []), ['x']),
    ).toBe(tidy);
  });
});
