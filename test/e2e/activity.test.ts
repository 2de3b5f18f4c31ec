import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesystem, filesystemTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

describe('the record of calls', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem } }),
        '.vscode/policy.json': json({
          version: '1',
          default: 'allow',
          tools: { move_file: { action: 'deny', reason: 'No.' } },
        }),
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    await window.driver.silenceHostPrompts();
  });

  afterAll(() => window?.dispose());

  it('says so while it is empty', async () => {
    const { workbench } = window;
    await workbench.runCommand('Toolgate: Show Activity');
    await workbench.notification('No calls have been recorded yet.');
  });

  it('lists the latest calls, the newest first', async () => {
    const { workbench } = window;
    await window.startTwin('filesystem');
    const path = window.path('notes/plan.md');
    await window.call(filesystemTool('read_text_file'), { path });
    await window.call(filesystemTool('move_file'), { source: path, destination: `${path}.old` });
    await window.call(filesystemTool('read_text_file'), { path: window.path('notes/none.md') });
    await workbench.runCommand('Toolgate: Show Activity');
    await expect
      .poll(() => workbench.quickPickItems())
      .toEqual(['read_text_file', 'move_file', 'read_text_file']);
    await workbench.screenshot('activity');
  });

  it('opens one call as a document', async () => {
    const { workbench } = window;
    await workbench.quickPick('move_file');
    await workbench.page.locator('.tab.active[data-resource-name="call.json"]').waitFor();
    const entry = JSON.parse(await workbench.editorText());
    expect(entry).toMatchObject({
      server: 'filesystem',
      tool: 'move_file',
      verdict: 'deny',
      code: 'denied',
      rule: '/tools/move_file',
      layer: 'workspace',
      outcome: 'not_forwarded',
      argumentKeys: ['source', 'destination'],
    });
  });

  it('holds no values of arguments', async () => {
    const text = await recordText(join(window.server.userDataDir, 'User/workspaceStorage'));
    expect(text.trim().split('\n')).toHaveLength(3);
    expect(text).not.toContain('plan.md');
    expect(text).toContain('"argumentKeys":["path"]');
  });
});

describe('a recorded call', () => {
  it('becomes a test of the policy, which the command line then runs', async () => {
    const window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem } }),
        '.vscode/policy.json': json({
          version: '1',
          default: 'allow',
          tools: { move_file: { action: 'deny', reason: 'No.' } },
        }),
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    try {
      const { workbench } = window;
      await window.driver.silenceHostPrompts();
      await window.startTwin('filesystem');
      const path = window.path('notes/plan.md');
      await window.call(filesystemTool('move_file'), { source: path, destination: `${path}.old` });
      await workbench.runCommand('Toolgate: Show Activity');
      const row = workbench.page.locator('.quick-input-list .monaco-list-row').first();
      await row.hover();
      await row.getByRole('button', { name: 'Make a Policy Test' }).click();
      const file = window.path('.vscode/policy.policy-test.json');
      const tab = '.tab.active[data-resource-name="policy.policy-test.json"]';
      await workbench.page.locator(tab).waitFor();
      await expect
        .poll(async () => JSON.parse(await readFile(file, 'utf8')))
        .toMatchObject({
          policy: 'policy.json',
          cases: [{ server: 'filesystem', tool: 'move_file', expect: { verdict: 'deny' } }],
        });
      const output = execFileSync('node', ['dist/cli.js', 'test', file], { encoding: 'utf8' });
      expect(output).toContain('1 passed, 0 failed');
    } finally {
      await window.dispose();
    }
  });
});

async function recordText(storage: string): Promise<string> {
  const names = await readdir(storage, { recursive: true });
  const files = names.filter((name) => name.endsWith('activity.jsonl'));
  const texts = await Promise.all(files.map((name) => readFile(join(storage, name), 'utf8')));
  return texts.join('');
}
