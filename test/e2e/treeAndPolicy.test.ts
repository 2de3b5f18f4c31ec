import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../vscode/process';
import { filesystem, memory } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const filesystemRows = [
  'filesystem running · 14 tools · 3 high',
  '  read_file allow · Read, medium',
  '  read_text_file allow · Read, medium',
  '  read_media_file allow · Read, medium',
  '  read_multiple_files allow · Read, medium',
  '  write_file 30/minute · Write, high',
  '  edit_file 30/minute · Write, high',
  '  create_directory 30/minute · Write, high',
  '  list_directory allow · Read, medium',
  '  list_directory_with_sizes allow · Read, medium',
  '  directory_tree allow · Read, medium',
  '  move_file 30/minute · Write, medium',
  '  search_files allow · Read, medium',
  '  get_file_info allow · Read, medium',
  '  list_allowed_directories allow · Read, low',
];

describe('the tree of servers', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.json': json({ servers: { open: memory } }),
        '.vscode/mcp.guarded.json': json({
          servers: {
            filesystem,
            missing: { command: 'no-such-program-anywhere' },
            // It never answers.
            slow: { command: 'node', args: ['-e', 'process.stdin.resume()'] },
          },
        }),
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    await window.workbench.openView('Toolgate');
  });

  afterAll(() => window?.dispose());

  it('shows guarded servers, starts none by itself, and warns of the others', async () => {
    const rows = ['filesystem guarded', 'missing guarded', 'open not guarded', 'slow guarded'];
    expect(await window.rows('Servers', rows)).toEqual(rows);
  });

  it('shows each tool with its risk and what happens to calls', async () => {
    await window.workbench.page.setViewportSize({ width: 1280, height: 1000 });
    await window.workbench.expandRow('filesystem');
    const rows = [
      ...filesystemRows.map((row) => row.replace('filesystem running', 'filesystem guarded')),
      'missing guarded',
      'open not guarded',
      'slow guarded',
    ];
    expect(await window.rows('Servers', rows)).toEqual(rows);
  });

  it('says why a server could not be started', async () => {
    const { workbench } = window;
    await workbench.expandRow('missing');
    await expect
      .poll(async () => (await workbench.treeRows('Servers')).slice(15))
      .toEqual([
        'missing failed',
        expect.stringMatching(/^ {2}.*no-such-program-anywhere/),
        'open not guarded',
        'slow guarded',
      ]);
  });

  it('filters tools by any words, and groups them by risk', async () => {
    const { workbench } = window;
    await workbench.runCommand('Filter Tools…');
    await workbench.quickInput('write high');
    const three = ['write_file', 'edit_file', 'create_directory'];
    await expect
      .poll(async () => (await workbench.treeRows('Servers')).slice(1, 5))
      .toEqual([
        ...three.map((tool) => `  ${tool} 30/minute · Write, high`),
        expect.stringMatching(/^missing/),
      ]);
    await workbench.runCommand('Group by Risk');
    const rows = [
      'High 3',
      ...three.map((tool) => `  ${tool} 30/minute · filesystem · Write`),
      'missing failed',
      'open not guarded',
      'slow guarded',
    ];
    await expect
      .poll(async () => (await workbench.treeRows('Servers')).filter((row) => !/on PATH/.test(row)))
      .toEqual(rows);
    await workbench.runCommand('Clear Filter');
    const pane = workbench.treeRows.bind(workbench, 'Servers');
    await expect.poll(pane).toEqual(expect.arrayContaining(['High 3', 'Medium 10', 'Low 1']));
    await workbench.screenshot('tree-by-risk');
    await workbench.runCommand('Group by Server');
    await expect.poll(pane).toContain('filesystem guarded · 14 tools · 3 high');
  });

  it('shows a server that takes its time as starting', async () => {
    const { workbench } = window;
    await workbench.rowAction('slow', 'Load Tools');
    await expect
      .poll(async () => (await workbench.treeRows('Servers')).at(-1))
      .toBe('slow starting');
    await workbench.screenshot('tree-light');
  });

  it.each([
    ['dark', 'Default Dark Modern'],
    ['high-contrast', 'Default High Contrast'],
  ])('is drawn in %s', async (name, theme) => {
    const { workbench, driver } = window;
    await setTheme(window, theme);
    await workbench.screenshot(`tree-${name}`);
    await driver.evaluate(async (vscode) =>
      vscode.workspace
        .getConfiguration()
        .update('workbench.colorTheme', undefined, vscode.ConfigurationTarget.Global),
    );
  });
});

