import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchCodeServer } from '../vscode/codeServer';
import { hostRoot, repoRoot } from '../vscode/install';
import { type Log, run, stderrLog, waitUntil, which } from '../vscode/process';
import { prepareWorkspace } from './workspace';

const help = `npm start [-- options]

Packs Toolgate and opens it, in a real VS Code in your browser, on a workspace with two guarded
MCP servers.

  --desktop    use the desktop's VS Code ("code" on PATH) instead
  --reset      write the demo's workspace and the editor's settings anew
  --port <n>   the port on 127.0.0.1; a free one otherwise
  --once       end as soon as the editor answers (for tests)
`;

const workspace = join(hostRoot, 'demo/workspace');
const userDataDir = join(hostRoot, 'demo/data');
const vsix = join(repoRoot, 'toolgate.vsix');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      desktop: { type: 'boolean', default: false },
      reset: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string', default: '0' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port}: not a port.`);
  }

  const log = stderrLog();
  if (values.desktop && which('code') === undefined) {
    throw new Error(
      'There is no "code" on PATH. In VS Code run "Shell Command: Install \'code\' command in ' +
        'PATH", or leave --desktop out: npm start brings its own VS Code.',
    );
  }
  log('Packing the extension (npm run package)');
  await run('npm', ['run', 'package'], { cwd: repoRoot });
  if (values.reset) await rm(userDataDir, { recursive: true, force: true });
  await prepareWorkspace(workspace, values.reset);

  if (values.desktop) await openDesktop(log);
  else await serve(port, values.once, log);
}

async function openDesktop(log: Log): Promise<void> {
  log('Installing the extension into the desktop VS Code');
  await run('code', ['--install-extension', vsix, '--force'], { cwd: repoRoot });
  const agent = join(__dirname, 'agent');
  const args = ['--new-window', `--extensionDevelopmentPath=${agent}`, workspace];
  spawn('code', args, { detached: true, stdio: 'ignore' }).unref();
  log(`Opened ${workspace}. Start with its README.md.`);
}

async function serve(port: number, once: boolean, log: Log): Promise<void> {
  await mkdir(userDataDir, { recursive: true });
  log('Starting VS Code');
  const server = await launchCodeServer({
    workspace,
    vsix,
    extensions: [join(__dirname, 'agent')],
    userDataDir,
    driver: false,
    port,
    settings: {
      'workbench.startupEditor': 'readme',
      'chat.tools.global.autoApprove': true,
    },
    // A person's own terminal and tools, not a test's empty home.
    env: { HOME: process.env.HOME },
  });
  try {
    await waitUntil('the editor to answer', 30_000, async () => {
      const response = await fetch(server.url).catch(() => undefined);
      return response?.status === 200 ? true : undefined;
    });
    process.stdout.write(
      `\nToolgate runs in VS Code at\n\n    ${server.url}\n\n` +
        'Open it in a browser on this machine and follow the README that it shows:\n' +
        'F1, then "Demo Agent: Run a Task…". Press Ctrl-C here to stop.\n\n',
    );
    if (once) return;
    const stopped = new Promise<void>((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
    await Promise.race([stopped, server.exited]);
  } finally {
    await server.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
