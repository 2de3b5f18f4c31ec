import { type Node, parseTree } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { RawSession } from '../support/rawClient';
import { startGateway, type TestGateway } from '../support/testGateway';

// Bytes that the gateway might read as one thing and the server as another (CVE-2026-27896: keys
// matched whatever their case), or that it might pass on without having read them: what is not one
// well-formed message goes nowhere, and what goes on is the text of the object that was judged.

const policy = { default: 'allow' };
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** The methods that the server has been sent since its session began. */
function reached(gateway: TestGateway): unknown[] {
  return gateway.received().slice(2);
}

describe('a message that is too large', () => {
  const most = 100_000;
  const large = ping.replace('"ping"', `"ping","params":{"x":"${'y'.repeat(most)}"}`);

  it('is refused with 413 when its length is declared', async () => {
    const gateway = await startGateway({ policy, mostBytes: most });
    const session = await RawSession.open(gateway);
    expect((await session.post(large)).status).toBe(413);
    expect((await session.post(ping)).status).toBe(200);
    expect(reached(gateway)).toHaveLength(1);
  });

  it('is refused with 413 when it comes in chunks of unknown length', async () => {
    const gateway = await startGateway({ policy, mostBytes: most });
    const session = await RawSession.open(gateway);
    const chunks = Array.from({ length: 11 }, (_, at) =>
      large.slice(at * 10_000, (at + 1) * 10_000),
    );
    expect((await session.post(chunks)).status).toBe(413);
    expect((await session.post([ping.slice(0, 9), ping.slice(9)])).status).toBe(200);
    expect(reached(gateway)).toHaveLength(1);
  });

  it('is refused with 413 even when its sender goes on for long', async () => {
    const gateway = await startGateway({ policy, mostBytes: most });
    const session = await RawSession.open(gateway);
    const chunks = Array.from({ length: 400 }, () => 'z'.repeat(50_000));
    expect((await session.post(chunks)).status).toBe(413);
    expect((await session.post(chunks.join(''))).status).toBe(413);
  });

  it('is let through when it is just small enough', async () => {
    const gateway = await startGateway({ policy, mostBytes: Buffer.byteLength(large) });
    const session = await RawSession.open(gateway);
    expect((await session.post(large)).status).toBe(200);
  });
});

const call = (params: string): string =>
  `{"jsonrpc":"2.0","id":5,"method":"tools/call","params":${params}}`;

