import { expect, it, onTestFinished } from 'vitest';
import { repoRoot } from '../vscode/install';
import { workspaceFolder } from './support/servers';
import { json, openTestWindow } from './support/testWindow';

// Installed here, so that it can be started without a registry.
const memory = {
  type: 'stdio',
  command: 'npx',
  args: ['-y', '@modelcontextprotocol/server-memory'],
  cwd: repoRoot,
  env: { MEMORY_FILE_PATH: `${workspaceFolder}/memory.jsonl` },
};

it('a server of the catalogue shows its tools before it is started, and its own ones then', async () => {
  const window = await openTestWindow({
    files: {
      '.vscode/mcp.json': json({ servers: { open: memory } }),
      '.vscode/mcp.guarded.json': json({ servers: { memory } }),
    },
    review: false,
  });
  onTestFinished(() => window.dispose());
  const { workbench } = window;
  await workbench.page.setViewportSize({ width: 1280, height: 1000 });
  await workbench.openView('Toolgate');
  const known = '9 tools, 1 critical in the catalogue';
  const rows = [`memory new – review · ${known}`, `open not guarded · ${known}`];
  expect(await window.rows('Servers', rows)).toEqual(rows);

  await workbench.expandRow('open');
  await workbench.expandRow('memory');
  await expect
    .poll(() => workbench.treeRows('Servers'))
    .toEqual(
      expect.arrayContaining([
        '  It is not started until you have reviewed it.',
        '  delete_entities ask · Destructive, critical · from the catalogue',
        '  delete_entities Destructive, critical · from the catalogue',
      ]),
    );
  await workbench.screenshot('catalogue');

  await window.reviewServers();
  await expect
    .poll(() => workbench.treeRows('Servers'), { timeout: 30_000 })
    .toEqual(expect.arrayContaining(['  delete_entities ask · Destructive, critical']));
  const drawn = await workbench.treeRows('Servers');
  expect(drawn[0]).toMatch(/^memory guarded · 9 tools/);
  // Those that are still not guarded.
  expect(drawn.filter((row) => row.endsWith('from the catalogue'))).toHaveLength(9);
});
