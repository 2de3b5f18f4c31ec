import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeServer, launchCodeServer } from '../vscode/codeServer';
import { connectDriver, type Driver } from '../vscode/driver';
import { openWorkbench, type Workbench } from '../vscode/workbench';

const tools = [
  { name: 'shout', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
  { name: 'erase', inputSchema: { type: 'object' } },
];

describe('the test host: VS Code with an MCP server that an extension publishes', () => {
  let folder: string;
  let mcp: Server;
  let server: CodeServer;
  let workbench: Workbench;
  let driver: Driver;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'toolgate-smoke-'));
    mcp = await startMcpServer();
    const { port } = mcp.address() as AddressInfo;
    const extension = await writeExtension(join(folder, 'extension'), port);
    const workspace = join(folder, 'workspace');
    await mkdir(workspace);
    server = await launchCodeServer({ workspace, extensions: [extension] });
    workbench = await openWorkbench(server);
    driver = await connectDriver(server.driverFile);
    await driver.startMcpServer('smoke.smoke/Loud');
  });

  afterAll(async () => {
    await workbench?.dispose();
    await server?.dispose();
    mcp?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists the tools under the name that the server gave itself', async () => {
    const names = (await driver.tools()).map((tool) => tool.name).sort();
    expect(names).toEqual(['mcp_loud-server_erase', 'mcp_loud-server_shout']);
  });

  it('calls a read-only tool without asking', async () => {
    const result = await driver.callTool('mcp_loud-server_shout', { text: 'hello' });
    expect(result.text).toBe('shout {"text":"hello"}');
  });

  it('asks before another tool, and runs nothing when the answer is no', async () => {
    const outcome = driver.callTool('mcp_loud-server_erase', {}).catch((error) => error.message);
    await workbench.answerHostPrompt('Cancel');
    expect(await outcome).toBe('Canceled');
  });

  it('asks no longer once its prompts are silenced', async () => {
    await driver.silenceHostPrompts();
    expect(await driver.callTool('mcp_loud-server_erase', {})).toEqual({ text: 'erase {}' });
    await workbench.screenshot('smoke');
  });
});

async function startMcpServer(): Promise<Server> {
  const answer = (method: string, params: Record<string, unknown>): unknown => {
    switch (method) {
      case 'initialize':
        return {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'loud-server', version: '1' },
        };
      case 'tools/list':
        return { tools };
      case 'tools/call':
        return {
          content: [{ type: 'text', text: `${params.name} ${JSON.stringify(params.arguments)}` }],
        };
      default:
        return {};
    }
  };
  const mcp = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: answer(method, params ?? {}) }));
  });
  await new Promise<void>((resolve) => mcp.listen(0, '127.0.0.1', resolve));
  return mcp;
}

async function writeExtension(folder: string, port: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    name: 'smoke',
    publisher: 'Smoke',
    version: '1.0.0',
    engines: { vscode: '^1.102.0' },
    main: './extension.js',
    contributes: { mcpServerDefinitionProviders: [{ id: 'smoke.servers', label: 'Smoke' }] },
    activationEvents: ['onStartupFinished'],
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(folder, 'extension.js'),
    `const vscode = require('vscode');
    exports.activate = (context) => {
      const uri = vscode.Uri.parse('http://127.0.0.1:${port}/mcp');
      context.subscriptions.push(
        vscode.lm.registerMcpServerDefinitionProvider('smoke.servers', {
          provideMcpServerDefinitions: () => [new vscode.McpHttpServerDefinition('Loud', uri)],
        }),
      );
    };`,
  );
  return folder;
}