describe('the policy', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem, memory } }),
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    await window.workbench.openView('Toolgate');
    await window.workbench.expandRow('filesystem');
  });

  afterAll(() => window?.dispose());

  /** A click while the tree is redrawn gets lost, so each waits for what the one before did. */
  const shows = async (row: string): Promise<void> => {
    await expect.poll(() => window.workbench.treeRows('Servers')).toContain(row);
  };
  const policy = (): Promise<string> => window.read('.vscode/policy.json');
  const ownRules = async (): Promise<unknown> =>
    JSON.parse((await policy()).replace(/^ *\/\/.*$/gm, '')).servers?.filesystem.tools;

  it('is created from the recommended one by the first change in the tree', async () => {
    const { workbench } = window;
    await expect.poll(() => workbench.viewText('Policy')).toContain('There is no policy file yet.');
    await shows('filesystem guarded · 14 tools · 3 high');
    await workbench.rowAction('write_file', 'Require Approval');
    await expect.poll(ownRules).toEqual({
      write_file: { action: 'require_approval', rate_limit: { max: 30, window: 60 } },
    });
    expect(JSON.parse(await policy())).toMatchObject({
      default: 'require_approval',
      risk: { Read: {}, Destructive: { action: 'require_approval' } },
    });
    await workbench.row('write_file');
    await shows('  write_file ask, 30/minute · Write, high');
  });

  it('is changed by the actions of a tool, with its comments kept', async () => {
    const { workbench } = window;
    const commented = (await policy()).replace('  "risk"', '  // By risk.\n  "risk"');
    await window.write('.vscode/policy.json', commented);

    await workbench.rowAction('write_file', 'Deny');
    await expect.poll(ownRules).toMatchObject({ write_file: { action: 'deny' } });
    await shows('  write_file deny · Write, high');
    await workbench.rowAction('write_file', 'Allow');
    await expect.poll(ownRules).toEqual({ write_file: {} });
    await shows('  write_file allow · Write, high');
    await workbench.rowAction('write_file', 'Hide');
    await expect.poll(ownRules).toEqual({ write_file: { action: 'hide' } });
    await shows('  write_file hidden · Write, high');
    await workbench.rowAction('write_file', 'Allow');
    await expect.poll(ownRules).toEqual({ write_file: {} });
    await shows('  write_file allow · Write, high');
    await workbench.rowAction('write_file', 'Limit Rate…');
    await workbench.quickPick('5 per minute');
    await expect.poll(ownRules).toEqual({ write_file: { rate_limit: { max: 5, window: 60 } } });
    await shows('  write_file 5/minute · Write, high');
    await workbench.rowAction('write_file', 'Limit Rate…');
    await workbench.quickPick('Other…');
    await workbench.quickInput('20/90');
    await expect.poll(ownRules).toEqual({ write_file: { rate_limit: { max: 20, window: 90 } } });
    expect(await policy()).toContain('  // By risk.\n  "risk"');
    await shows('  write_file 20/90 s · Write, high');
  });

  it('goes by the category that the person gives a tool', async () => {
    const { workbench } = window;
    const own = async (): Promise<unknown> =>
      JSON.parse((await policy()).replace(/^ *\/\/.*$/gm, '')).servers?.filesystem.classify;
    await workbench.contextMenu('create_directory', 'Set Category…');
    await workbench.quickPick('Destructive');
    await expect.poll(own).toEqual({ create_directory: 'Destructive' });
    await shows('  create_directory ask · Destructive, critical, your category');
    await shows('filesystem guarded · 14 tools · 1 critical');
    await workbench.contextMenu('create_directory', 'Set Category…');
    await workbench.quickPick('No category of my own');
    await expect.poll(own).toEqual({});
    await shows('  create_directory 30/minute · Write, high');
  });

  it('is changed in one step that can be undone', async () => {
    const { workbench } = window;
    await workbench.openFile(window.path('.vscode/policy.json'));
    const before = await workbench.editorText();
    await workbench.rowAction('move_file', 'Deny');
    await expect.poll(ownRules).toMatchObject({ move_file: { action: 'deny' } });
    expect(await workbench.editorText()).not.toBe(before);
    await workbench.page.keyboard.press('ControlOrMeta+z');
    expect(await workbench.editorText()).toBe(before);
    await workbench.saveAll();
    await expect.poll(policy).toBe(before);
    // To undo a denial is to allow again, whoever pressed the keys.
    const notice = await workbench.notification('was changed and allows more');
    await notice.click('Review Change');
    await (await workbench.modal()).click('Let It Take Effect');
    await shows('  move_file 30/minute · Write, medium');
  });

  it('is changed from the palette for a tool of any guarded server', async () => {
    const { workbench } = window;
    await workbench.runCommand('Toolgate: Deny');
    await workbench.quickPick('move_file');
    await expect.poll(ownRules).toMatchObject({ move_file: { action: 'deny' } });
  });

  it('shows the rule that decides', async () => {
    const { workbench, driver } = window;
    const selected = (): Promise<string> =>
      driver.evaluate((vscode) => {
        const editor = vscode.window.activeTextEditor;
        return editor?.document.getText(editor.selection) ?? '';
      });
    // A click in the moment in which the editor takes in a changed tree gets lost, as a person's would.
    const ruleOf = async (tool: string): Promise<string> => {
      const before = await selected();
      await workbench.rowAction(tool, 'Show Rule');
      const changed = async (): Promise<string | undefined> => {
        const now = await selected();
        return now === before ? undefined : now;
      };
      return waitUntil(`the rule of ${tool}`, 3000, changed).catch(() => before);
    };
    await expect
      .poll(() => ruleOf('move_file'))
      .toMatch(/^"move_file": \{.*"action": "deny"\s*\}$/s);
    await expect.poll(() => ruleOf('read_file')).toBe('"Read": {}');
  });
});

