import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesystem, filesystemTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const write = filesystemTool('write_file');
const edit = filesystemTool('create_directory');

describe('a call that needs approval', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem } }),
        '.vscode/policy.json': json({
          version: '1',
          default: 'require_approval',
          servers: {
            filesystem: {
              tools: {
                'read_*': {},
                write_file: { action: 'require_approval', reason: 'It writes over what is there.' },
              },
            },
          },
        }),
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    // VS Code's own questions are off, as in its "Bypass Approvals": the gateway asks all the same.
    await window.driver.silenceHostPrompts();
    await window.startTwin('filesystem');
  });

  afterAll(() => window?.dispose());

  const input = (name: string, content: string): object => ({
    path: window.path(`notes/${name}`),
    content,
  });

  const pendingRows = async (): Promise<string[]> => {
    const rows = await window.workbench.treeRows('Servers');
    return rows
      .filter((row) => /^Pending| s ago$/.test(row))
      .map((row) => row.replace(/\d+ s left · \d+ s ago$/, '… s left'));
  };

  it('shows what is asked for, as plain text in which nothing hides', async () => {
    const { workbench } = window;
    const content =
      'a\u202Eb\u200Bc\u0007 **bold** [click](https://example.com) <img src=x>\n# big';
    const call = await window.begin(write, input('odd.md', content));
    const prompt = await window.approval('write_file');
    expect(prompt.message).toBe('Allow "write_file" on server "filesystem"?');
    expect(prompt.detail).toBe(
      [
        'Risk: Write, high',
        'Asked by: the rule "write_file" of server "filesystem" (workspace policy)',
        'Client: code-server',
        'Reason: It writes over what is there.',
        '',
        'Arguments:',
        '{',
        `  "path": "${window.path('notes/odd.md')}",`,
        '  "content": "a\\u{202E}b\\u{200B}c\\u0007 **bold** [click](https://example.com) <img src=x>\\n# big"',
        '}',
      ].join('\n'),
    );
    const markup = '.monaco-dialog-box :is(.dialog-message-detail) :is(strong, a, img, h1)';
    expect(await workbench.page.locator(markup).count()).toBe(0);
    await workbench.screenshot('approval-modal');

    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1 approval');
    await expect
      .poll(() => workbench.activityBarLabel('Toolgate'))
      .toBe('Toolgate - 1 call waits for approval');
    await expect
      .poll(pendingRows)
      .toEqual(['Pending approvals 1', '  write_file filesystem · … s left']);

    await prompt.click('Allow Once');
    expect(await call.outcome).toContain('Successfully wrote');
    expect(await window.read('notes/odd.md')).toBe(content);
    await expect.poll(pendingRows).toEqual([]);
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1');
  });

  it('is not made when the person denies it', async () => {
    const call = await window.begin(write, input('plan.md', 'Buy gold.'));
    await (await window.approval('write_file')).click('Deny');
    expect(await call.outcome).toBe(
      '[POLICY DENIED] It writes over what is there. The person was asked and did not allow this call.',
    );
    expect(await window.read('notes/plan.md')).toBe('Buy bread.\n');
  });

  it('is not made when the person presses Escape', async () => {
    const { workbench } = window;
    const call = await window.begin(write, input('plan.md', 'Buy gold.'));
    await window.approval('write_file');
    await workbench.page.keyboard.press('Escape');
    expect(await call.outcome).toContain('did not allow this call');
    await expect.poll(() => workbench.hasModal()).toBe(false);
  });

  it('is not made by an Enter that was meant for an editor', async () => {
    const { workbench } = window;
    const call = await window.begin(write, input('plan.md', 'Buy gold.'));
    await window.approval('write_file');
    await workbench.page.keyboard.press('Enter');
    await expect.poll(() => workbench.quickPickItems()).toContain('Show Full Arguments');
    await workbench.screenshot('approval-more');
    // Any extension can choose the first of a list, and press the first button of a message.
    await window.driver.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await workbench.notification('Allow "write_file" on server "filesystem"?');
    await window.driver.executeCommand('notification.acceptPrimaryAction');
    expect(await call.outcome).toContain('did not allow this call');
    expect(await window.read('notes/plan.md')).toBe('Buy bread.\n');
  });

  it('goes on when it is allowed in the tree', async () => {
    const { workbench } = window;
    const first = await window.begin(write, input('first.md', 'one'));
    const prompt = await window.approval('write_file');
    await prompt.click('More…');
    await workbench.quickPick('Show Full Arguments');
    const beside = await workbench.notification('Allow "write_file" on server "filesystem"?');
    expect(beside.buttons).toEqual(['Deny', 'Allow Once', 'Allow for Session', 'More…']);
    await workbench.screenshot('approval-pending');
    await workbench.rowAction('write_file', 'Allow Once', { under: 'Pending approvals' });
    expect(await first.outcome).toContain('Successfully wrote');
    await expect.poll(pendingRows).toEqual([]);
  });

  it('shows all of long arguments as a document', async () => {
    const { workbench } = window;
    const paths = Array.from({ length: 300 }, (_, index) => `line ${index}`);
    const call = await window.begin(filesystemTool('search_files'), {
      path: window.path('notes'),
      pattern: '*',
      excludePatterns: paths,
    });
    const prompt = await window.approval('search_files');
    expect(prompt.detail).toMatch(/… \(\d+ more lines: choose More…, Show Full Arguments\)$/);
    await prompt.click('More…');
    await workbench.quickPick('Show Full Arguments');
    const tab = '.tab.active[data-resource-name="search_files arguments.json"]';
    await workbench.page.locator(tab).waitFor();
    expect(JSON.parse(await workbench.editorText())).toMatchObject({ excludePatterns: paths });
    const beside = await workbench.notification('Allow "search_files"');
    await beside.click('Deny');
    expect(await call.outcome).toContain('did not allow');
  });

  it('is the only one that is asked about at a time', async () => {
    const { workbench } = window;
    const first = await window.begin(write, input('one.md', 'one'));
    await window.approval('write_file');
    const second = await window.begin(edit, { path: window.path('notes/two') });
    await expect.poll(pendingRows).toHaveLength(3);
    expect(await workbench.page.locator('.monaco-dialog-box').count()).toBe(1);
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('2 approvals');
    await (await window.approval('write_file')).click('Allow Once');
    await (await window.approval('create_directory')).click('Deny');
    expect(await first.outcome).toContain('Successfully wrote');
    expect(await second.outcome).toContain('did not allow');
  });

  it('is not made once the agent has cancelled it', async () => {
    const { workbench } = window;
    const call = await window.begin(write, input('cancelled.md', 'x'));
    const prompt = await window.approval('write_file');
    await expect.poll(pendingRows).toHaveLength(2);
    await call.cancel();
    expect(await call.outcome).toMatch(/^error: .*[Cc]ancel/);
    await expect.poll(pendingRows).toEqual([]);
    await prompt.click('Allow Once');
    await workbench.notification('It was answered elsewhere, halted, or taken back by the agent.');
    await expect(window.read('notes/cancelled.md')).rejects.toThrow('ENOENT');
  });

  it('is not made when no one answers in time', async () => {
    const { workbench, driver } = window;
    await workbench.runCommand('Notifications: Clear All Notifications');
    const setTimeout = (seconds: number | undefined): Promise<void> =>
      driver.evaluate(
        async (vscode, value) =>
          vscode.workspace
            .getConfiguration('toolgate')
            .update('approval.timeout', value ?? undefined, vscode.ConfigurationTarget.Global),
        seconds ?? null,
      );
    await setTimeout(3);
    const call = await window.begin(write, input('late.md', 'x'));
    const prompt = await window.approval('write_file');
    expect(await call.outcome).toBe(
      '[POLICY DENIED] It writes over what is there. This call needs the approval of a person, and none came in time. It was not made.',
    );
    await expect.poll(pendingRows).toEqual([]);
    await prompt.click('Allow These Arguments for Session');
    await workbench.notification('No answer came in time, so it was not made.');
    await expect(window.read('notes/late.md')).rejects.toThrow('ENOENT');
    await setTimeout(undefined);
  });

  it('runs without asking for the rest of the session, if so allowed, and other tools still ask', async () => {
    const first = await window.begin(write, input('a.md', 'a'));
    await (await window.approval('write_file')).click('Allow These Arguments for Session');
    expect(await first.outcome).toContain('Successfully wrote');
    expect(await window.call(write, input('a.md', 'a'))).toContain('Successfully wrote');
    const other = await window.begin(edit, { path: window.path('notes/three') });
    await (await window.approval('create_directory')).click('Deny');
    expect(await other.outcome).toContain('did not allow');
  });
});
