import { writeFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AuthServer, ProtectedServer } from '../../gateway/support/oauthServers';
import { until } from '../../gateway/support/waiting';
import { CliProgram } from './cliProgram';

const program = new CliProgram();

/** `toolgate serve` before a server that asks for a sign-in, and a client that connects to it. */
async function connect(
  ...args: readonly string[]
): Promise<{ auth: AuthServer; stderr: () => string; connected: Promise<Client> }> {
  const auth = new AuthServer();
  const server = new ProtectedServer({
    issuers: () => [auth.origin],
    scopeOf: (token) => auth.scopeOf(token),
  });
  for (const each of [auth, server]) {
    await each.start();
    onTestFinished(() => each.close());
  }
  const config = program.file('mcp.json');
  const policy = program.file('policy.json');
  writeFileSync(config, JSON.stringify({ servers: { notes: { url: server.url } } }));
  writeFileSync(policy, JSON.stringify({ version: '1', default: 'allow' }));
  const child = program.start(['serve', '--config', config, '--policy', policy, ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await until(() => stdout.includes('\n'));
  const { token, servers } = JSON.parse(stdout);
  const client = new Client({ name: 'test', version: '1' });
  onTestFinished(() => client.close());
  const transport = new StreamableHTTPClientTransport(new URL(servers.notes), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const connected = client.connect(transport as Transport).then(() => client);
  connected.catch(() => {});
  return { auth, stderr: () => stderr, connected };
}

describe('toolgate serve before a server that asks for a sign-in', () => {
  it('names the page on stderr with --sign-in, and goes on once it was opened', async () => {
    const { auth, stderr, connected } = await connect('--sign-in');
    const named = /^To sign in to "notes", open (http:\S+)$/m;
    const url = await until(() => named.exec(stderr())?.[1]);
    await fetch(url);
    const client = await connected;
    expect(await client.callTool({ name: 'read_note' })).toMatchObject({
      content: [{ text: 'a note' }],
    });
    for (const secret of auth.secrets) expect(stderr()).not.toContain(secret);
    expect(auth.secrets).toHaveLength(3);
  });

  it('says at once what is missing where nobody reads stderr', async () => {
    const { auth, stderr, connected } = await connect();
    await expect(connected).rejects.toThrow(/asks for a sign-in. Start toolgate with --sign-in/);
    expect(stderr()).not.toContain('http');
    expect(auth.seen).toEqual([]);
  });
});
