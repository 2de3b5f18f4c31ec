import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RawSession, send, textOf } from './support/rawClient';
import {
  connectModern,
  revision,
  type StatelessRequest,
  statelessPost,
  statelessServer,
} from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';

const read: StatelessRequest = {
  method: 'tools/call',
  params: { name: 'read_file', arguments: {} },
};
const danger: StatelessRequest = {
  method: 'tools/call',
  params: { name: 'delete_repo', arguments: {} },
};
const encoded = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

async function start(policy: object = { default: 'allow' }): Promise<TestGateway> {
  return startGateway({ policy, servers: { s: { fixture: ['statelessPlain.mjs'] } } });
}

describe('headers that do not say what the body says', () => {
  const other = 'MCP-Protocol-Version does not match';
  const cases: [string, StatelessRequest, Record<string, string | string[] | undefined>, string][] =
    [
      ['another tool', danger, { 'mcp-name': 'read_file' }, 'Mcp-Name does not match'],
      ['another tool, encoded', danger, { 'mcp-name': encoded('read_file') }, 'Mcp-Name does not'],
      [
        'the tool in another case',
        danger,
        { 'mcp-name': 'Delete_repo' },
        'Mcp-Name does not match',
      ],
      [
        'two tools',
        danger,
        { 'mcp-name': ['read_file', 'delete_repo'] },
        'Mcp-Name does not match',
      ],
      [
        'the tool twice',
        danger,
        { 'mcp-name': ['delete_repo', 'delete_repo'] },
        'Mcp-Name does not',
      ],
      ['broken base64', danger, { 'mcp-name': '=?base64?%%%?=' }, 'Mcp-Name does not match'],
      ['no tool', danger, { 'mcp-name': undefined }, 'Mcp-Name is missing'],
      ['another method', danger, { 'mcp-method': 'tools/list' }, 'Mcp-Method does not match'],
      ['the method in another case', danger, { 'mcp-method': 'Tools/call' }, 'Mcp-Method does not'],
      ['no method', danger, { 'mcp-method': undefined }, 'Mcp-Method is missing'],
      ['another revision', danger, { 'mcp-protocol-version': '2025-11-25' }, other],
      ['no revision', danger, { 'mcp-protocol-version': undefined }, other],
      [
        'another resource',
        { method: 'resources/read', params: { uri: 'file:///x' } },
        { 'mcp-name': 'file:///y' },
        'Mcp-Name does not match',
      ],
    ];

  it.each(cases)('%s: refused before anybody looks at either', async (_, request, headers, why) => {
    const limits = [{ max: 1, window: 3600, scope: 'session' }];
    const gateway = await start({ default: 'allow', all_tools: { limits } });
    const { status, messages } = await statelessPost(gateway, request, headers as never);
    expect(status).toBe(400);
    expect(messages[0]).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(messages[0]?.error?.message).toContain(why);
    expect(gateway.records).toEqual([]);
    expect(gateway.callsOf()).toEqual([]);
    // Nothing was counted: the one call that the limit allows is still there.
    expect((await statelessPost(gateway, read)).messages[0]?.result?.isError).toBeUndefined();
    expect((await statelessPost(gateway, read)).messages[0]?.result?.isError).toBe(true);
  });

  it.each([
    ['as they are', {}],
    ['encoded', { 'mcp-name': encoded('delete_repo') }],
    ['in any case of their names', { 'mcp-name': undefined, 'MCP-NAME': 'delete_repo' }],
  ])('twin: those that do pass, %s', async (_, headers) => {
    const gateway = await start();
    const { status, messages } = await statelessPost(gateway, danger, headers);
    expect([status, messages[0]?.error]).toEqual([200, undefined]);
    expect(gateway.callsOf()).toEqual(['delete_repo']);
  });

  it('are refused inside of a session too, where no honest client sends them', async () => {
    const gateway = await startGateway({ policy: { default: 'allow' } });
    const session = await RawSession.open(gateway);
    const params = { name: 'delete_repo', arguments: {} };
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const refused = await session.post(call, { 'mcp-name': 'read_file' });
    expect([refused.status, refused.messages[0]?.error?.code]).toEqual([400, -32020]);
    expect(gateway.callsOf()).toEqual([]);
    expect(textOf((await session.post(call)).messages[0])).toBe('delete_repo done');
  });
});

describe('a body that does not say what the header says', () => {
  const post = (gateway: TestGateway, message: object, headers: Record<string, string>) =>
    send(gateway, { body: JSON.stringify({ jsonrpc: '2.0', ...message }), headers });
  const headers = { 'mcp-protocol-version': revision, 'mcp-method': 'tools/call', 'mcp-name': 'x' };
  const version = (value: unknown) => ({ 'io.modelcontextprotocol/protocolVersion': value });

  it.each([
    ['says nothing of its revision', { params: { name: 'x' } }, headers, -32602],
    [
      'says its revision in a number',
      { params: { name: 'x', _meta: version(1) } },
      headers,
      -32602,
    ],
    [
      'says an unknown revision',
      { params: { name: 'x', _meta: version('2031-01-01') } },
      { ...headers, 'mcp-protocol-version': '2031-01-01' },
      -32022,
    ],
    [
      'is a notification',
      { id: undefined, params: { name: 'x', _meta: version(revision) } },
      headers,
      -32600,
    ],
  ])('%s: refused', async (_, message, sent, code) => {
    const gateway = await start();
    const answer = await post(gateway, { id: 1, method: 'tools/call', ...message }, sent);
    expect([answer.status, answer.messages[0]?.error?.code]).toEqual([400, code]);
    expect(gateway.records).toEqual([]);
  });

  it('begins a session: refused', async () => {
    const gateway = await start();
    const sent = { 'mcp-protocol-version': revision };
    const answer = await post(gateway, { id: 1, method: 'initialize', params: {} }, sent);
    expect([answer.status, answer.messages[0]?.error?.code]).toEqual([400, -32020]);
  });

  it('names which revisions there are', async () => {
    const gateway = await start();
    const meta = version('2031-01-01');
    const sent = { 'mcp-protocol-version': '2031-01-01' };
    const { messages } = await statelessPost(gateway, { ...read, meta }, sent);
    expect(messages[0]?.error?.data).toEqual({ supported: [revision], requested: '2031-01-01' });
  });
});