describe('the editor of policies', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { filesystem } }),
        '.vscode/policy.json': json({ version: '1', default: 'allow' }),
        'notes/plan.md': 'Buy bread.\n',
      },
      // On in browsers: it would save what is half written.
      settings: { 'files.autoSave': 'off' },
    });
    await window.workbench.openView('Toolgate');
    await window.workbench.expandRow('filesystem');
    await window.workbench.row('write_file');
    await window.workbench.openFile(window.path('.vscode/policy.json'));
  });

  afterAll(() => window?.dispose());

  /** Fills the editor, with the cursor where `|` stands. */
  const fill = async (text: string): Promise<void> => {
    await window.workbench.replaceEditorText(text.replace('|', ''));
    await window.driver.evaluate((vscode, offset) => {
      const editor = vscode.window.activeTextEditor!;
      const at = editor.document.positionAt(offset);
      editor.selection = new vscode.Selection(at, at);
    }, text.indexOf('|'));
  };

  it('completes actions', async () => {
    const { workbench } = window;
    await fill(
      '{\n  "version": "1",\n  "default": "allow",\n  "tools": { "move_file": { "action": | } }\n}\n',
    );
    await workbench.runCommand('Trigger Suggest');
    const list = workbench.page.locator('.suggest-widget.visible .monaco-list-row .label-name');
    await expect
      .poll(async () => (await list.allInnerTexts()).sort())
      .toEqual(['"allow"', '"deny"', '"hide"', '"require_approval"']);
    await workbench.screenshot('policy-completion');
    await workbench.page.keyboard.press('Escape');
  });

  it('explains a key under the pointer', async () => {
    const { workbench } = window;
    await fill(
      '{\n  "version": "1",\n  "default": "allow",\n  "tools": { "a": { "rate|_limit": { "max": 1, "window": 60 } } }\n}\n',
    );
    await workbench.runCommand('Show or Focus Hover');
    const hover = workbench.page.locator('.monaco-hover:visible').last();
    await expect.poll(() => hover.textContent()).toMatch(/window/i);
    await workbench.page.keyboard.press('Escape');
  });

  it('reports each mistake once, where it stands', async () => {
    const { workbench } = window;
    await fill(
      [
        '{',
        '  "version": "1",',
        '  "default": "allow",',
        '  "default": "deny",',
        '  "toolz": {},',
        '  "tools": { "move_file": { "action": "forbid" } }',
        '}|',
        '',
      ].join('\n'),
    );
    // VS Code calls a key that is written twice a warning; to Toolgate it is an error, and says so.
    await expect
      .poll(() => workbench.problems())
      .toEqual([
        'policy.json: Error: "default" is written twice. Keep one of them. at line 4 and character 3. generated by Toolgate',
        'policy.json: Warning: Duplicate object key at line 3 and character 3. generated by jsonc',
        'policy.json: Warning: Duplicate object key at line 4 and character 3. generated by jsonc',
        'policy.json: Warning: Property toolz is not allowed. at line 5 and character 3.',
        'policy.json: Warning: Value is not accepted. Valid values: "allow", "deny", "require_approval", "hide". at line 6 and character 39.',
      ]);
  });

  it('reports names that fit nothing, and mends a tool by a quick fix', async () => {
    const { workbench } = window;
    await fill(
      '{\n  "version": "1",\n  "default": "allow",\n  "servers": {\n    "filesystem": { "tools": { "move_fil|": {} } },\n    "filesistem": {}\n  }\n}\n',
    );
    await expect
      .poll(() => workbench.problems())
      .toEqual([
        expect.stringContaining('There is no tool "move_fil". Did you mean "move_file"?'),
        expect.stringContaining('There is no server "filesistem". Did you mean "filesystem"?'),
      ]);
    await workbench.screenshot('policy-diagnostic');
    await workbench.runCommand('Quick Fix...');
    await workbench.page
      .locator('.action-widget')
      .getByText('Change to "move_file"', { exact: true })
      .click();
    await expect
      .poll(() => workbench.problems())
      .toEqual([expect.stringContaining('There is no server "filesistem".')]);
    expect(await workbench.editorText()).toContain('"tools": { "move_file": {} }');
  });

  it('checks guarded servers by the schema of mcp.json', async () => {
    const { workbench } = window;
    await workbench.openFile(window.path('.vscode/mcp.guarded.json'));
    await workbench.replaceEditorText(
      '{ "servers": { "a": { "type": "stdio", "command": 5 } } }\n',
    );
    await expect
      .poll(() => workbench.problems())
      .toContainEqual(expect.stringContaining('Incorrect type. Expected "string".'));
  });
});

async function setTheme({ workbench, driver }: TestWindow, theme: string): Promise<void> {
  const before = await workbench.page.locator('.monaco-workbench').getAttribute('class');
  await driver.evaluate(
    async (vscode, name) =>
      vscode.workspace
        .getConfiguration()
        .update('workbench.colorTheme', name, vscode.ConfigurationTarget.Global),
    theme,
  );
  await expect
    .poll(() => workbench.page.locator('.monaco-workbench').getAttribute('class'))
    .not.toBe(before);
}
