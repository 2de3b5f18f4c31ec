import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../vscode/process';
import { filesystemTool, memoryTool, publishedServer, workspaceFolder } from './support/servers';
import { openTestWindow, type TestWindow } from './support/testWindow';

const configText = `// The servers of this project.
{
  "servers": {
    // Notes, and nothing beside them.
    "filesystem": {
      "type": "stdio",
      "command": "node", // whichever is on PATH
      "args": [
        "${publishedServer('filesystem')}",
        "\${workspaceFolder}/notes",
      ],
    },
    /* What was learned. */
    "memory": {
      "type": "stdio", "command": "node", "args": ["${publishedServer('memory')}"],
      "env": { "MEMORY_FILE_PATH": "\${workspaceFolder}/memory.jsonl" }
    }
  },
  "inputs": []
}
`;

const read = filesystemTool('read_text_file');
const write = filesystemTool('write_file');
const unguarded = ['filesystem not guarded', 'memory not guarded'];

describe('a server that is guarded, called and restored', () => {
  let window: TestWindow;
  let names: string[];

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.json': configText,
        'notes/plan.md': 'Buy bread.\n',
      },
    });
    await window.driver.silenceHostPrompts();
    await window.workbench.openView('Toolgate');
  });

  afterAll(() => window?.dispose());

  it('is called past the gateway at first', async () => {
    expect(await window.rows('Servers', unguarded)).toEqual(unguarded);
    names = await waitUntil('both servers to run', 30_000, async () => {
      // While VS Code still takes in the list of servers, it ignores the command.
      await window.driver.startMcpServer('mcp.config.ws0.filesystem');
      await window.driver.startMcpServer('mcp.config.ws0.memory');
      const known = await window.toolNames();
      const wanted = [write, memoryTool('read_graph')];
      return wanted.every((name) => known.includes(name)) ? known : undefined;
    });
    expect(names).toEqual(
      expect.arrayContaining([
        read,
        write,
        memoryTool('read_graph'),
        memoryTool('add_observations'),
      ]),
    );
  });

  it('shows its whole entry before it is guarded', async () => {
    const { workbench } = window;
    await workbench.rowAction('filesystem', 'Guard Server');
    const prompt = await workbench.modal();
    expect(prompt.message).toBe('Guard "filesystem"?');
    expect(prompt.detail).toContain('.vscode/mcp.guarded.json');
    expect(prompt.detail).toContain(publishedServer('filesystem'));
    expect(prompt.detail).toContain(`"${workspaceFolder}/notes"`);
    expect(prompt.buttons).toEqual(['Guard', 'Cancel', 'Show Changes']);
    await workbench.screenshot('guard-modal');
    await prompt.click('Cancel');
    expect(await window.read('.vscode/mcp.json')).toBe(configText);
  });

  it('moves to the guarded file with its comments', async () => {
    const { workbench } = window;
    await workbench.rowAction('filesystem', 'Guard Server');
    await (await workbench.modal()).click('Guard');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1/2');
    // A server that ran is ended by VS Code.
    await window.driver.waitForTools((tools) => tools.every(({ name }) => name !== read));

    const config = await window.read('.vscode/mcp.json');
    expect(config).not.toContain('"filesystem"');
    expect(config).toContain('/* What was learned. */');
    const guarded = await window.read('.vscode/mcp.guarded.json');
    expect(guarded).toContain('// Notes, and nothing beside them.');
    expect(guarded).toContain('"command": "node", // whichever is on PATH');
    expect(guarded).not.toContain('"memory"');
  });

  it('offers the same tools under the same names through the gateway', async () => {
    await window.startTwin('filesystem');
    await window.driver.waitForTools((tools) => tools.length === names.length);
    expect(await window.toolNames()).toEqual(names);
  });

  it('gives the text of an allowed call', async () => {
    expect(await window.call(read, { path: window.path('notes/plan.md') })).toBe(
      '{"content":"Buy bread.\\n"}',
    );
  });

  it('answers a denied call with the reason', async () => {
    const tools = { write_file: { action: 'deny', reason: 'Notes are not for agents.' } };
    await window.writePolicy({ default: 'allow', tools });
    const input = { path: window.path('notes/plan.md'), content: 'Buy gold.' };
    expect(await window.call(write, input)).toBe('[POLICY DENIED] Notes are not for agents.');
    expect(await window.read('notes/plan.md')).toBe('Buy bread.\n');
  });

  it('refuses the sixth call within a minute', async () => {
    const tools = { list_directory: { rate_limit: { max: 5, window: 60 } } };
    await window.writePolicy({ default: 'allow', tools });
    const list = async (): Promise<string> =>
      window.call(filesystemTool('list_directory'), { path: window.path('notes') });
    for (let count = 0; count < 5; count++) {
      expect(await list()).toBe('{"content":"[FILE] plan.md"}');
    }
    expect(await list()).toMatch(
      /^\[POLICY DENIED\] The rate limit of the rule "list_directory" is used up\. Try again in \d+ seconds\.$/,
    );
  });

  it('refuses what a rule requires to be otherwise', async () => {
    const require = [
      {
        conditions: [{ path: 'args.path', op: 'under', value: 'notes/drafts' }],
        on_deny: 'Agents write drafts only.',
      },
    ];
    await window.writePolicy({ default: 'allow', tools: { write_file: { require } } });
    const saved = async (path: string): Promise<string> =>
      window.call(write, { path: window.path(path), content: 'Buy gold.' });
    await window.write('notes/drafts/empty.md', '');
    expect(await saved('notes/drafts/list.md')).toContain('Successfully wrote');
    expect(await saved('notes/drafts/../plan.md')).toBe(
      '[POLICY DENIED] Agents write drafts only.',
    );
    expect(await window.read('notes/plan.md')).toBe('Buy bread.\n');
  });

  it('asks only about what a rule wants asked, and each time where it says never to remember', async () => {
    const rule = {
      approve_if: [
        {
          conditions: [{ path: 'args.head', op: 'gt', value: 100 }],
          reason: 'That is a lot to read.',
        },
      ],
      approval: { remember: 'never' },
    };
    await window.writePolicy({ default: 'allow', tools: { read_text_file: rule } });
    const path = window.path('notes/plan.md');
    expect(await window.call(read, { path, head: 100 })).toContain('Buy bread.');
    const call = await window.begin(read, { path, head: 101 });
    const prompt = await window.approval('read_text_file');
    expect(prompt.detail).toContain('Reason: That is a lot to read.');
    expect([...prompt.buttons].sort()).toEqual(['Allow Once', 'Deny', 'More…']);
    await prompt.click('Allow Once');
    expect(await call.outcome).toContain('Buy bread.');
  });

  it('refuses the call that would spend more than is left', async () => {
    const limits = [{ max: 10, window: 'hour', cost: 'args.head' }];
    await window.writePolicy({ default: 'allow', tools: { read_text_file: { limits } } });
    const path = window.path('notes/plan.md');
    expect(await window.call(read, { path, head: 6 })).toContain('Buy bread.');
    expect(await window.call(read, { path, head: 5 })).toMatch(/^\[POLICY DENIED\] .*limit/);
    expect(await window.call(read, { path, head: 4 })).toContain('Buy bread.');
  });

  it('shows agents the bounds of arguments in the schema of the tool', async () => {
    const args = { properties: { head: { maximum: 5 } } };
    await window.writePolicy({ default: 'allow', tools: { read_text_file: { args } } });
    const narrowed = { properties: { head: { type: 'number', maximum: 5 } } };
    await window.driver.waitForTools((tools) => {
      const { inputSchema } = tools.find(({ name }) => name === read) ?? {};
      return JSON.stringify(inputSchema).includes('"maximum":5');
    });
    const tool = (await window.driver.tools()).find(({ name }) => name === read);
    expect(tool?.inputSchema).toMatchObject(narrowed);
    const path = window.path('notes/plan.md');
    expect(await window.call(read, { path, head: 5 })).toContain('Buy bread.');
    expect(await window.call(read, { path, head: 6 })).toMatch(/^\[POLICY DENIED\] /);
  });

  it('judges the very next call by an edited policy', async () => {
    const input = { path: window.path('notes/plan.md') };
    for (const action of ['deny', 'allow', 'deny', 'allow']) {
      await window.writePolicy({ default: 'allow', tools: { 'read_*': { action } } });
      const text = await window.call(read, input);
      expect([action, text.startsWith('[POLICY DENIED]')]).toEqual([action, action === 'deny']);
    }
  });

  it('takes a hidden tool out of the list, and puts it back', async () => {
    await window.writePolicy({ default: 'allow', hide: ['move_*'] });
    const hidden = filesystemTool('move_file');
    await window.driver.waitForTools((tools) => !tools.some(({ name }) => name === hidden));
    expect(await window.toolNames()).toEqual(names.filter((name) => name !== hidden));
    await window.writePolicy({ default: 'allow' });
    await window.driver.waitForTools((tools) => tools.length === names.length);
  });

  it('keeps the last good policy while the file is broken, and says so', async () => {
    const { workbench } = window;
    const tools = { read_text_file: { action: 'deny', reason: 'Closed.' } };
    await window.writePolicy({ default: 'allow', tools });
    expect(await window.call(read, { path: window.path('notes/plan.md') })).toBe(
      '[POLICY DENIED] Closed.',
    );
    await window.write('.vscode/policy.json', '{ "version": "1", "default": "allow", ');
    const notice = await workbench.notification('.vscode/policy.json cannot be used');
    expect(notice.message).toContain('The last good one stays in force.');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('Policy');
    const broken = ['Workspace policy broken: the last good one is in force'];
    expect(await window.rows('Policy', broken)).toEqual(broken);
    expect(await window.call(read, { path: window.path('notes/plan.md') })).toBe(
      '[POLICY DENIED] Closed.',
    );
    await workbench.screenshot('policy-broken');
    await notice.click('Open Policy');
    await workbench.page.locator('.tab.active[data-resource-name="policy.json"]').waitFor();
  });

  it('goes on with the policy once it is mended', async () => {
    const { workbench } = window;
    await window.writePolicy({ default: 'allow' });
    expect(await window.call(read, { path: window.path('notes/plan.md') })).toContain('Buy bread.');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1/2');
    const mended = ['Workspace policy .vscode/policy.json'];
    expect(await window.rows('Policy', mended)).toEqual(mended);
  });

  it('is restored to the byte', async () => {
    const { workbench } = window;
    await workbench.rowAction('filesystem', 'Restore Server');
    const prompt = await workbench.modal();
    expect(prompt.message).toBe('Restore "filesystem"?');
    await prompt.click('Restore');
    await expect.poll(() => window.read('.vscode/mcp.json')).toBe(configText);
    expect(await window.rows('Servers', unguarded)).toEqual(unguarded);
  });

  it('is guarded and restored together with all others', async () => {
    const { workbench } = window;
    await workbench.runCommand('Toolgate: Guard All Servers');
    const guard = await workbench.modal();
    expect(guard.message).toBe('Guard "filesystem", "memory"?');
    await guard.click('Guard');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('2');
    await window.startTwin('filesystem');
    await window.startTwin('memory');
    await window.driver.waitForTools((tools) => tools.length === names.length);
    expect(await window.toolNames()).toEqual(names);

    await workbench.runCommand('Toolgate: Restore All Servers');
    await (await workbench.modal()).click('Restore');
    await expect.poll(() => window.read('.vscode/mcp.json')).toBe(configText);
  });

  it('is not called guarded while it stands in both files', async () => {
    const { workbench } = window;
    await workbench.rowAction('memory', 'Guard Server');
    await (await workbench.modal()).click('Guard');
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('1/2');
    // As after a crash between the two writes.
    await window.write('.vscode/mcp.json', configText);
    await expect.poll(() => workbench.statusBar('toolgate')).toBe('0/2');
    expect(await window.rows('Servers', unguarded)).toEqual(unguarded);
  });
});
