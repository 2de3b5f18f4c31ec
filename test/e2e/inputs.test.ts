import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../vscode/process';
import { fixtureServer, fixtureTool } from './support/servers';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const secret = 'correct-horse-battery-staple';
// biome-ignore lint/suspicious/noTemplateCurlyInString: variables of VS Code's
const inputValues = '${input:token} in ${input:stage}';
const show = fixtureTool('read_file');

describe('the inputs of a server', () => {
  let window: TestWindow;

  beforeAll(async () => {
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({
          inputs: [
            { type: 'promptString', id: 'token', description: 'Token of the API', password: true },
            {
              type: 'pickString',
              id: 'stage',
              description: 'Which stage',
              options: ['dev', 'live'],
            },
          ],
          servers: {
            guarded: {
              command: 'node',
              args: [fixtureServer('needsEnv.mjs')],
              env: { API_KEY: inputValues },
            },
          },
        }),
        '.vscode/policy.json': json({ version: '1', default: 'allow' }),
      },
    });
    await window.driver.silenceHostPrompts();
  });

  afterAll(() => window?.dispose());

  const answer = async (token: string, stage: string): Promise<void> => {
    const { workbench } = window;
    const title = workbench.page.locator('.quick-input-widget:visible .quick-input-title');
    await expect.poll(() => title.textContent()).toBe('Toolgate: "guarded" asks for "token"');
    const box = workbench.page.locator('.quick-input-widget:visible input[type="password"]');
    await box.waitFor();
    await workbench.quickInput(token);
    await expect.poll(() => title.textContent()).toBe('Toolgate: "guarded" asks for "stage"');
    await workbench.quickPick(stage);
  };

  it('are asked for when it first starts, and reach it', async () => {
    const [, text] = await Promise.all([
      answer(secret, 'dev'),
      window.startTwin('guarded').then(() => window.call(show, {})),
    ]);
    expect(text).toBe(`${secret} in dev`);
  });

  it('are kept over a reload of the window', async () => {
    await window.workbench.reload();
    await window.driver.silenceHostPrompts();
    await window.startTwin('guarded');
    expect(await window.call(show, {})).toBe(`${secret} in dev`);
  });

  it('stand nowhere in clear', async () => {
    const { userDataDir } = window.server;
    const found = await run('grep', ['-rlaF', secret, userDataDir, window.workspace], {
      cwd: '/',
    }).catch((error: { output?: string }) => error.output ?? 'failed');
    expect(found).toBe('');
    expect(window.server.log()).not.toContain(secret);
  });

  it('are asked for again once they were forgotten', async () => {
    const { workbench, driver } = window;
    await workbench.runCommand('Toolgate: Forget Stored Inputs');
    await workbench.notification('Forgotten. Servers ask again when they next start.');
    await driver.stopMcpServer('toolgate.toolgate/guarded');
    const [, text] = await Promise.all([
      answer('other', 'live'),
      window.startTwin('guarded').then(() => window.call(show, {})),
    ]);
    expect(text).toBe('other in live');
  });
});
