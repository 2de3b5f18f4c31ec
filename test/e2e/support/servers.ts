import { join } from 'node:path';
import { repoRoot } from '../../vscode/install';

/** The program of a published server. */
export function publishedServer(name: 'filesystem' | 'memory'): string {
  return join(repoRoot, 'node_modules/@modelcontextprotocol', `server-${name}`, 'dist/index.js');
}

export function fixtureServer(file: string): string {
  return join(repoRoot, 'test/fixtures/servers', file);
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's
export const workspaceFolder = '${workspaceFolder}';

/** Reads and writes below `notes`. */
export const filesystem = {
  type: 'stdio',
  command: 'node',
  args: [publishedServer('filesystem'), `${workspaceFolder}/notes`],
};

export const memory = {
  type: 'stdio',
  command: 'node',
  args: [publishedServer('memory')],
  env: { MEMORY_FILE_PATH: `${workspaceFolder}/memory.jsonl` },
};

/** One of the small servers that the gateway's tests use too. */
export function fixture(file: string, env: Readonly<Record<string, string>> = {}): object {
  return { type: 'stdio', command: 'node', args: [fixtureServer(file)], env };
}

/** Names as VS Code builds them, from the name that the server gives itself. */
export const filesystemTool = (name: string): string => `mcp_secure-filesy_${name}`;
export const memoryTool = (name: string): string => `mcp_memory-server_${name}`;
export const fixtureTool = (name: string): string => `mcp_test-server_${name}`;
