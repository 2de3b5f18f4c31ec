import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from '../gateway/support/waiting';
import { fixture, fixtureTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const read = fixtureTool('read_file');
const hold = fixtureTool('hold');
const erase = fixtureTool('delete_repo');
const haltedRow = 'plain halted · 6 tools · 2 critical';

describe('a window in which everything is halted', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { plain: fixture('plain.mjs') } }),
        '.vscode/policy.json': json({
          version: '1',
          default: 'allow',
          tools: { delete_repo: { action: 'require_approval' } },
        }),
      },
    });
    await window.driver.silenceHostPrompts();
    await window.startTwin('plain');
    await window.driver.waitForTools((tools) => tools.length === 6);
  });

  afterAll(() => window?.dispose());

  it('was halted with one click, and answers the calls that were open', async () => {
    const { workbench } = window;
    expect(await window.call(read, {})).toBe('read_file done');
    const inFlight = await window.begin(hold, {});
    await workbench.page.locator('.statusbar-item[id*="toolgate.stop"] a').click();
    expect(await inFlight.outcome).toContain('The server had this call already');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('Halted');
    expect(await window.rows('Servers', [haltedRow])).toEqual([haltedRow]);
    await workbench.page.getByText('Halted: no server runs and every call is refused').waitFor();
    await workbench.page.mouse.move(640, 500);
    await workbench.screenshot('halted');
  });

  it('refuses each call and tells the agent why', async () => {
    for (const tool of [read, erase]) {
      expect(await window.call(tool, {})).toBe(
        '[POLICY DENIED] A person halted Toolgate. No call is made until a person resumes it.',
      );
    }
    expect(await window.workbench.hasModal()).toBe(false);
  });

  it('is not resumed by a command alone, nor by an Enter that was meant for an editor', async () => {
    const { workbench, driver } = window;
    void driver.executeCommand('toolgate.resume', { confirmed: true }).catch(() => undefined);
    const prompt = await workbench.modal();
    expect(prompt.message).toBe('Resume Toolgate?');
    await workbench.page.keyboard.press('Enter');
    await expect.poll(() => workbench.hasModal()).toBe(false);
    await driver.executeCommand('workbench.action.closeQuickOpen');
    expect(await workbench.statusBar('toolgate')).toBe('Halted');
    expect(await window.call(read, {})).toContain('A person halted Toolgate');
  });

  it('stays halted over a reload', async () => {
    await window.workbench.reload();
    await window.workbench.openView('Toolgate');
    await expect.poll(() => window.workbench.statusBar('toolgate')).toBe('Halted');
    await window.driver.silenceHostPrompts();
  });

  it('works again once a person resumes it', async () => {
    const { workbench } = window;
    await workbench.page.locator('.statusbar-item[id*="toolgate.status"] a').click();
    await (await workbench.modal()).click('Resume');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1');
    await window.startTwin('plain');
    await window.driver.waitForTools((tools) => tools.length === 6);
    expect(await window.call(read, {})).toBe('read_file done');
  });

  it('goes on without a reload too: the editor begins a new session by itself', async () => {
    const { workbench } = window;
    await workbench.runCommand('Toolgate: Halt');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('Halted');
    expect(await window.call(read, {})).toContain('A person halted Toolgate');
    await workbench.runCommand('Toolgate: Resume');
    await (await workbench.modal()).click('Resume');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1');
    await expect.poll(() => window.call(read, {})).toBe('read_file done');
  });
});

describe('a server that is restarted', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { loud: fixture('saysPid.mjs') } }),
        '.vscode/policy.json': json({ version: '1', default: 'allow' }),
      },
    });
    await window.driver.silenceHostPrompts();
    await window.startTwin('loud');
  });

  afterAll(() => window?.dispose());

  it('is another process for the next call, without the agent having to do a thing', async () => {
    const before = await window.call(read, {});
    expect(before).toMatch(/^\d+$/);
    await window.workbench.contextMenu('loud', 'Restart Server');
    await expect.poll(() => isAlive(Number(before))).toBe(false);
    const after = await window.call(read, {});
    expect(after).toMatch(/^\d+$/);
    expect(after).not.toBe(before);
  });

  it('has an output of its own, with what it prints', async () => {
    const { workbench } = window;
    await workbench.contextMenu('loud', 'Show Server Output');
    await workbench.page
      .getByText(`process ${await window.call(read, {})} is up`)
      .first()
      .waitFor();
    await workbench.screenshot('server-output');
  });
});
