import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CodeServer, launchCodeServer } from '../../vscode/codeServer';
import { connectDriver, type Driver } from '../../vscode/driver';
import { repoRoot } from '../../vscode/install';
import { waitUntil } from '../../vscode/process';
import { openWorkbench, type Prompt, type Workbench } from '../../vscode/workbench';

// What is pressed sooner does not count: it was meant for something else.
const readingMs = 700;

export interface WindowSetup {
  /** What lies in the workspace, by path; without it, no folder is opened. */
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False opens the workspace in Restricted Mode. */
  readonly trust?: boolean;
  /** False leaves the servers of `.vscode/mcp.guarded.json` unreviewed. */
  readonly review?: boolean;
}

/** Toolgate from its package, in an editor with a workspace of its own. */
export async function openTestWindow(setup: WindowSetup): Promise<TestWindow> {
  const folder = await mkdtemp(join(tmpdir(), 'toolgate-e2e-'));
  const workspace = join(folder, 'project');
  await mkdir(workspace);
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    await writeText(join(workspace, name), text);
  }
  const {
    settings = {},
    trust = true,
    files = {},
    review = '.vscode/mcp.guarded.json' in files,
  } = setup;
  const vsix = join(repoRoot, 'toolgate.vsix');
  const server = await launchCodeServer({ workspace, vsix, settings, trust });
  try {
    const empty = { ...server, url: `http://localhost:${server.port}/?ew=true` };
    const workbench = await openWorkbench(setup.files ? server : empty);
    const driver = await connectDriver(server.driverFile);
    const window = new TestWindow(folder, workspace, server, workbench, driver);
    if (trust && review) await window.reviewServers();
    return window;
  } catch (error) {
    await server.dispose();
    throw error;
  }
}

/** A call that was begun as an agent does, and can be cancelled as an agent does. */
export interface BegunCall {
  /** The text of the result, or `error: …`. */
  readonly outcome: Promise<string>;
  cancel(): Promise<void>;
}

export class TestWindow {
  constructor(
    private readonly folder: string,
    readonly workspace: string,
    readonly server: CodeServer,
    readonly workbench: Workbench,
    readonly driver: Driver,
  ) {}

  path(name: string): string {
    return join(this.workspace, name);
  }

  async read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Writes as another program would: past the editor. */
  async write(name: string, text: string): Promise<void> {
    await writeText(this.path(name), text);
  }

  /** Confirms what waits for a review, as a person does: by the status bar, and the dialog. */
  async reviewServers(): Promise<void> {
    const { page } = this.workbench;
    await page.locator('.statusbar-item[id*="toolgate"]', { hasText: 'Review' }).click();
    await (await this.workbench.modal()).click('Confirm');
    await this.driver.executeCommand('workbench.action.closeAllEditors');
  }

  /** Writes a policy that holds at once, as if the person had confirmed it. */
  async writePolicy(policy: object): Promise<void> {
    // What has no record of an earlier policy counts as seen for the first time.
    const path = this.path('.vscode/policy.json');
    const record = `${createHash('sha256').update(path).digest('hex')}.json`;
    const storage = join(this.server.userDataDir, 'User/globalStorage/toolgate.toolgate');
    await rm(join(storage, 'confirmed', record), { force: true });
    await this.changePolicy(policy);
  }

  /** Writes a policy as another program would: what it loosens waits for the person. */
  async changePolicy(policy: object): Promise<void> {
    await this.write('.vscode/policy.json', json({ version: '1', ...policy }));
  }

  /** Starts the gateway's twin of a server, as an agent's first message does. Opens the view. */
  async startTwin(label: string): Promise<void> {
    await this.workbench.openView('Toolgate');
    await waitUntil(`the twin of ${label} to run`, 30_000, async () => {
      // While VS Code still takes in a changed list, it ignores the command or ends what it began.
      await this.driver.startMcpServer(`toolgate.toolgate/${label}`);
      return waitUntil('the state', 2000, () => this.isRunning(label)).catch(() => undefined);
    });
  }

  private async isRunning(label: string): Promise<true | undefined> {
    const rows = await this.workbench.treeRows('Servers');
    return rows.some((row) => row.startsWith(`${label} running`)) || undefined;
  }

  async toolNames(): Promise<string[]> {
    return (await this.driver.tools()).map(({ name }) => name).sort();
  }

  async call(tool: string, input: object): Promise<string> {
    return (await this.driver.callTool(tool, input)).text;
  }

  /** Resolves when the call is on its way. */
  async begin(tool: string, input: object): Promise<BegunCall> {
    const id = `call ${Math.random()}`;
    await this.driver.evaluate(
      (vscode, sent) => {
        const source = new vscode.CancellationTokenSource();
        const options = { input: sent.input, toolInvocationToken: undefined };
        const outcome = Promise.resolve(
          vscode.lm.invokeTool(sent.tool, options, source.token),
        ).then(
          ({ content }) =>
            content
              .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''))
              .join('\n'),
          (error: Error) => `error: ${error.message}`,
        );
        Object.assign(globalThis, { [sent.id]: { source, outcome } });
      },
      { id, tool, input },
    );
    type Kept = Record<string, { source: { cancel(): void }; outcome: Promise<string> }>;
    const outcome = this.driver.evaluate(
      (_, key) => (globalThis as unknown as Kept)[key]!.outcome,
      id,
    );
    const cancel = (): Promise<void> =>
      this.driver.evaluate((_, key) => (globalThis as unknown as Kept)[key]!.source.cancel(), id);
    return { outcome, cancel };
  }

  /** Waits until a view's tree is drawn as these rows. Gives what is drawn if it never is. */
  async rows(view: string, expected: readonly string[]): Promise<string[]> {
    let drawn: string[] = [];
    await waitUntil('the tree', 15_000, async () => {
      drawn = await this.workbench.treeRows(view);
      return drawn.join('\n') === expected.join('\n') || undefined;
    }).catch(() => undefined);
    return drawn;
  }

  /** Waits for the dialog that asks about a tool, and reads it as long as a person does at least. */
  async approval(tool: string): Promise<Prompt> {
    const prompt = await this.workbench.modal();
    if (!prompt.message.includes(`"${tool}"`)) throw new Error(`It asks: ${prompt.message}`);
    await sleep(readingMs);
    return prompt;
  }

  async dispose(): Promise<void> {
    await this.workbench.dispose();
    await this.server.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** In one step: no one reads half of it. */
async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
}
