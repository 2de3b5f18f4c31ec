import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RawSession, send } from '../support/rawClient';
import { startGateway, type TestGateway } from '../support/testGateway';

// A port on the loopback address is open to every web page and program of the machine: DNS rebinding
// (CVE-2025-66414, CVE-2025-66416, CVE-2026-34742, CVE-2025-64443) and listeners that asked for
// nothing (CVE-2025-49596, CVE-2026-81094, CVE-2026-23744).

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
