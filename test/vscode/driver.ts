import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import type * as VsCode from 'vscode';
import { waitUntil } from './process';

type VsCodeApi = typeof VsCode;

export interface ToolInfo {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
  readonly tags: readonly string[];
}

export interface ToolResult {
  /** All text parts, joined by line breaks. VS Code hands `isError` to no extension. */
  readonly text: string;
}

export interface CallOptions {
  /** After this the call is cancelled in VS Code and rejected here. Default 60 s. */
  readonly timeoutMs?: number;
}

/** A function that ran in the extension host and threw; the stack is the one from there. */
export class EvaluationFailed extends Error {
  constructor(
    readonly remoteName: string,
    message: string,
    readonly remoteStack: string,
  ) {
    super(message);
    this.name = 'EvaluationFailed';
  }
}

interface Address {
  readonly port: number;
  readonly token: string;
}

interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly stack?: string };
}

/** Waits until the extension host of the window is up, and gives a client that runs code in it. */
export async function connectDriver(file: string, timeoutMs = 60_000): Promise<Driver> {
  const driver = new Driver(file, timeoutMs);
  await driver.evaluate(() => true);
  return driver;
}

export class Driver {
  constructor(
    private readonly file: string,
    private readonly patienceMs: number,
  ) {}

  /**
   * Runs `fn` in the extension host with the real `vscode` API. The function is sent as text: it
   * can use nothing from around it but `arg`, and `arg` and its result must be JSON.
   */
  async evaluate<T, A = undefined>(
    fn: (vscode: VsCodeApi, arg: A) => T | Promise<T>,
    ...[arg]: A extends undefined ? [] : [arg: A]
  ): Promise<T> {
    // esbuild, under tsx and vitest, wraps named inner functions in a helper of the module.
    const code = `const __name = (fn) => fn; return (${fn.toString()})(vscode, arg);`;
    const body = JSON.stringify({ code, arg });
    const reply = await waitUntil(`the extension host (${this.file})`, this.patienceMs, () =>
      // The address is read anew each time: a reload of the window brings a new extension host.
      readFile(this.file, 'utf8')
        .then((text) => post(JSON.parse(text) as Address, body))
        .catch((error: NodeJS.ErrnoException) => {
          // Only what says that nothing was sent: a second try must not run the code twice.
          if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return undefined;
          throw error;
        }),
    );
    if (reply.error !== undefined) {
      const { name, message, stack } = reply.error;
      throw new EvaluationFailed(name, message, stack ?? '');
    }
    return reply.result as T;
  }

  async executeCommand<T = unknown>(command: string, ...args: unknown[]): Promise<T> {
    return this.evaluate(
      async (vscode, sent) => vscode.commands.executeCommand<T>(sent.command, ...sent.args),
      { command, args },
    );
  }

  /** The tools of MCP servers, as any agent in the editor sees them. */
  async tools(): Promise<readonly ToolInfo[]> {
    return this.evaluate(async (vscode) =>
      vscode.lm.tools
        .filter((tool) => tool.tags.includes('mcp'))
        .map(({ name, description, inputSchema, tags }) => ({
          name,
          description,
          inputSchema,
          tags: [...tags],
        })),
    );
  }

  async waitForTools(
    predicate: (tools: readonly ToolInfo[]) => boolean,
    timeoutMs = 30_000,
  ): Promise<readonly ToolInfo[]> {
    let last: readonly ToolInfo[] = [];
    try {
      return await waitUntil('the expected tools', timeoutMs, async () => {
        last = await this.tools();
        return predicate(last) ? last : undefined;
      });
    } catch (error) {
      const names = last.map((tool) => tool.name).join(', ') || 'none';
      throw new Error(`${(error as Error).message}. Tools there are: ${names}`);
    }
  }

  /** Calls an MCP tool the way an agent in the editor does, outside a chat session. */
  async callTool(
    name: string,
    input: object,
    { timeoutMs = 60_000 }: CallOptions = {},
  ): Promise<ToolResult> {
    return this.evaluate(
      async (vscode, sent) => {
        const source = new vscode.CancellationTokenSource();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            source.cancel();
            reject(new Error(`${sent.name} gave no result within ${sent.timeoutMs} ms`));
          }, sent.timeoutMs);
        });
        try {
          const options = { input: sent.input, toolInvocationToken: undefined };
          const result = await Promise.race([
            vscode.lm.invokeTool(sent.name, options, source.token),
            late,
          ]);
          const text = result.content
            .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : undefined))
            .filter((value) => value !== undefined)
            .join('\n');
          return { text };
        } finally {
          clearTimeout(timer);
        }
      },
      { name, input, timeoutMs },
    );
  }

  /**
   * Starts an MCP server through VS Code's own, undocumented command: `mcp.config.ws0.<name>` for
   * one in `.vscode/mcp.json`, `<publisher>.<extension>/<label>` (the part before the slash in
   * lower case) for one that an extension publishes. Its tools are in `tools()` afterwards.
   */
  async startMcpServer(id: string, timeoutMs = 30_000): Promise<void> {
    const label = id.includes('/') ? id.slice(id.indexOf('/') + 1) : id.replace(/^(\w+\.){3}/, '');
    // VS Code silently ignores an id that it does not know yet.
    await waitUntil(`VS Code to know the MCP server ${label}`, timeoutMs, async () =>
      (await this.mcpServers()).includes(label) ? true : undefined,
    );
    await this.executeCommand('workbench.mcp.startServer', id, { waitForLiveTools: true });
  }

  /** The labels of all MCP servers that VS Code knows, from whatever source. */
  async mcpServers(): Promise<readonly string[]> {
    return this.evaluate((vscode) => {
      // A proposed API, which code-server opens to every extension. Only for tests.
      const { mcpServerDefinitions } = vscode.lm as unknown as {
        mcpServerDefinitions: readonly { readonly label: string }[];
      };
      return mcpServerDefinitions.map((definition) => definition.label);
    });
  }

  async stopMcpServer(id: string): Promise<void> {
    await this.executeCommand('workbench.mcp.stopServer', id);
  }

  /**
   * Keeps VS Code from asking "Run <tool>" of its own, for tests that are about other prompts. The
   * setting alone would make it ask once whether that is meant; the context key is VS Code's own
   * way around that in its tests.
   */
  async silenceHostPrompts(): Promise<void> {
    await this.evaluate(async (vscode) => {
      const testMode = 'vscode.chat.tools.global.autoApprove.testMode';
      await vscode.commands.executeCommand('setContext', testMode, true);
      const settings = vscode.workspace.getConfiguration();
      const user = vscode.ConfigurationTarget.Global;
      await settings.update('chat.tools.global.autoApprove', true, user);
    });
  }
}

function post(address: Address, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // Not `fetch`: it gives up after five minutes without an answer, and approvals may take longer.
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: address.port,
        path: '/eval',
        method: 'POST',
        agent: false,
        headers: { authorization: `Bearer ${address.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text) as Reply);
          else reject(new Error(`The test driver answered ${response.statusCode}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
