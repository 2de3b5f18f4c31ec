import { join } from 'node:path';
import { filesystem, filesystemTool, memory } from '../e2e/support/servers';
import { json, openTestWindow, type TestWindow } from '../e2e/support/testWindow';
import { repoRoot } from '../vscode/install';

const policyText = `// What agents may do in this project.
{
  "version": "1",
  "default": "require_approval",

  // Reading is free; everything else asks first.
  "risk": {
    "Read": {},
    "Destructive": {
      "action": "require_approval",
      "reason": "It cannot be undone."
    }
  },

  "servers": {
    "filesystem": {
      "hide": ["read_file"],
      "tools": {
        "write_file": {
          "action": "require_approval",
          "reason": "It writes over what is there."
        },
        "create_directory": {
          "rate_limit": { "max": 5, "window": 60 }
        },
        "move_file": {
          "action": "deny",
          "reason": "Notes stay where they are."
        }
      }
    }
  }
}
`;

/** Takes the pictures that the README shows, and puts them where it looks for them. */
async function main(): Promise<void> {
  const window = await openTestWindow({
    files: {
      '.vscode/mcp.json': json({ servers: {} }),
      '.vscode/mcp.guarded.json': json({ servers: { filesystem, memory } }),
      '.vscode/policy.json': policyText,
      'notes/plan.md': '# Plan\n',
    },
    settings: { 'workbench.colorTheme': 'Default Dark Modern', 'editor.minimap.enabled': false },
  });
  try {
    await prepare(window);
    await takeTree(window);
    await takePage(window);
    await takeApproval(window);
  } finally {
    await window.dispose();
  }
}

async function prepare(window: TestWindow): Promise<void> {
  const { workbench, driver } = window;
  await driver.silenceHostPrompts();
  await window.startTwin('filesystem');
  await window.startTwin('memory');
  await workbench.openFile(window.path('.vscode/policy.json'));
  await workbench.openView('Toolgate');
  await workbench.expandRow('filesystem');
  await workbench.expandRow('memory');
  await workbench.row('delete_entities');
  await widenSideBar(window, 80);
  await workbench.page.locator('.pane-header', { hasText: 'Policy' }).click();
  await driver.executeCommand('workbench.action.focusActiveEditorGroup');
}

async function takeTree(window: TestWindow): Promise<void> {
  await window.workbench.page.mouse.move(900, 600);
  await take(window, 'tree');
}

async function takePage(window: TestWindow): Promise<void> {
  const { workbench } = window;
  await workbench.clickRow('write_file');
  await workbench.webview().locator('h1', { hasText: 'write_file' }).waitFor();
  await workbench.page.mouse.move(900, 20);
  await workbench.page.locator('.workbench-hover').waitFor({ state: 'detached' });
  await take(window, 'page');
  await window.driver.executeCommand('workbench.action.closeActiveEditor');
}

async function takeApproval(window: TestWindow): Promise<void> {
  const { workbench } = window;
  const call = await window.begin(filesystemTool('write_file'), {
    path: 'notes/plan.md',
    content: '# Plan\n\n1. Buy bread.\n2. Call the electrician about the lamp.\n',
  });
  const prompt = await window.approval('write_file');
  await workbench.row('write_file', { under: 'Pending approvals' });
  await take(window, 'approval');
  await prompt.click('Deny');
  await call.outcome;
}

async function take({ workbench }: TestWindow, name: string): Promise<void> {
  const path = join(repoRoot, 'media', `${name}.png`);
  await workbench.page.screenshot({ path, animations: 'disabled', caret: 'hide' });
}

async function widenSideBar({ workbench: { page } }: TestWindow, by: number): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (box === null) throw new Error('There is no side bar');
  const [x, y] = [box.x + box.width, 400];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + by, y, { steps: 4 });
  await page.mouse.up();
}

void main();