describe('the headers of arguments', () => {
  const query = (region: unknown): StatelessRequest => {
    return { method: 'tools/call', params: { name: 'query', arguments: { region } } };
  };

  async function listed(): Promise<TestGateway> {
    const gateway = await start();
    await statelessPost(gateway, { method: 'tools/list' });
    return gateway;
  }

  it.each([
    ['another value', 'eu', { 'mcp-param-region': 'us' }],
    ['no value', 'eu', {}],
    ['two values', 'eu', { 'mcp-param-region': ['eu', 'eu'] }],
    ['broken base64', 'eu', { 'mcp-param-region': '=?base64?%%%?=' }],
  ])('with %s: refused', async (_, region, headers) => {
    const gateway = await listed();
    const { status, messages } = await statelessPost(gateway, query(region), headers as never);
    expect([status, messages[0]?.error?.code]).toEqual([400, -32020]);
    expect(gateway.records).toEqual([]);
  });

  it.each([
    ['the value', 'eu', { 'mcp-param-region': 'eu' }],
    ['the value, encoded', 'Köln', { 'mcp-param-region': encoded('Köln') }],
    ['a value of no argument', undefined, { 'mcp-param-region': 'us' }],
    ['a header that the tool does not ask for', undefined, { 'mcp-param-other': 'us' }],
  ])('with %s: passed', async (_, region, headers) => {
    const { status, messages } = await statelessPost(await listed(), query(region), headers);
    expect([status, messages[0]?.error]).toEqual([200, undefined]);
  });
});

describe('a tool whose arguments are bounded', () => {
  it('still has the header of its argument, and the bound holds', async () => {
    const region = { enum: ['eu', 'us'] };
    const args = { type: 'object', properties: { region } };
    const gateway = await startGateway({
      policy: { default: 'allow', tools: { query: { args } } },
      servers: { s: await statelessServer('stdio', { modern: true }) },
    });
    const client = await connectModern(gateway);
    const { tools } = await client.listTools();
    const shown = tools.find(({ name }) => name === 'query')?.inputSchema.properties?.region;
    expect(shown).toEqual({ type: 'string', 'x-mcp-header': 'Region', ...region });
    const call = (value: string) =>
      client.callTool({ name: 'query', arguments: { region: value } });
    expect((await call('eu')).isError).toBeUndefined();
    expect((await call('asia'))._meta).toMatchObject({
      'toolgate/decision': { code: 'invalid_arguments' },
    });
  });
});

describe('toward a server over HTTP', () => {
  it('the headers are made from what was decided about, none is copied', async () => {
    const gateway = await startGateway({ policy: { default: 'allow' } });
    const record = join(gateway.directory, 'headers');
    const server = await statelessServer('http', { modern: true, record });
    gateway.setServers({ s: { ...server, version: '2' } });
    const client = await connectModern(gateway);
    await client.listTools();
    await client.callTool({ name: 'query', arguments: { region: 'Köln' } });
    const copied = {
      'mcp-param-forged': 'x',
      'x-forged': 'x',
      cookie: 'x',
      'mcp-name': encoded('read_file'),
    };
    await statelessPost(gateway, read, copied);
    const seen = readFileSync(record, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line): Record<string, string>[] => {
        const { headers } = JSON.parse(line);
        return headers ? [headers] : [];
      });
    const calls = seen.filter((headers) => headers['mcp-method'] === 'tools/call');
    expect(calls.map((headers) => [headers['mcp-name'], headers['mcp-param-region']])).toEqual([
      ['query', encoded('Köln')],
      ['read_file', undefined],
    ]);
    for (const headers of seen) {
      expect(headers).toMatchObject({ 'mcp-protocol-version': revision, 'x-own': 'kept' });
      expect(JSON.stringify(headers)).not.toMatch(/forged|cookie|authorization|session/i);
    }
  });

  it('an argument header is sent after the first listing, as the revision has it', async () => {
    const server = await statelessServer('http', { modern: true });
    const gateway = await startGateway({ policy: { default: 'allow' }, servers: { s: server } });
    const client = await connectModern(gateway);
    // Neither side has seen the tools yet: the server refuses, and the client lists and calls again.
    const result = await client.callTool({ name: 'query', arguments: { region: 'eu' } });
    expect(result.content).toEqual([{ type: 'text', text: '{"region":"eu"}' }]);
  });
});