describe('a message that two readers could understand differently, or not at all', () => {
  it.each([
    ['a batch', `[${ping},${call('{"name":"read_file"}')}]`, -32600],
    ['an empty batch', '[]', -32600],
    ['no JSON', '{"jsonrpc":', -32700],
    ['two messages', `${ping}${ping}`, -32700],
    ['two messages on two lines', `${ping}\n${ping}`, -32700],
    ['nothing', '', -32700],
    ['a string', '"ping"', -32600],
    ['a NUL character', `${ping}\0`, -32700],
    ['a raw line feed in a string', '{"jsonrpc":"2.0","id":1,"method":"pi\nng"}', -32700],
    ['a byte-order mark', `\ufeff${ping}`, -32700],
    ['a comment', `/**/${ping}`, -32700],
    [
      'invalid UTF-8',
      Buffer.concat([
        Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}}'),
      ]),
      -32700,
    ],
    ['UTF-16', Buffer.from(ping, 'utf16le'), -32700],
    ['another protocol version', ping.replace('2.0', '1.0'), -32600],
    ['the version as a number', ping.replace('"2.0"', '2.0'), -32600],
    ['no version', '{"id":1,"method":"ping"}', -32600],
    ['null as id', ping.replace('1,', 'null,'), -32600],
    ['a fraction as id', ping.replace('1,', '1.5,'), -32600],
    ['an object as id', ping.replace('1,', '{},'), -32600],
    ['an id beyond what is exact', ping.replace('1,', '9007199254740993,'), -32600],
    ['a method that is no string', ping.replace('"ping"', '["ping"]'), -32600],
    ['a request and a response in one', ping.replace('}', ',"result":{}}'), -32600],
    ['params as a list', call('["read_file"]'), -32602],
    ['params as a string', call('"read_file"'), -32602],
    ['params as null', call('null'), -32602],
    ['a tool call without params', call('{}'), -32602],
    ['a tool name that is no string', call('{"name":["read_file"]}'), -32602],
    ['an empty tool name', call('{"name":""}'), -32602],
    ['arguments as a list', call('{"name":"read_file","arguments":[]}'), -32602],
    ['arguments as a string', call('{"name":"read_file","arguments":"{}"}'), -32602],
    ['arguments as null', call('{"name":"read_file","arguments":null}'), -32602],
    ['the name twice', call('{"name":"read_file","name":"delete_repo"}'), -32600],
    [
      'the name twice, once escaped',
      call('{"name":"read_file","\\u006eame":"delete_repo"}'),
      -32600,
    ],
    ['the name in another case too', call('{"name":"read_file","Name":"delete_repo"}'), -32600],
    ['the method twice', ping.replace('}', ',"method":"tools/call"}'), -32600],
    ['the method in another case too', ping.replace('}', ',"METHOD":"tools/call"}'), -32600],
    [
      'params in another case too',
      `${call('{"name":"read_file"}').slice(0, -1)},"Params":{"name":"delete_repo"}}`,
      -32600,
    ],
    [
      'params with a long s, which some readers take for an s',
      `${call('{"name":"read_file"}').slice(0, -1)},"param\u017f":{"name":"delete_repo"}}`,
      -32600,
    ],
    [
      'only an "Arguments" that is not "arguments"',
      call('{"name":"read_file","Arguments":{"path":"/etc"}}'),
      -32600,
    ],
    [
      'a response with a "Method"',
      '{"jsonrpc":"2.0","id":1,"result":{},"Method":"tools/call"}',
      -32600,
    ],
    [
      'a notification with an "ID"',
      '{"jsonrpc":"2.0","ID":1,"method":"notifications/initialized"}',
      -32600,
    ],
    ['an argument twice', call('{"name":"read_file","arguments":{"path":"a","path":"b"}}'), -32600],
    [
      'an argument twice, deep inside',
      call('{"name":"read_file","arguments":{"a":[{"b":1,"b":2}]}}'),
      -32600,
    ],
    [
      'a number that is not exact',
      call('{"name":"read_file","arguments":{"n":9007199254740993}}'),
      -32600,
    ],
    ['a number beyond all', call('{"name":"read_file","arguments":{"n":1e400}}'), -32600],
    [
      'nesting deeper than any honest value',
      call(`{"name":"read_file","arguments":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`),
      -32600,
    ],
  ] as const)('%s is refused and goes nowhere', async (_, body, code) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const { messages, text } = await session.post(body);
    expect(messages, text).toMatchObject([{ jsonrpc: '2.0', error: { code } }]);
    expect((await session.post(ping)).status).toBe(200);
    expect(reached(gateway)).toEqual([{ jsonrpc: '2.0', id: 1, method: 'ping' }]);
  });

  it('is refused in little time, however much it asks the reader to do', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const zeros = '0'.repeat(500_000);
    const started = performance.now();
    for (const number of [`1${zeros}1`, `0.${zeros}1`, `1e${zeros}1`, `0.1${zeros}1${zeros}1`]) {
      const { messages } = await session.post(call(`{"name":"x","arguments":{"n":${number}}}`));
      expect(messages).toMatchObject([{ error: { code: -32600 } }]);
    }
    const deep = await session.post('['.repeat(4_000_000));
    expect(deep.messages).toMatchObject([{ error: { code: -32700 } }]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is answered under its own id where that can be read', async () => {
    const session = await RawSession.open(await startGateway({ policy }));
    const { messages } = await session.post(call('{"name":"a","name":"b"}'));
    expect(messages[0]?.id).toBe(5);
  });
});

