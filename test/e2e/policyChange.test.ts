import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../vscode/process';
import type { Prompt } from '../vscode/workbench';
import { filesystem, filesystemTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const write = filesystemTool('write_file');
const file = '.vscode/policy.json';
const command = 'Toolgate: Review Policy Change';
const asks = `The changed policy ${file} allows more. Let it take effect?`;
const buttons = ['Let It Take Effect', 'Keep the Old Policy', 'Show Difference'];
const message =
  'A changed policy allows more. The old one stays in force until you review the change.';
const refusal = '[POLICY DENIED] Notes are not for agents.';

const strict = {
  default: 'deny',
  tools: {
    'read_*': {},
    write_file: { action: 'deny', reason: 'Notes are not for agents.' },
    create_directory: { action: 'require_approval' },
  },
};
const loose = { ...strict, tools: { ...strict.tools, write_file: {} } };
const looser = { ...loose, default: 'allow' };

describe('a changed policy', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem } }),
        [file]: json({ version: '1', ...strict }),
        'notes/plan.md': 'Buy bread.\n',
      },
      settings: { 'files.autoSave': 'off' },
    });
    await window.driver.silenceHostPrompts();
    await window.startTwin('filesystem');
    await window.workbench.expandRow('filesystem');
    await window.workbench.row('write_file');
  });

  afterAll(() => window?.dispose());

  const attempt = (): Promise<string> =>
    window.call(write, { path: window.path('notes/plan.md'), content: 'Buy gold.\n' });

  const isRefused = async (): Promise<void> => {
    expect(await attempt()).toBe(refusal);
    expect(await window.read('notes/plan.md')).toBe('Buy bread.\n');
  };

  const review = async (): Promise<Prompt> => {
    const prompt = await window.workbench.modal();
    expect(prompt.message).toBe(asks);
    return prompt;
  };

  /** Waits until all that shows the state of the policy shows this. */
  const shows = async (row: string, status: string, text: string): Promise<void> => {
    const { workbench } = window;
    expect(await window.rows('Policy', [row])).toEqual([row]);
    await expect.poll(() => workbench.statusBar('toolgate')).toBe(status);
    const notice = (await workbench.pane('Servers')).locator('.message');
    await expect.poll(async () => (await notice.allInnerTexts()).join('').trim()).toBe(text);
  };
  const showsThatItWaits = (): Promise<void> =>
    shows('Workspace policy a change waits', 'Policy', message);
  const showsNothingWrong = (): Promise<void> => shows(`Workspace policy ${file}`, '1', '');

  it('does not count while it allows more, and says so', async () => {
    await window.changePolicy(loose);
    await isRefused();
    const notice = await window.workbench.notification('was changed and allows more');
    expect(notice.message).toBe(
      `The policy ${file} was changed and allows more. The old one stays in force until you confirm the change.`,
    );
    expect(notice.buttons).toEqual(['Review Change']);
    await showsThatItWaits();
    await notice.click('Review Change');
  });

  it('is shown as a difference, with all that it loosens', async () => {
    const { workbench } = window;
    const prompt = await review();
    expect(prompt.buttons).toEqual(buttons);
    expect(prompt.detail).toMatch(/^• .*write_file.*\n\nUntil you confirm it, the old policy/s);
    const title = 'policy.json (in force ↔ changed)';
    await workbench.page.locator('.tab.active', { hasText: title }).waitFor();
    const changed = workbench.page.locator('.monaco-diff-editor .modified .char-insert');
    await changed.first().waitFor({ state: 'attached' });
    await workbench.screenshot('policy-review');
  });

  it('stays without effect on Escape and on "Keep the Old Policy"', async () => {
    const { workbench } = window;
    await review();
    await workbench.page.keyboard.press('Escape');
    await expect.poll(() => workbench.hasModal()).toBe(false);
    await isRefused();
    await workbench.page.locator('.statusbar-item[id*="toolgate"]', { hasText: 'Policy' }).click();
    await (await review()).click('Keep the Old Policy');
    await isRefused();
    await showsThatItWaits();
  });

  it('stays without effect on an Enter that was meant for an editor, which shows it instead', async () => {
    const { workbench, driver } = window;
    await workbench.runCommand(command);
    await review();
    await workbench.page.keyboard.press('Enter');
    const beside = await workbench.notification(asks);
    expect(beside.buttons).toEqual(['Keep the Old Policy', 'Let It Take Effect']);
    await workbench.screenshot('policy-review-beside');
    // Any extension can press the first button of a message.
    await driver.executeCommand('notification.acceptPrimaryAction');
    await expect.poll(() => workbench.notifications()).not.toContain(asks);
    await isRefused();
    await showsThatItWaits();
  });

  it('stays without effect where commands are run by their ids', async () => {
    const { driver } = window;
    await driver.evaluate((vscode, path) => {
      const sent = [vscode.Uri.file(path), { confirm: true }, 'Let It Take Effect'];
      void vscode.commands.executeCommand('toolgate.reviewPolicy', ...sent);
    }, window.path(file));
    const prompt = await review();
    await isRefused();
    await prompt.click('Keep the Old Policy');
    await isRefused();

    const folder = { path: window.path('notes/drafts') };
    const call = await window.begin(filesystemTool('create_directory'), folder);
    const question = await window.approval('create_directory');
    await driver.evaluate(async (vscode) => {
      for (const id of ['toolgate.allowOnce', 'toolgate.allowForSession']) {
        for (const known of [undefined, 0, 1, '0', '1', 'create_directory']) {
          const forged = { kind: 'pending', id: known, pending: { id: known, remember: true } };
          await vscode.commands.executeCommand(id, forged);
          await vscode.commands.executeCommand(id, known);
        }
      }
    });
    expect(await window.workbench.statusBar('toolgate')).toBe('1 approval');
    await question.click('Deny');
    expect(await call.outcome).toContain('did not allow this call');
  });

  it('is not changed further by the buttons of the tree', async () => {
    const { workbench } = window;
    const before = await window.read(file);
    const told = 'A change of the policy waits for your confirmation. Review it first.';
    const isTold = async (): Promise<true | undefined> =>
      (await workbench.notifications()).some((text) => text.includes(told)) || undefined;
    // The message above the tree moves its rows, and a click at the old place misses; a person
    // clicks again.
    await waitUntil('the refusal', 30_000, async () => {
      await workbench.rowAction('write_file', 'Require Approval');
      return waitUntil('the message', 4000, isTold).catch(() => undefined);
    });
    const notice = await workbench.notification(told);
    await notice.click('Review Change');
    await (await review()).click('Keep the Old Policy');
    expect(await window.read(file)).toBe(before);
  });

  it('is not confirmed if the file is another one by then', async () => {
    const { workbench } = window;
    await workbench.runCommand(command);
    const prompt = await review();
    await window.changePolicy(looser);
    await prompt.click('Let It Take Effect');
    await workbench.notification(
      'The file has changed again meanwhile. Nothing was confirmed; review it once more.',
    );
    await isRefused();
    await showsThatItWaits();
  });

  it('counts for the next call once the person lets it take effect', async () => {
    const { workbench } = window;
    await workbench.runCommand(command);
    await (await review()).click('Let It Take Effect');
    expect(await attempt()).toContain('Successfully wrote');
    await showsNothingWrong();
    await window.write('notes/plan.md', 'Buy bread.\n');
  });

  it('counts for the next call without a question if it allows nothing new', async () => {
    const { workbench } = window;
    await workbench.runCommand('Notifications: Clear All Notifications');
    await window.changePolicy(strict);
    await isRefused();
    await showsNothingWrong();
    expect(await workbench.hasModal()).toBe(false);
    expect(await workbench.notifications()).toEqual([]);
  });

  it('is not mixed with what is unsaved in the editor', async () => {
    const { workbench } = window;
    const before = await window.read(file);
    await workbench.openFile(window.path(file));
    await workbench.replaceEditorText(before.replace('"deny"', '"allow"'));
    await workbench.rowAction('write_file', 'Require Approval');
    await workbench.notification('The policy has unsaved changes. Save it first.');
    expect(await window.read(file)).toBe(before);
    await workbench.runCommand('File: Revert File');
    await isRefused();
  });

  it('waits too when it comes from the palette, where no click names the tool', async () => {
    const { workbench, driver } = window;
    await driver.evaluate((vscode) => {
      void vscode.commands.executeCommand('toolgate.allowTool');
    });
    await expect.poll(() => workbench.quickPickItems()).toContain('write_file');
    await workbench.page.keyboard.type('write_file');
    await expect.poll(() => workbench.quickPickItems()).toEqual(['write_file']);
    await driver.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    const prompt = await review();
    await isRefused();
    await prompt.click('Let It Take Effect');
    expect(await attempt()).toContain('Successfully wrote');
    await showsNothingWrong();
    await window.write('notes/plan.md', 'Buy bread.\n');
    await window.changePolicy(strict);
    await isRefused();
  });

  it('counts, or waits, likewise when a setting of the workspace names another file', async () => {
    const other = '.vscode/other.json';
    const settings = '.vscode/settings.json';
    const closed = { '*': { action: 'deny', reason: 'Closed.' } };
    await window.write(
      other,
      json({ version: '1', default: 'deny', servers: { '*': { tools: closed } } }),
    );
    await window.write(settings, json({ 'toolgate.policyFile': other }));
    await expect.poll(attempt).toBe('[POLICY DENIED] Closed.');
    await window.write(other, json({ version: '1', ...loose }));
    await showsThatItWaits();
    expect(await attempt()).toBe('[POLICY DENIED] Closed.');
    // What was in force is the other one by now, so that the old file is a change too.
    await window.write(settings, json({}));
    // The view has said so all along; only the setting tells that it now speaks of the old file.
    const policyFile = (): Promise<unknown> =>
      window.driver.evaluate((vscode) =>
        vscode.workspace.getConfiguration('toolgate').get('policyFile'),
      );
    await expect.poll(policyFile).toBe(file);
    await expect
      .poll(() => window.workbench.treeRows('Policy'))
      .toEqual(['Workspace policy a change waits']);
    expect(await attempt()).toBe('[POLICY DENIED] Closed.');
    await window.workbench.runCommand(command);
    await (await review()).click('Let It Take Effect');
    await isRefused();
    await showsNothingWrong();
  });

  it('waits too when its file is deleted', async () => {
    const { workbench } = window;
    await workbench.runCommand('Notifications: Clear All Notifications');
    await rm(window.path(file));
    await isRefused();
    await showsThatItWaits();
    const notice = await workbench.notification('was changed and allows more');
    await notice.click('Review Change');
    const prompt = await review();
    expect(prompt.detail).toContain('The policy file is gone.');
    await prompt.click('Let It Take Effect');
    expect(await attempt()).toContain('Successfully wrote');
    await expect.poll(() => workbench.viewText('Policy')).toContain('There is no policy file yet.');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1');
  });

  it('waits too when it is a preset that allows more than what is in force', async () => {
    const { workbench } = window;
    await workbench.runCommand('Toolgate: Create Policy…');
    await workbench.quickPick('permissive');
    await (await review()).click('Keep the Old Policy');
    await showsThatItWaits();
  });
});
