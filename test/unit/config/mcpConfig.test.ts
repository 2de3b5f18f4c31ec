import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutServers } from '../../../src/config/guardText';
import { type McpConfigShape, parseMcpConfig } from '../../../src/config/mcpConfig';
import { randomConfig } from './randomConfig';

describe('reading mcp.json', () => {
  it('gives entries with their defaults, and keeps every key that it does not know', () => {
    const { servers, inputs, problems } = parseMcpConfig(`\uFEFF{
      // JSON with comments
      "inputs": [
        { "type": "promptString", "id": "t", "password": true, "later": 1 },
        { "type": "pickString", "id": "p", "options": ["x", { "label": "Y", "value": "y" }] },
        { "type": "command", "id": "c", "command": "ext.get", "args": {} },
      ],
      "sandbox": {},
      "servers": {
        "local": { "command": "npx", "env": { "N": 1, "D": null }, "gallery": "g" },
        "remote": { "url": "https://x.test" },
        "old": { "type": "sse", "url": "https://y.test", "headers": { "A": "b" } },
      },
    }`);
    expect(problems).toEqual([]);
    expect(inputs.map(({ type, id }) => [type, id])).toEqual([
      ['promptString', 't'],
      ['pickString', 'p'],
      ['command', 'c'],
    ]);
    expect(servers.map(({ entry }) => entry)).toEqual([
      {
        type: 'stdio',
        command: 'npx',
        args: [],
        env: { N: 1, D: null },
        raw: { command: 'npx', env: { N: 1, D: null }, gallery: 'g' },
      },
      { type: 'http', url: 'https://x.test', headers: {}, raw: { url: 'https://x.test' } },
      expect.objectContaining({ type: 'sse', url: 'https://y.test', headers: { A: 'b' } }),
    ]);
  });

  it('gives the spans of a key and of a member with its comments', () => {
    const text = '{"servers": {\r\n  // one\r\n  "a": {"command": "x"}, // two\r\n}}';
    const [server] = parseMcpConfig(text).servers;
    expect(text.slice(server!.key.start, server!.key.end)).toBe('"a"');
    expect(text.slice(server!.member.start, server!.member.end)).toBe(
      '// one\r\n  "a": {"command": "x"}, // two',
    );
  });

  const wrong: readonly (readonly [text: string, code: string, at: string, message: RegExp])[] = [
    ['{"servers": {"a": {"command": "x"}}', 'syntax', '', /Close brace expected/],
    ['[]', 'notAnObject', '[]', /must hold an object/],
    ['{"servers": []}', 'notAnObject', '[]', /must be an object/],
    ['{"servers": {"a": 1}}', 'notAnObject', '1', /must be an object/],
    ['{"servers": {"a": {}}}', 'noCommandOrUrl', '"a"', /"command".*"url"/],
    ['{"servers": {"a": {"type": "ws", "url": "x"}}}', 'unknownType', '"ws"', /not "ws"/],
    ['{"servers": {"a": {"type": "http", "command": "x"}}}', 'invalidValue', '{"type"', /^url: /],
    ['{"servers": {"a": {"command": ""}}}', 'invalidValue', '""', /^command: /],
    ['{"servers": {"a": {"command": "x", "args": "y"}}}', 'invalidValue', '"y"', /^args: /],
    ['{"servers": {"a": {"command": "x", "args": ["y", 2]}}}', 'invalidValue', '2', /^args\.1: /],
    ['{"servers": {"a": {"command": "x", "env": {"K": []}}}}', 'invalidValue', '[]', /^env\.K: /],
    ['{"servers": {"a": {"url": "x", "headers": {"K": 1}}}}', 'invalidValue', '1', /^headers\.K: /],
    ['{"servers": {"a": {"url": "x", "oauth": 1}}}', 'invalidValue', '1', /^oauth: /],
    [
      '{"servers": {"a": {"url": "x", "oauth": {"clientId": ""}}}}',
      'invalidValue',
      '""',
      /^oauth\./,
    ],
    ['{"servers": {}, "servers": {}}', 'duplicateKey', '"servers": {}}', /only the last/],
    [
      '{"servers": {"a": {"url": "x"}, "a": {"url": "y"}}}',
      'duplicateKey',
      '"a": {"url": "y',
      /twice/,
    ],
    ['{"inputs": {}}', 'invalidInput', '{}', /must be a list/],
    ['{"inputs": [{"type": "other", "id": "x"}]}', 'invalidInput', '"other"', /^type: /],
    ['{"inputs": [{"type": "promptString"}]}', 'invalidInput', '{"type"', /^id: /],
  ];
  it.each(wrong)('reports %s as %s', (text, code, at, message) => {
    const { problems } = parseMcpConfig(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(text.slice(problems[0]!.offset).startsWith(at)).toBe(true);
  });

  it('reports all problems at once, by line and column', () => {
    const { problems } = parseMcpConfig('{"servers": {\r\n  "a": 1,\n\t"b": {}\r}, "inputs": 2}');
    expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['notAnObject', 2, 8],
      ['noCommandOrUrl', 3, 2],
      ['invalidInput', 4, 14],
    ]);
  });

  it('takes a label from Object.prototype for what it is: a label', () => {
    const { servers } = parseMcpConfig(
      '{"servers": {"__proto__": {"command": "x", "__proto__": {"polluted": true}}, "toString": {"url": "y"}}}',
    );
    expect(servers.map(({ label, entry }) => [label, entry?.type])).toEqual([
      ['__proto__', 'stdio'],
      ['toString', 'http'],
    ]);
    expect(servers[0]!.entry).not.toHaveProperty('polluted');
    expect(Object.keys(servers[0]!.entry!.raw)).toEqual(['command', '__proto__']);
  });

  it.each(['', ' \n', '\uFEFF'])('finds nothing wrong with an empty file (%j)', (text) => {
    expect(parseMcpConfig(text)).toEqual({ servers: [], inputs: [], problems: [] });
  });

  it.each(['[', '{"servers":{"a":'])('never overflows the stack (%j, often)', (piece) => {
    const { problems } = parseMcpConfig(piece.repeat(100_000));
    expect(problems).toMatchObject([{ message: 'The file is nested too deeply.' }]);
  });

  const shapes: readonly (readonly [what: string, shape: McpConfigShape, text: string])[] = [
    ['.mcp.json', 'mcpServers', '{"mcpServers": {"a": {"command": "x"}}}'],
    ['a bare map', 'mcpServers', '{"$schema": "s", "a": {"command": "x"}}'],
    [
      'a workspace file',
      'workspaceFile',
      '{"folders": [], "settings": {"mcp": {"servers": {"a": {"command": "x"}}}}}',
    ],
  ];
  it.each(shapes)('reads the shape of %s', (_, shape, text) => {
    const { servers, problems } = parseMcpConfig(text, shape);
    expect(servers.map(({ label }) => label)).toEqual(['a']);
    expect(problems).toEqual([]);
  });
});

