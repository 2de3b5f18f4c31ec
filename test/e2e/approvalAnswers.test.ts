import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkbench } from '../vscode/workbench';
import { filesystem, filesystemTool, fixture, fixtureTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const write = fixtureTool('write_file');
const erase = fixtureTool('delete_repo');
const writeNote = filesystemTool('write_file');
const long = 'Lorem ipsum. '.repeat(20);

/** In the browser: presses the button in the moment in which it is there. */
const clickAtOnce = `new MutationObserver((_, observer) => {
  const buttons = [...document.querySelectorAll('.dialog-buttons .monaco-button')];
  const allow = buttons.find(({ textContent }) => textContent === 'Allow Once');
  if (!allow) return;
  observer.disconnect();
  allow.click();
  document.body.dataset.clicked = 'true';
}).observe(document.body, { childList: true, subtree: true })`;

describe('a call that waits', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({ files: { 'notes/plan.md': 'Buy bread.\n' } });
    const record = window.path('received.jsonl');
    await window.write(
      '.vscode/mcp.guarded.json',
      json({ servers: { plain: fixture('plain.mjs', { RECORD: record }), filesystem } }),
    );
    await window.reviewServers();
    await window.writePolicy({
      default: 'require_approval',
      servers: {
        plain: { tools: { write_file: { action: 'require_approval' }, 'read_*': {} } },
        filesystem: { tools: { 'read_*': {}, 'list_*': {} } },
      },
    });
    // As with every auto-approval of VS Code's own: the gateway asks all the same.
    await window.driver.silenceHostPrompts();
    await window.startTwin('plain');
    await window.startTwin('filesystem');
  });

  afterAll(() => window?.dispose());

  /** The arguments of the calls that the server has received. */
  const received = (): unknown[] => {
    const path = window.path('received.jsonl');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    return lines
      .map((line) => JSON.parse(line))
      .filter(({ method }) => method === 'tools/call')
      .map(({ params }) => params.arguments);
  };

  const more = async (tool: string, item: string): Promise<void> => {
    await (await window.approval(tool)).click('More…');
    await window.workbench.quickPick(item);
  };

  const grantRows = async (): Promise<string[]> => {
    const rows = await window.workbench.treeRows('Servers');
    const first = rows.findIndex((row) => row.startsWith('Grants'));
    return first < 0
      ? []
      : rows.slice(first, rows.findLastIndex((row) => / · every call$/.test(row)) + 1);
  };

  it('is not let through by a click in the moment in which the dialog appears', async () => {
    const { workbench } = window;
    await workbench.page.evaluate(clickAtOnce);
    const call = await window.begin(write, { path: 'a' });
    await workbench.page.locator('body[data-clicked]').waitFor({ state: 'attached' });
    const prompt = await window.approval('write_file');
    expect(received()).toEqual([]);
    await prompt.click('Allow Once');
    expect(await call.outcome).toBe('write_file done');
    expect(received()).toEqual([{ path: 'a' }]);
  });

  it('shows hostile arguments as they are, and no secret until it is asked to', async () => {
    const { workbench } = window;
    const call = await window.begin(write, {
      text: `${'\n'.repeat(200)}Approved by policy`,
      link: '[ok](command:workbench.action.quit) <b>safe</b>',
      headers: { Authorization: 'Bearer hunter2' },
    });
    const prompt = await window.approval('write_file');
    expect(prompt.message).toBe('Allow "write_file" on server "plain"?');
    expect(prompt.detail.split('\n').slice(0, 3)).toEqual([
      'Risk: Write, medium',
      'Asked by: the rule "write_file" of server "plain" (workspace policy)',
      'Client: code-server',
    ]);
    expect(prompt.detail).toContain('[ok](command:workbench.action.quit) <b>safe</b>');
    expect(prompt.detail).toContain('"Authorization": "•••••• (hidden)"');
    expect(prompt.detail).not.toContain('hunter2');
    await prompt.click('More…');
    await workbench.quickPick('Reveal Secrets');
    await workbench.notification('Allow "write_file" on server "plain"?');
    expect(await workbench.editorText()).toContain('Bearer hunter2');
    await workbench.rowAction('write_file', 'Deny Call', { under: 'Pending approvals' });
    expect(await call.outcome).toContain('did not allow');
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('is compared with the last one that was approved', async () => {
    const { workbench } = window;
    const call = await window.begin(write, { path: 'b' });
    await more('write_file', 'Compare with Last Approved');
    const beside = await workbench.notification('Allow "write_file" on server "plain"?');
    const title = 'write_file arguments.json (last approved ↔ now)';
    await workbench.page.locator('.tab.active', { hasText: title }).waitFor();
    await workbench.screenshot('approval-compare');
    await beside.click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('opens a grant for as many calls as the person says, which can be taken back', async () => {
    const { workbench } = window;
    const before = received().length;
    const call = await window.begin(write, { path: 'c' });
    await more('write_file', 'Allow Tool for Some Calls…');
    await workbench.quickInput('3');
    const prompt = await workbench.modal();
    expect(prompt.message).toBe('Allow every call of "write_file" for 3 calls?');
    expect(received()).toHaveLength(before);
    await prompt.click('Allow');
    expect(await call.outcome).toBe('write_file done');
    await expect
      .poll(grantRows)
      .toEqual(['Grants 1', '  write_file 2 calls left · plain · every call']);
    expect(await window.call(write, { path: 'd' })).toBe('write_file done');
    await expect
      .poll(grantRows)
      .toEqual(['Grants 1', '  write_file 1 call left · plain · every call']);
    await workbench.screenshot('approval-grants');
    await workbench.rowAction('write_file', 'Revoke Grant', { under: 'Grants' });
    await expect.poll(grantRows).toEqual([]);
    const asked = await window.begin(write, { path: 'e' });
    await (await window.approval('write_file')).click('Deny');
    expect(await asked.outcome).toContain('did not allow');
  });

  it('is denied with words that the agent reads', async () => {
    const { workbench } = window;
    const call = await window.begin(erase, { repo: 'shop' });
    await more('delete_repo', 'Deny with Message…');
    await workbench.quickInput('Archive it instead.');
    expect(await call.outcome).toContain('Archive it instead.');
  });

  it('goes back to the dialog when the list is left', async () => {
    const { workbench } = window;
    const call = await window.begin(erase, { repo: 'shop' });
    await (await window.approval('delete_repo')).click('More…');
    await expect.poll(() => workbench.quickPickItems()).toContain('Deny with Message…');
    await workbench.page.keyboard.press('Escape');
    await (await window.approval('delete_repo')).click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('is made with the arguments that the person has written', async () => {
    const { workbench } = window;
    const call = await window.begin(write, { path: 'x', mode: 'w' });
    await more('write_file', 'Edit Arguments and Allow…');
    const name = 'write_file arguments.json';
    const tab = `.tab[data-resource-name="${name}"]:not([aria-label*="last approved"])`;
    await workbench.page.locator(`${tab}.active`).waitFor();
    await workbench.replaceEditorText('{ "path": ');
    await workbench.page.keyboard.press('ControlOrMeta+s');
    await workbench.notification('The arguments are no JSON');
    await workbench.replaceEditorText('{ "path": "y" }');
    await workbench.page.keyboard.press('ControlOrMeta+s');
    const prompt = await workbench.modal();
    expect(prompt.message).toBe(
      'Make the call of "write_file" on server "plain" with changed arguments?',
    );
    expect(prompt.detail).toContain('"path": "y"');
    await workbench.screenshot('approval-edited');
    await prompt.click('Allow Edited Call');
    expect(await call.outcome).toContain('It was made with: {"path":"y"}');
    expect(received().at(-1)).toEqual({ path: 'y' });
    await workbench.page.locator(tab).waitFor({ state: 'detached' });
  });

  it('leads to a rule for calls like it, which is shown before it is saved', async () => {
    const { workbench } = window;
    await mkdir(window.path('notes/drafts'));
    const policy = await window.read('.vscode/policy.json');
    const input = (name: string): object => ({ path: window.path(`notes/${name}`), content: long });
    const call = await window.begin(writeNote, input('drafts/a.md'));
    await more('write_file', 'Always Allow Calls Like This…');
    const prompt = await workbench.modal();
    expect(prompt.message).toContain('Always allow calls of "write_file" on server "filesystem"');
    expect(prompt.detail).toContain('• path lies in notes/drafts');
    await prompt.click('Show Difference');
    await workbench.page
      .locator('.tab.active', { hasText: 'policy.json (now ↔ with the rule)' })
      .waitFor();
    await workbench.screenshot('approval-always');
    expect(await window.read('.vscode/policy.json')).toBe(policy);
    const beside = await workbench.notification('Always allow calls of "write_file"');
    expect(beside.buttons).toEqual(['Cancel', 'Save Rule and Allow']);
    await beside.click('Save Rule and Allow');
    expect(await call.outcome).toContain('Successfully wrote');
    expect(JSON.parse(await window.read('.vscode/policy.json')).servers.filesystem.tools).toEqual({
      'read_*': {},
      'list_*': {},
      write_file: {
        approve_if: [
          { conditions: [{ not: { path: 'args.path', op: 'under', value: 'notes/drafts' } }] },
        ],
      },
    });
    expect(await window.call(writeNote, input('drafts/b.md'))).toContain('Successfully wrote');
    const elsewhere = await window.begin(writeNote, input('c.md'));
    await (await window.approval('write_file')).click('Deny');
    expect(await elsewhere.outcome).toContain('did not allow');
  });

  it('is not answered by commands that anyone can run', async () => {
    const { driver, workbench } = window;
    const before = received().length;
    const call = await window.begin(write, { path: 'forged' });
    const prompt = await window.approval('write_file');
    const forged = { kind: 'pending', pending: { id: '1', tool: 'write_file', server: 'plain' } };
    for (const command of ['allowOnce', 'allowForSession', 'moreAnswers', 'showArguments']) {
      await driver.executeCommand(`toolgate.${command}`, forged);
      await driver.executeCommand(`toolgate.${command}`);
    }
    await driver.executeCommand('toolgate.allowEdited', { path: '/1/write_file arguments.json' });
    await driver.executeCommand('toolgate.revokeGrant', { kind: 'grant', grant: { id: '1' } });
    expect(await workbench.page.locator('.monaco-dialog-box').count()).toBe(1);
    expect(await workbench.quickPickItems()).toEqual([]);
    expect(received()).toHaveLength(before);
    await prompt.click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('is seen from another window, which has none itself', async () => {
    const { driverFile, port } = window.server;
    const driver = await readFile(driverFile, 'utf8');
    await window.write('../other/readme.md', '# Other\n');
    const url = `http://localhost:${port}/?folder=${window.path('../other')}`;
    const other = await openWorkbench({ ...window.server, url });
    // The driver of this window goes on being the one of the first.
    await expect.poll(() => readFile(driverFile, 'utf8'), { timeout: 60_000 }).not.toBe(driver);
    await writeFile(driverFile, driver);
    const call = await window.begin(write, { path: 'seen' });
    const prompt = await window.approval('write_file');
    try {
      await expect.poll(() => other.statusBar('toolgate')).toBe('1 call waits in another window');
      await other.screenshot('approval-elsewhere');
      await prompt.click('Deny');
      expect(await call.outcome).toContain('did not allow');
      // No server is configured there, so there is nothing else to say.
      const item = other.page.locator('.statusbar-item[id*="toolgate.status"]');
      await item.waitFor({ state: 'hidden' });
    } finally {
      await other.dispose();
    }
  });
});

describe('a person who is asked', () => {
  let window: TestWindow;

  const set = (name: string, value: unknown): Promise<void> =>
    window.driver.evaluate(
      async (vscode, sent) =>
        vscode.workspace
          .getConfiguration()
          .update(sent.name, sent.value, vscode.ConfigurationTarget.Global),
      { name, value },
    );

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { plain: fixture('plain.mjs') } }),
        '.vscode/policy.json': json({
          version: '1',
          default: 'require_approval',
          tools: { write_file: { action: 'require_approval' } },
        }),
      },
    });
    await window.startTwin('plain');
  });

  afterAll(() => window?.dispose());

  it('is asked twice at first: by VS Code, and by the policy', async () => {
    const call = await window.begin(write, { path: 'a' });
    await window.workbench.answerHostPrompt('Yes');
    await (await window.approval('write_file')).click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('is asked once where they have said so, for tools that a rule names', async () => {
    await set('toolgate.hostPrompt', 'gatewayAsks');
    // VS Code lists the tools again in its own time.
    await expect
      .poll(async () => {
        const call = await window.begin(write, { path: 'a' });
        const prompt = await window.workbench.modal();
        const byToolgate = prompt.message === 'Allow "write_file" on server "plain"?';
        await prompt.click(byToolgate ? 'Deny' : 'Cancel');
        await call.outcome;
        return byToolgate;
      })
      .toBe(true);
    const call = await window.begin(write, { path: 'a' });
    await (await window.approval('write_file')).click('Allow Once');
    expect(await call.outcome).toBe('write_file done');
    expect(await window.workbench.hasModal()).toBe(false);
    // No rule names this one.
    const other = await window.begin(erase, {});
    await window.workbench.answerHostPrompt('Yes');
    await (await window.approval('delete_repo')).click('Deny');
    expect(await other.outcome).toContain('did not allow');
  });

  it('is asked in a notification, if they like that better', async () => {
    const { workbench } = window;
    await set('toolgate.approval.style', 'notification');
    const call = await window.begin(write, { path: 'b' });
    const prompt = await workbench.notification('Allow "write_file" on server "plain"?');
    expect(prompt.buttons[0]).toBe('Deny');
    expect(await workbench.hasModal()).toBe(false);
    await prompt.click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('sees how they have answered', async () => {
    const { workbench } = window;
    await workbench.runCommand('Show Approval Statistics');
    await workbench.page
      .locator('.tab.active[data-resource-name="approval statistics.txt"]')
      .waitFor();
    expect(await workbench.editorText()).toMatch(/Questions +\d+ .*\n +approved +1 /);
    await workbench.screenshot('approval-statistics');
  });
});
