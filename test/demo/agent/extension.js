const { join } = require('node:path');
const vscode = require('vscode');

/** What the agent can be told to do; `calls` gets the workspace folder's path. */
const tasks = [
  {
    label: 'Read a note',
    detail: 'Allowed by the policy',
    calls: (root) => [['read_text_file', { path: join(root, 'notes/shopping.md') }]],
  },
  {
    label: 'Write a draft',
    detail: 'Allowed by the condition of its rule',
    calls: (root) => [
      [
        'write_file',
        { path: join(root, 'notes/drafts/letter.md'), content: 'Dear neighbour,\n\nYour lamp!\n' },
      ],
    ],
  },
  {
    label: 'Write a note',
    detail: 'Waits for your approval',
    calls: (root) => [
      ['write_file', { path: join(root, 'notes/plan.md'), content: '# Plan\n\nShip it.\n' }],
    ],
  },
  {
    label: 'Write beside the notes',
    detail: 'Refused by the condition of its rule',
    calls: (root) => [
      ['write_file', { path: `${root}/notes/../README.md`, content: 'Buy gold.\n' }],
    ],
  },
  {
    label: 'Move a note away',
    detail: 'Denied',
    calls: (root) => [
      [
        'move_file',
        { source: join(root, 'notes/shopping.md'), destination: join(root, 'notes/lost.md') },
      ],
    ],
  },
  {
    label: 'Remember seven things at once',
    detail: 'Limited to five a minute',
    calls: () =>
      [1, 2, 3, 4, 5, 6, 7].map((n) => [
        'create_entities',
        { entities: [{ name: `thing ${n}`, entityType: 'thing', observations: ['seen'] }] },
      ]),
  },
  {
    label: 'Forget everything',
    detail: 'Denied',
    calls: () => [['delete_entities', { entityNames: ['thing 1'] }]],
  },
  { label: 'Call another tool…', detail: 'Any tool, with arguments of your own' },
];

exports.activate = async (context) => {
  const output = vscode.window.createOutputChannel('Demo Agent', { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand('demoAgent.run', async () => run(output)),
  );
  // VS Code's own confirmations are off in the demo, as they are in its "Bypass Approvals": what
  // still asks is the gateway. The key keeps VS Code from asking whether the setting is meant.
  const testMode = 'vscode.chat.tools.global.autoApprove.testMode';
  await vscode.commands.executeCommand('setContext', testMode, true);
  if (context.globalState.get('reviewed')) return;
  await context.globalState.update('reviewed', true);
  void review();
};

/** An agent can open this dialog, and no more: only a person confirms. */
async function review() {
  try {
    await vscode.commands.executeCommand('toolgate.reviewAll');
  } catch {
    // Toolgate is still starting.
    setTimeout(review, 200);
  }
}

async function run(output) {
  const task = await vscode.window.showQuickPick(tasks, { placeHolder: 'What shall it do?' });
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (task === undefined || root === undefined) return;
  output.show(true);
  await vscode.commands.executeCommand('workbench.mcp.startServer', '*', {
    waitForLiveTools: true,
  });
  const calls = task.calls?.(root) ?? (await askForCall());
  for (const [tool, input] of calls) await call(output, tool, input);
}

async function askForCall() {
  const names = vscode.lm.tools.filter((tool) => tool.tags.includes('mcp')).map(({ name }) => name);
  const name = await vscode.window.showQuickPick(names, { placeHolder: 'Which tool?' });
  if (name === undefined) return [];
  const input = await vscode.window.showInputBox({ prompt: 'Arguments, as JSON', value: '{}' });
  return input === undefined ? [] : [[name, JSON.parse(input)]];
}

async function call(output, tool, input) {
  // VS Code puts the server's name before the tool's.
  const name = vscode.lm.tools.find(
    (known) =>
      known.tags.includes('mcp') && (known.name === tool || known.name.endsWith(`_${tool}`)),
  )?.name;
  if (name === undefined) {
    output.error(`${tool}: no MCP server offers it. Is the server started?`);
    return;
  }
  output.info(`→ ${name} ${JSON.stringify(input)}`);
  try {
    const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    const text = result.content.map((part) => part.value ?? '').join('\n');
    output.info(`← ${text.trim()}`);
  } catch (error) {
    output.error(`← ${error instanceof Error ? error.message : error}`);
  }
}
