import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Launch } from '../../src/config/launch';
import { openStateless, statelessPost } from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';
import { until } from './support/waiting';

const policy = { default: 'allow' };
const result = { content: [{ type: 'text', text: 'done' }] };

type Reply = (response: ServerResponse, id: number, request: IncomingMessage) => void;

interface HttpServer {
  readonly origin: string;
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
}

/** Discovers honestly, and answers calls as the test says. */
async function serve(reply: Reply): Promise<HttpServer> {
  const requests: HttpServer['requests'] = [];
  const server = createServer(async (request, response) => {
    requests.push({ url: request.url!, headers: request.headers });
    let body = '';
    for await (const chunk of request) body += chunk;
    const { id, method } = JSON.parse(body);
    if (method !== 'server/discover') return reply(response, id, request);
    json(response, { jsonrpc: '2.0', id, result: { supportedVersions: ['2026-07-28'] } });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function json(response: ServerResponse, message: object | string, status = 200): void {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

function stream(response: ServerResponse, ...events: string[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) response.write(event);
  return response;
}

async function gatewayTo(origin: string): Promise<TestGateway> {
  const launch: Launch = { type: 'http', url: `${origin}/mcp`, headers: { 'X-Secret': 's3cret' } };
  return startGateway({ policy, servers: { s: { launch: async () => launch } } });
}

const call = (gateway: TestGateway) =>
  statelessPost(gateway, { id: 'c', method: 'tools/call', params: { name: 't', arguments: {} } });

describe('a server over HTTP', () => {
  const event = (message: object) => `data: ${JSON.stringify(message)}\n\n`;
  const honest: [string, Reply][] = [
    ['in plain JSON', (response, id) => json(response, { jsonrpc: '2.0', id, result })],
    [
      'in JSON over several lines',
      (response, id) =>
        json(response, JSON.stringify({ jsonrpc: '2.0', id, result }, null, '\r\n')),
    ],
    [
      'in an event stream that stays open',
      (response, id) => stream(response, ': hello\n\n', event({ jsonrpc: '2.0', id, result })),
    ],
    [
      'in an event of several lines, in pieces',
      (response, id) => {
        stream(response, `id: 1\r\ndata: {"jsonrpc": "2.0",\r\ndata: "id": ${id},`);
        response.end(`"result": ${JSON.stringify(result)}}\r\n\r\n`);
      },
    ],
    [
      'after what is no message, and the answer to another',
      (response, id) =>
        stream(
          response,
          'data: {\n\n',
          'data: []\n\n',
          event({ jsonrpc: '2.0', id: 'x', result }),
          event({ jsonrpc: '2.0', id: 'ask', method: 'elicitation/create' }),
          event({ jsonrpc: '2.0', id, result }),
        ),
    ],
  ];
  it.each(honest)('may answer %s', async (_, reply) => {
    const { messages, status } = await call(await gatewayTo((await serve(reply)).origin));
    expect(status).toBe(200);
    expect(messages).toEqual([{ jsonrpc: '2.0', id: 'c', result }]);
  });

  it('keeps the digits of its numbers', async () => {
    const { origin } = await serve((response, id) => {
      json(response, `{"jsonrpc":"2.0",\n"id":${id},"result":{"n":12345678901234567890}}`);
    });
    const { text } = await call(await gatewayTo(origin));
    expect(text).toBe('{"jsonrpc":"2.0", "id":"c","result":{"n":12345678901234567890}}');
  });

  const broken: [string, Reply, string][] = [
    [
      'ends its stream',
      (response) => void stream(response, ': hello\n\n').end(),
      'It ended its answer before the result.',
    ],
    [
      'cuts its stream',
      (response) => void stream(response, ': hello\n\n', 'data: {').destroy(),
      'It cannot be reached',
    ],
    ['answers with no message', (response) => json(response, '{}'), 'It answered with something'],
    [
      'answers another request',
      (response) => json(response, { jsonrpc: '2.0', id: 99, result }),
      'It answered with something else.',
    ],
    ['answers with status 401', (response) => json(response, '', 401), 'It asks for a sign-in'],
    ['answers with status 500', (response) => json(response, '<html>', 500), 'HTTP status 500'],
  ];
  it.each(broken)('that %s leaves its agent with an error', async (_, reply, reason) => {
    const gateway = await gatewayTo((await serve(reply)).origin);
    const { messages } = await call(gateway);
    expect(messages).toMatchObject([{ id: 'c', error: { code: -32010 } }]);
    expect(messages[0]?.error?.message).toContain(reason);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['lost']);
  });

  it('is heard when it refuses with an error of the protocol', async () => {
    const error = { code: -32021, message: 'needs sampling', data: { requiredCapabilities: {} } };
    const { origin } = await serve((response) => {
      json(response, { jsonrpc: '2.0', id: null, error }, 400);
    });
    const { status, messages } = await call(await gatewayTo(origin));
    expect([status, messages]).toEqual([400, [{ jsonrpc: '2.0', id: 'c', error }]]);
  });

  it('is left when its client leaves', async () => {
    let left = false;
    const { origin, requests } = await serve((response) => {
      response.on('close', () => {
        left = true;
      });
    });
    const gateway = await gatewayTo(origin);
    const params = { name: 't', arguments: {} };
    const open = openStateless(gateway, { id: 'c', method: 'tools/call', params });
    await until(() => requests.length === 2);
    open.cut();
    await until(() => left);
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });
});

describe('a redirect', () => {
  it('within the origin is followed, with the body', async () => {
    const { origin } = await serve((response, id, { url }) => {
      if (url === '/mcp/') json(response, { jsonrpc: '2.0', id, result });
      else response.writeHead(307, { location: '/mcp/' }).end();
    });
    expect((await call(await gatewayTo(origin))).messages[0]?.result).toEqual(result);
  });

  it('to another origin is not: the headers hold secrets', async () => {
    const other = await serve((response, id) => json(response, { jsonrpc: '2.0', id, result }));
    const { origin } = await serve((response) => {
      response.writeHead(308, { location: `${other.origin}/mcp` }).end();
    });
    const { messages } = await call(await gatewayTo(origin));
    expect(messages[0]?.error?.message).toContain('HTTP status 308');
    expect(other.requests).toEqual([]);
  });

  it('for ever is not', async () => {
    const { origin, requests } = await serve((response) => {
      response.writeHead(307, { location: '/mcp' }).end();
    });
    expect((await call(await gatewayTo(origin))).messages[0]?.error?.code).toBe(-32010);
    expect(requests).toHaveLength(5);
  });
});

describe('a server over HTTP that cannot be reached, or that wants a sign-in', () => {
  it.each([401, 429, 503])('(status %i) is not taken for an older one', async (status) => {
    let refusing = true;
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { id } = JSON.parse(body);
      if (refusing) response.writeHead(status).end();
      else json(response, { jsonrpc: '2.0', id, result: { ...result, supportedVersions: [] } });
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const gateway = await gatewayTo(`http://127.0.0.1:${port}`);
    const failed = await call(gateway);
    expect(failed.messages[0]?.error?.code).toBe(-32010);
    expect(gateway.gateway.stateOf('s')).toMatchObject({ kind: 'failed' });
    expect(gateway.records).toEqual([]);
    refusing = false;
    expect((await call(gateway)).messages[0]?.result).toMatchObject(result);
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'running' });
  });
});
