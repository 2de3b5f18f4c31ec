import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repoRoot } from '../vscode/install';

/** Writes the demo's workspace unless it is there; with `reset`, anew. */
export async function prepareWorkspace(folder: string, reset: boolean): Promise<void> {
  if (reset) await rm(folder, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files())) {
    const path = join(folder, name);
    if (existsSync(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

function files(): Readonly<Record<string, string>> {
  return {
    'README.md': readme,
    'notes/shopping.md': '# Shopping\n\n- bread\n- olives\n- a new lamp for the hall\n',
    'notes/plan.md': '# Plan\n\nNothing yet.\n',
    'notes/drafts/letter.md': 'Dear neighbour,\n',
    'notes/ideas.md': '# Ideas\n\nA lamp that reads along.\n',
    '.vscode/mcp.json': json({ servers: {} }),
    '.vscode/mcp.guarded.json': json({
      servers: {
        filesystem: {
          type: 'stdio',
          command: 'node',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's
          args: [serverScript('server-filesystem'), '${workspaceFolder}'],
        },
        memory: {
          type: 'stdio',
          command: 'node',
          args: [serverScript('server-memory')],
          // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's
          env: { MEMORY_FILE_PATH: '${workspaceFolder}/memory.jsonl' },
        },
      },
    }),
    '.vscode/policy.json': json(policy),
  };
}

const writing = {
  require: [
    {
      conditions: [{ path: 'args.path', op: 'under', value: 'notes' }],
      on_deny: 'Agents write below notes/ only.',
    },
  ],
  approve_if: [
    {
      conditions: [{ not: { path: 'args.path', op: 'under', value: 'notes/drafts' } }],
      reason: 'Drafts are free. This is no draft.',
    },
  ],
};

const policy = {
  version: '1',
  description:
    'The demo: reading is free, drafts too, other notes ask, losing things is forbidden.',
  default: 'require_approval',
  all_tools: { limits: [{ max: 200, window: 'hour', scope: 'workspace' }] },
  servers: {
    filesystem: {
      tools: {
        'read_*': {},
        'list_*': {},
        'search_*': {},
        get_file_info: {},
        directory_tree: {},
        write_file: writing,
        edit_file: { ...writing, approval: { remember: 'never' } },
        create_directory: { require: writing.require },
        move_file: { action: 'deny', reason: 'Notes stay where their owner put them.' },
      },
    },
    memory: {
      tools: {
        read_graph: {},
        search_nodes: {},
        open_nodes: {},
        'create_*': { rate_limit: '5/minute' },
        add_observations: { args: { properties: { observations: { maxItems: 10 } } } },
        'delete_*': { action: 'deny', reason: 'What was learned is kept.' },
      },
    },
  },
};

const readme = `# Toolgate demo

Two real MCP servers, \`filesystem\` and \`memory\`, are configured in \`.vscode/mcp.guarded.json\`.
They came with this folder, as they would with a repository, so Toolgate does not start them before
you have seen what they are: the dialog shows it. Choose **Confirm**. (Closed it? Click **Review** in
the status bar.)

Agents reach them only through Toolgate, which judges every call by \`.vscode/policy.json\`.

There is no language model here. In its place there is a demo agent, which calls tools the way an
agent does: press **F1** and choose **Demo Agent: Run a Task…**

| Task | What happens |
| --- | --- |
| Read a note | It is allowed. |
| Write a draft | It is allowed: the rule leaves \`notes/drafts\` free. |
| Write a note | Toolgate asks you first. |
| Write beside the notes | It is refused: the rule requires a path below \`notes\`, \`..\` resolved. |
| Move a note away | It is denied, and the agent is told why. |
| Remember seven things at once | Five pass, two are refused: the policy limits the rate. |
| Forget everything | It is denied. |

Then open **Toolgate** in the activity bar: each tool with its risk, and what was called. Edit
\`.vscode/policy.json\` and run a task again: what forbids more counts for the next call; what allows
more waits until you have reviewed it, since an agent could have written it.

VS Code's own confirmations are switched off in this window, as in its "Bypass Approvals". What
still asks is the gateway.
`;

function serverScript(name: string): string {
  return join(repoRoot, 'node_modules/@modelcontextprotocol', name, 'dist/index.js');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
