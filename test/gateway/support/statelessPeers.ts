import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import {
  type OpenResponse,
  openResponse,
  type RawRequest,
  type RawResponse,
  send,
} from './rawClient';
import type { TestGateway, TestServer } from './testGateway';

const program = fileURLToPath(new URL('../../fixtures/servers/stateless.mjs', import.meta.url));
export const revision = '2026-07-28';

export type StatelessTransport = 'stdio' | 'http';
export const transports: readonly StatelessTransport[] = ['stdio', 'http'];

/** A server of the revision without sessions, ended with the test. */
export async function statelessServer(
  transport: StatelessTransport,
  { record, modern = false }: { record?: string; modern?: boolean } = {},
): Promise<TestServer> {
  const args = [transport, ...(modern ? ['modern'] : [])];
  if (transport === 'stdio') return { fixture: ['stateless.mjs', ...args] };
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...(record === undefined ? {} : { RECORD: record }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      const found = /on port (\d+)/.exec(chunk.toString())?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the server exited with code ${code}`)));
  });
  const headers = { 'x-own': 'kept' };
  const launch: Launch = { type: 'http', url: `http://127.0.0.1:${port}/mcp`, headers };
  return { launch: async () => launch };
}

/** A client of the SDK's second generation, closed with the test. */
export async function connectModern(
  { gateway }: TestGateway,
  options: ClientOptions & {
    readonly name?: string;
    readonly prepare?: (client: Client) => void;
  } = {},
): Promise<Client> {
  const { name = 'modern-client', prepare, ...rest } = options;
  const client = new Client(
    { name, version: '1.0.0' },
    { versionNegotiation: { mode: { pin: revision } }, ...rest },
  );
  prepare?.(client);
  onTestFinished(() => client.close());
  await client.connect(transportOf(gateway.urlOf('s'), gateway.token));
  return client;
}

export function transportOf(url: string, token?: string): StreamableHTTPClientTransport {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
}

export interface StatelessRequest {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly client?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** One request without a session, as the revision wants it but for what the test changes. */
export function statelessPost(
  gateway: TestGateway,
  request: StatelessRequest,
  headers: RawRequest['headers'] = {},
): Promise<RawResponse> {
  return send(gateway, rawRequest(request, headers));
}

/** The same, for a test that does not wait for the answer. */
export function openStateless(gateway: TestGateway, request: StatelessRequest): OpenResponse {
  return openResponse(gateway, rawRequest(request, {}));
}

function rawRequest(
  { id = 1, method, params = {}, client = 'raw-client', meta = {} }: StatelessRequest,
  headers: RawRequest['headers'],
): RawRequest {
  const name = params.name ?? params.uri;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: client, version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      elicitation: { form: {} },
      sampling: {},
      roots: {},
    },
    ...meta,
  };
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } }),
    headers: {
      'mcp-protocol-version': revision,
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...headers,
    },
  };
}
