import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RawSession, send } from './support/rawClient';
import { startGateway, type TestGateway } from './support/testGateway';

const policy = { default: 'allow' };
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

/** The methods that the server has been sent since its session began. */
function reached(gateway: TestGateway): unknown[] {
  return gateway.received().slice(2);
}

describe('who may speak to the listener', () => {
  it.each([
    ['no token', { authorization: undefined }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a wrong token', { authorization: `Bearer ${'A'.repeat(43)}` }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
  ])('not one with %s', async (_, headers) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const response = await session.post(ping, headers);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect((await session.post(ping)).status).toBe(200);
    expect(reached(gateway)).toEqual([{ jsonrpc: '2.0', id: 1, method: 'ping' }]);
  });

  it('not one with a part of the token, with more than it, or with it in the URL', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const { token } = gateway.gateway;
    for (const wrong of [token.slice(0, -1), `${token}x`, token.toUpperCase(), ` ${token}`]) {
      const { status } = await session.post(ping, { authorization: `Bearer ${wrong}` });
      expect(status).toBe(401);
    }
    const path = `/s/s/mcp?token=${token}&authorization=Bearer%20${token}`;
    const headers = { authorization: undefined };
    expect((await send(gateway, { path, headers, body: ping })).status).toBe(401);
    expect((await session.post(ping)).status).toBe(200);
    expect(reached(gateway)).toHaveLength(1);
  });

  it.each([
    ['another host', 'evil.test'],
    ['another host with the right port', (port: string) => `evil.test:${port}`],
    ['a name that resolves to the loopback address', (port: string) => `localhost:${port}`],
    ['a host that begins like its own', (port: string) => `127.0.0.1:${port}.evil.test`],
    ['its own address without the port', '127.0.0.1'],
    ['another port', '127.0.0.1:1'],
  ])('not one that asks for %s', async (_, host) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const { port } = new URL(gateway.gateway.origin);
    const response = await session.post(ping, {
      host: typeof host === 'string' ? host : host(port),
    });
    expect(response.status).toBe(403);
    expect((await session.post(ping)).status).toBe(200);
    expect(reached(gateway)).toHaveLength(1);
  });

  it.each(['http://evil.test', 'null', 'https://127.0.0.1', 'vscode-webview://x', ''])(
    'not a page of the origin %j',
    async (origin) => {
      const gateway = await startGateway({ policy });
      const session = await RawSession.open(gateway);
      expect((await session.post(ping, { origin })).status).toBe(403);
      expect((await session.post(ping, { origin: gateway.gateway.origin })).status).toBe(200);
      expect(reached(gateway)).toHaveLength(1);
    },
  );

  it('nobody from another address: it listens on the loopback address only', async () => {
    const gateway = await startGateway({ policy });
    const { hostname, port } = new URL(gateway.gateway.origin);
    expect(hostname).toBe('127.0.0.1');
    const refused = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: Number(port) });
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    });
    expect(refused).toBe(true);
  });

  it('nobody learns from the answer to a wrong token which servers there are', async () => {
    const gateway = await startGateway({ policy });
    const headers = { authorization: 'Bearer wrong' };
    const [known, unknown] = [
      await send(gateway, { path: '/s/s/mcp', headers, body: ping }),
      await send(gateway, { path: '/s/unknown/mcp', headers, body: ping }),
    ];
    expect(known.text).toBe(unknown.text);
    expect(known.status).toBe(unknown.status);
  });
});

