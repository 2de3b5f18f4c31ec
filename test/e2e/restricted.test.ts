import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { fixture, fixtureTool, workspaceFolder } from './support/servers';
import { json, openTestWindow, type TestWindow, type WindowSetup } from './support/testWindow';

async function open(setup: WindowSetup): Promise<TestWindow> {
  const window = await openTestWindow(setup);
  onTestFinished(() => window.dispose());
  await window.workbench.openView('Toolgate');
  return window;
}

it('an untrusted workspace starts nothing until it is trusted', async () => {
  // The server keeps what it is sent in this file: without the file, it never ran.
  const guarded = fixture('plain.mjs', { RECORD: `${workspaceFolder}/received` });
  const window = await open({
    files: {
      '.vscode/mcp.guarded.json': json({ servers: { guarded } }),
      '.vscode/policy.json': json({ version: '1', default: 'allow' }),
    },
    trust: false,
  });
  const { workbench, driver } = window;
  await expect
    .poll(() => workbench.viewText('Servers'))
    .toContain('This workspace is not trusted, so Toolgate starts no server here.');
  expect(await workbench.viewText('Policy')).toBe(
    'Policies take effect once the workspace is trusted.',
  );
  await workbench.screenshot('restricted');
  const pid = await driver.evaluate(() => process.pid);
  const before = await listeners(pid);
  expect(await driver.mcpServers()).toEqual([]);
  expect(existsSync(window.path('received'))).toBe(false);

  await trust(window);
  await expect.poll(() => workbench.treeRows('Servers')).toEqual(['guarded new – review']);
  expect(existsSync(window.path('received'))).toBe(false);
  // The page about trust lies over everything.
  await driver.executeCommand('workbench.action.closeAllEditors');
  await workbench.page.locator('.monaco-modal-editor-block').waitFor({ state: 'detached' });
  await window.reviewServers();
  await expect.poll(() => workbench.treeRows('Servers')).toEqual(['guarded guarded']);
  expect((await listeners(await driver.evaluate(() => process.pid))).length).toBe(
    before.length + 1,
  );
  await window.startTwin('guarded');
  expect(await window.toolNames()).toContain(fixtureTool('read_file'));
  expect(existsSync(window.path('received'))).toBe(true);
});

it('a window without a folder offers to open one', async () => {
  const { workbench } = await open({});
  await expect
    .poll(() => workbench.viewText('Servers'))
    .toMatch(/^Open a folder to see its MCP servers\.\s+Open Folder$/);
  expect(await workbench.treeRows('Policy')).toEqual([]);
  await workbench.screenshot('no-folder');
});

it('a folder without servers and policy says how to get both', async () => {
  const { workbench } = await open({ files: { 'a.txt': 'a' } });
  await expect
    .poll(() => workbench.viewText('Servers'))
    .toContain('No MCP servers are configured in this workspace.');
  await expect
    .poll(() => workbench.viewText('Policy'))
    .toContain('There is no policy file yet. The built-in recommended policy is in force');
  await workbench.screenshot('no-servers');
});

/** The TCP ports that a process listens on; Linux only, as the whole of these tests. */
async function listeners(pid: number): Promise<string[]> {
  const sockets = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) sockets.add(inode);
  }
  const table = await readFile(`/proc/${pid}/net/tcp`, 'utf8');
  const isListening = '0A';
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === isListening && sockets.has(inode ?? ''))
    .map(([, local]) => local ?? '');
}

async function trust({ workbench }: TestWindow): Promise<void> {
  await workbench.runCommand('Workspaces: Manage Workspace Trust');
  await workbench.page.getByRole('button', { name: 'Trust', exact: true }).click();
}
