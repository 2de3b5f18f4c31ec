import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { serveToolgate } from './served';

// The client of the suite's client scenarios, started with the address of the suite's server:
// toolgate in front of that server, and a client of the SDK that talks to toolgate. The suite names
// the scenario in the environment.

type Script = (client: Client) => Promise<unknown>;

const scripts: Readonly<Record<string, Script>> = {
  initialize: (client) => client.listTools(),
  tools_call: (client) => client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } }),
  'elicitation-sep1034-client-defaults': (client) =>
    client.callTool({ name: 'test_client_elicitation_defaults', arguments: {} }),
  'sse-retry': (client) => client.callTool({ name: 'test_reconnection', arguments: {} }),
};

/** Whatever a server wants a sign-in for: to begin, to list its tools, to call one. */
async function useTools(client: Client): Promise<void> {
  await client.listTools();
  await client.callTool({ name: 'test-tool', arguments: {} });
}

/** The client that a person has registered before, or describes in a document. */
function knownClient(scenario: string): object {
  if (scenario === 'auth/basic-cimd') {
    // The address that the suite expects; it does not read it.
    return { clientId: 'https://conformance-test.local/client-metadata.json' };
  }
  const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
  return context.client_id
    ? { clientId: context.client_id, clientSecret: context.client_secret }
    : {};
}

async function main(): Promise<void> {
  const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
  const script = scenario.startsWith('auth/') ? useTools : scripts[scenario];
  const upstream = process.argv.at(-1);
  if (!script || !upstream) throw new Error(`There is no script for the scenario "${scenario}".`);

  const toolgate = await serveToolgate(upstream, { oauth: knownClient(scenario) });
  try {
    const transport = new StreamableHTTPClientTransport(new URL(toolgate.url), {
      requestInit: { headers: { authorization: `Bearer ${toolgate.token}` } },
    });
    const client = new Client(
      { name: 'conformance-client', version: '1.0.0' },
      { capabilities: { elicitation: { form: { applyDefaults: true } } } },
    );
    // Accepts what is offered; the defaults fill in the rest.
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
    await client.connect(transport as Transport);
    try {
      await script(client);
      await transport.terminateSession();
    } finally {
      await client.close();
    }
  } finally {
    await toolgate.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 1;
});
