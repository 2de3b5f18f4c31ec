import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import type { TestGateway } from './testGateway';

/** The SDK's transport to one server behind the gateway, with the gateway's token. */
export function transportTo({ gateway }: TestGateway, serverId = 's'): Transport {
  const headers = { authorization: `Bearer ${gateway.token}` };
  const url = new URL(gateway.urlOf(serverId));
  // The SDK's own class does not satisfy its interface under exactOptionalPropertyTypes.
  return new StreamableHTTPClientTransport(url, { requestInit: { headers } }) as Transport;
}

/** A connected client of the SDK, closed with the test. */
export async function connectClient(
  gateway: TestGateway,
  serverId = 's',
  capabilities: ClientCapabilities = {},
): Promise<Client> {
  const client = new Client({ name: 'test-client', version: '1.0.0' }, { capabilities });
  onTestFinished(() => client.close());
  await client.connect(transportTo(gateway, serverId));
  return client;
}