describe('a request that is not MCP over HTTP', () => {
  it.each(['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE'])('%s is not allowed', async (method) => {
    const response = await send(await startGateway({ policy }), { method });
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('POST, GET, DELETE');
  });

  it.each(['/', '/mcp', '/s/unknown/mcp', '/s/s/mcp/', '/s/s/mcp?x=1', '/s//mcp', '/s/../s/s/mcp'])(
    'there is nothing at %s',
    async (path) => {
      const gateway = await startGateway({ policy });
      const initialize = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize' });
      expect((await send(gateway, { path, body: initialize })).status).toBe(404);
    },
  );

  it('needs a session: 400 without its id, 404 with one that is unknown or has ended', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const without = { 'mcp-session-id': undefined };
    const unknown = { 'mcp-session-id': '00000000-0000-0000-0000-000000000000' };
    expect((await session.post(ping, without)).status).toBe(400);
    expect((await session.post(ping, unknown)).status).toBe(404);
    for (const method of ['GET', 'DELETE']) {
      expect((await send(gateway, { method })).status).toBe(400);
      expect((await send(gateway, { method, headers: unknown })).status).toBe(404);
    }
    expect((await session.post(ping)).status).toBe(200);
    expect((await session.end()).status).toBe(200);
    expect((await session.post(ping)).status).toBe(404);
    expect((await session.end()).status).toBe(404);
  });

  it('cannot initialize a session twice', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const again = { jsonrpc: '2.0', id: 9, method: 'initialize', params: {} };
    const { status, messages } = await session.post(again);
    expect([status, messages]).toMatchObject([400, [{ id: 9, error: { code: -32600 } }]]);
    expect(reached(gateway)).toEqual([]);
  });

  it('has one stream for what the server says unasked; a second one is refused', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    session.openStream();
    await session.ask('ping');
    const headers = { 'mcp-session-id': session.sessionId };
    expect((await send(gateway, { method: 'GET', headers })).status).toBe(409);
  });

  it.each([
    ['text/plain', 415],
    ['application/jsonp', 415],
    ['application/x-www-form-urlencoded', 415],
    [undefined, 415],
    ['application/json; charset=utf-8', 200],
    ['Application/JSON', 200],
  ])('with the content type %s is answered with %i', async (type, status) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    expect((await session.post(ping, { 'content-type': type })).status).toBe(status);
    expect(reached(gateway)).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    ['application/json', 406],
    ['text/event-stream', 406],
    ['text/html', 406],
    ['application/json, text/event-stream', 200],
    ['*/*', 200],
    [undefined, 200],
  ])('that accepts %s is answered with %i', async (accept, status) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    expect((await session.post(ping, { accept })).status).toBe(status);
    expect(reached(gateway)).toHaveLength(status === 200 ? 1 : 0);
  });
});

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

describe('a method', () => {
  it.each([
    'shell/exec',
    'tools/Call',
    'tools/call ',
    'TOOLS/CALL',
    'tools//call',
    'notifications/initialized',
    'sampling/createMessage',
    'roots/list',
    'elicitation/create',
    '__proto__',
    'toString',
    '',
  ])('%j is not known as a request of a client: it is refused and goes nowhere', async (method) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const answer = await session.ask(method, { name: 'read_file', arguments: {} });
    expect(answer.error?.code).toBe(-32601);
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it.each([
    'tools/call',
    'initialize',
    'ping',
    'notifications/tools/list_changed',
    'notifications/vendor',
    'notifications/Initialized',
  ])('%s without an id is dropped without an answer', async (method) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const params = { name: 'delete_repo', arguments: {} };
    const { status, text } = await session.post({ jsonrpc: '2.0', method, params });
    expect([status, text]).toEqual([202, '']);
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it.each(['notifications/progress', 'notifications/roots/list_changed'])(
    '%s of a client goes on',
    async (method) => {
      const gateway = await startGateway({ policy });
      const session = await RawSession.open(gateway);
      await session.send({ jsonrpc: '2.0', method, params: { a: 1 } });
      await session.ask('ping');
      expect(reached(gateway)).toMatchObject([{ method, params: { a: 1 } }, { method: 'ping' }]);
    },
  );

  it('answers nothing that the server has not asked', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    await session.send({ jsonrpc: '2.0', id: 1, result: { roots: [] } });
    await session.send({ jsonrpc: '2.0', id: 'x', error: { code: 1, message: 'no' } });
    await session.ask('ping');
    expect(reached(gateway)).toMatchObject([{ method: 'ping' }]);
  });

  it('is refused under an id that is still open', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    session.openCall('same', 'hold');
    await expect.poll(() => gateway.callsOf()).toEqual(['hold']);
    const { messages } = await session.post({ jsonrpc: '2.0', id: 'same', method: 'ping' });
    expect(messages).toMatchObject([{ id: 'same', error: { code: -32600 } }]);
    await session.call('release');
  });
});

describe('the token', () => {
  it('differs from gateway to gateway and is long enough not to be guessed', async () => {
    const [one, other] = [await startGateway(), await startGateway()];
    expect(one.gateway.token).not.toBe(other.gateway.token);
    expect(Buffer.from(one.gateway.token, 'base64url')).toHaveLength(32);
  });

  it('stands in no log line, in no message to the server, and not in its environment', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    await session.call('read_file');
    await session.post(ping, { authorization: 'Bearer wrong' });
    await session.post('nonsense');
    await session.end();
    const { token } = gateway.gateway;
    expect(gateway.log.join('\n')).not.toContain(token);
    expect(gateway.receivedLines().join('\n')).not.toContain(token);
    expect(JSON.stringify(process.env)).not.toContain(token);
    expect(process.argv.join(' ')).not.toContain(token);
  });
});
