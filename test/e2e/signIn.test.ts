import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthServer, ProtectedServer } from '../gateway/support/oauthServers';
import { run } from '../vscode/process';
import { json, openTestWindow, type TestWindow } from './support/testWindow';

const readNote = 'mcp_protected_read_note';

describe('a server that asks for a sign-in', () => {
  // The editor asks before it opens a page of another machine; of all 127/8 it takes only 127.0.0.1
  // for this one.
  const auth = new AuthServer({ host: '127.0.0.2' });
  const server = new ProtectedServer({
    issuers: () => [auth.origin],
    scopeOf: (token) => auth.scopeOf(token),
  });
  let window: TestWindow;

  beforeAll(async () => {
    await auth.start();
    await server.start();
    window = await openTestWindow({
      files: {
        '.vscode/mcp.guarded.json': json({ servers: { notes: { type: 'http', url: server.url } } }),
        '.vscode/policy.json': json({ version: '1', default: 'allow' }),
      },
    });
    await window.driver.silenceHostPrompts();
  });

  afterAll(async () => {
    await window?.dispose();
    auth.close();
    server.close();
  });

  /** What the page says in the end. */
  const signInOnPage = async (): Promise<string> => {
    const { workbench } = window;
    const dialog = await workbench.modal();
    expect(dialog.message).toContain('open the external website');
    const opened = workbench.page.context().waitForEvent('page');
    await dialog.click('Open');
    const page = await opened;
    await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/\?/);
    const text = await page.textContent('body');
    await page.close();
    return text ?? '';
  };

  it('is shown as such in the tree, where no agent has asked', async () => {
    const { workbench } = window;
    await workbench.openView('Toolgate');
    await workbench.expandRow('notes');
    const advice =
      'It asks for a sign-in. The person has to run "Toolgate: Sign In to Server" in the editor.';
    const rows = ['notes needs sign-in', `  ${advice}`];
    expect(await window.rows('Servers', rows)).toEqual(rows);
    expect(auth.seen).toEqual([]);
  });

  it('shows its tools once the person has signed in, on a page of their browser', async () => {
    const { workbench } = window;
    await workbench.rowAction('notes', 'Sign In to Server');
    const rows = ['notes guarded · 1 tool', '  read_note allow · Read, low'];
    expect(await signInOnPage()).toContain('go back to the editor');
    await workbench.notification('The server "notes" is ready: 1 tool.');
    expect(await window.rows('Servers', rows)).toEqual(rows);
  });

  it('is used by agents with the token of that sign-in, also after a reload', async () => {
    await window.startTwin('notes');
    expect(await window.call(readNote, {})).toBe('a note');
    await window.workbench.reload();
    await window.driver.silenceHostPrompts();
    await window.startTwin('notes');
    expect(await window.call(readNote, {})).toBe('a note');
    expect(auth.pathsSeen().filter((path) => path === 'GET /authorize')).toHaveLength(1);
  });

  it('gives its token nowhere in clear', async () => {
    const { userDataDir } = window.server;
    for (const secret of auth.secrets) {
      const found = await run('grep', ['-rlaF', secret, userDataDir, window.workspace], {
        cwd: '/',
      }).catch((error: { output?: string }) => error.output ?? 'failed');
      expect(found).toBe('');
    }
    expect(auth.secrets).toHaveLength(3);
  });

  it('makes the agent wait once the person has signed out, and asks them', async () => {
    const { workbench, driver } = window;
    await driver.stopMcpServer('toolgate.toolgate/notes');
    await workbench.runCommand('Toolgate: Sign Out of Server');
    await workbench.quickPick('notes');
    await workbench.notification('You are signed out of "notes".');
    const starting = window.startTwin('notes');
    const offer = 'An agent needs the server "notes", which asks you to sign in.';
    await (await workbench.notification(offer)).click('Sign In');
    expect(await signInOnPage()).toContain('go back to the editor');
    await starting;
    expect(await window.call(readNote, {})).toBe('a note');
  });
});