describe('an honest message that looks unusual', () => {
  it.each([
    ['spaces and line feeds around it', ` \r\n ${ping}\n`],
    ['its keys in another order', '{"params":{},"method":"ping","id":1,"jsonrpc":"2.0"}'],
    ['escaped keys and values', '{"jsonrpc":"2.0","\\u0069d":1,"method":"p\\u0069ng"}'],
    ['a text as id', ping.replace('1,', '"one",')],
    ['unknown keys', ping.replace('}', ',"x-trace":"1"}')],
    [
      'keys that differ in case, deep in the arguments',
      call('{"name":"read_file","arguments":{"env":{"PATH":"a","Path":"b"},"Name":1}}'),
    ],
    [
      'exact numbers',
      call('{"name":"read_file","arguments":{"n":[0.1,-1,1e21,9007199254740991,1.50]}}'),
    ],
    [
      'a hundred levels',
      call(`{"name":"read_file","arguments":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`),
    ],
    [
      'arguments named like what objects have',
      call('{"name":"read_file","arguments":{"__proto__":{"a":1},"constructor":1,"toString":2}}'),
    ],
  ])('%s goes on', async (_, body) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const { status, messages } = await session.post(body);
    expect(status).toBe(200);
    expect(messages[0]?.error).toBeUndefined();
    expect(
      gateway
        .receivedLines()
        .slice(2)
        .map((line) => JSON.parse(line)),
    ).toEqual([JSON.parse(body)]);
  });

  it('goes on as the text of what was judged, on one line, not as the bytes that came', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const body = `{ "jsonrpc": "2.0",\n "id": 5, "method": "tools\\/call",\r\n "params": {"\\u006eame":"read_file","arguments":{"n":1.0,"t":"a\\u2028\\/"}} }`;
    await session.post(body);
    expect(gateway.receivedLines().slice(2)).toEqual([JSON.stringify(JSON.parse(body))]);
  });

  it('does not change what objects are when its arguments are named "__proto__"', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    await session.post(call('{"name":"read_file","arguments":{"__proto__":{"polluted":1}}}'));
    await session.post(ping.replace('}', ',"params":{"__proto__":{"polluted":1}}}'));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('what goes on, read by a server that', () => {
  type Visit = (path: readonly (string | number)[], value: unknown) => void;
  const leaves = (text: string, visit: Visit): void => {
    const walk = (node: Node, path: readonly (string | number)[]): void => {
      if (node.type === 'object') {
        for (const { children } of node.children ?? []) {
          walk(children![1]!, [...path, children![0]!.value]);
        }
      } else if (node.type !== 'array') visit(path, node.value);
    };
    walk(parseTree(text)!, []);
  };
  /** Two members with one name are both met, in their order: jsonc-parser reads them as a tree. */
  const read = (text: string, wins: 'first' | 'last', fold: (key: string) => string): unknown => {
    const met = new Map<string, unknown>();
    leaves(text, (path, value) => {
      const key = path.map((part) => fold(String(part))).join('/');
      if (wins === 'last' || !met.has(key)) met.set(key, value);
    });
    return [met.get('method'), met.get('params/name'), met.get('params/arguments/path')];
  };
  const exact = (key: string): string => key;
  const anyCase = (key: string): string => key.toLowerCase();

  it.each([
    ['takes the last of two keys', (text: string) => read(text, 'last', exact)],
    ['takes the first of two keys', (text: string) => read(text, 'first', exact)],
    ['takes keys in any case, the last', (text: string) => read(text, 'last', anyCase)],
    ['takes keys in any case, the first', (text: string) => read(text, 'first', anyCase)],
  ])('%s, is the call that was judged', async (_, reader) => {
    const gateway = await startGateway({
      policy: { default: 'deny', tools: { read_file: {} } },
    });
    const session = await RawSession.open(gateway);
    const plain = call('{"name":"read_file","arguments":{"path":"a"}}');
    const bodies = [
      plain,
      plain.replace('"name"', '"\\u006eame"'),
      plain.replace('{"name"', '{"x-name":"delete_repo","name"'),
      plain.replace('"name":"read_file"', '"name":"read_file","NAME":"delete_repo"'),
      plain.replace('"name":"read_file"', '"name":"delete_repo","name":"read_file"'),
      plain.replace('"name":"read_file"', '"Name":"delete_repo","name":"read_file"'),
      plain.replace('"method"', '"Method":"tools/list","method"'),
      plain.replace('"path":"a"', '"path":"b","path":"a"'),
      plain.replace('"arguments"', '"Arguments":{"path":"b"},"arguments"'),
    ];
    for (const body of bodies) await session.post(body);
    const lines = gateway.receivedLines().slice(2);
    // Those that every reader understands alike went on, and no other.
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(reader(line)).toEqual(['tools/call', 'read_file', 'a']);
  });
});