describe('a file that is being typed', () => {
  it('is not read beyond its end where a string is not closed', () => {
    const text = '{"servers": {"a": {"command": "npx", "args": ["}}';
    expect(parseMcpConfig(text).servers[0]!.member).toEqual({ start: 13, end: text.length });
  });

  it('never makes the reader throw or point outside the text', () => {
    fc.assert(
      fc.property(randomConfig, fc.nat(), fc.string({ maxLength: 3 }), (config, at, typed) => {
        const cut = at % (config.text.length + 1);
        for (const text of [
          config.text.slice(0, cut) + typed,
          config.text.slice(0, cut) + typed + config.text.slice(cut),
        ]) {
          const { servers, problems } = parseMcpConfig(text);
          for (const { start, end } of servers.flatMap(({ key, member }) => [key, member])) {
            expect(0 <= start && start < end && end <= text.length).toBe(true);
          }
          for (const { offset, length, line, column } of problems) {
            expect(offset >= 0 && length >= 0 && offset + length <= text.length + 1).toBe(true);
            expect(line >= 1 && column >= 1).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a large file', () => {
  const entry = { command: 'npx', args: ['-y', 'x'.repeat(4900)], env: { A: '1' } };
  const servers = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s${i}`, entry]));
  const text = JSON.stringify({ servers }, null, 2);

  it('of 5 MB and 1,000 servers is read and edited within a second each', () => {
    expect(text.length).toBeGreaterThan(5_000_000);
    const start = performance.now();
    expect(parseMcpConfig(text).servers).toHaveLength(1000);
    const parsed = performance.now();
    withoutServers(text, ['s500']);
    const edited = performance.now();
    expect(parsed - start).toBeLessThan(1000);
    expect(edited - parsed).toBeLessThan(1000);
  });
});
