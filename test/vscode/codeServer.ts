import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type CodeServerInstall, ensureCodeServer } from './install';
import { run, waitUntil } from './process';

export interface LaunchOptions {
  /** The folder, or the `.code-workspace` file, to open. */
  readonly workspace: string;
  /** A packed extension, installed as a person would. */
  readonly vsix?: string;
  /** More extensions: unpacked folders or VSIX files. */
  readonly extensions?: readonly string[];
  /** Kept on dispose when given; a temporary folder otherwise. */
  readonly userDataDir?: string;
  /** User settings, over the quiet defaults. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** False leaves workspace trust switched on, so that the window opens in Restricted Mode. */
  readonly trust?: boolean;
  /** False leaves the test driver out: for people, who need nothing that evaluates code. */
  readonly driver?: boolean;
  /** Over the inherited environment; undefined removes. HOME is a temporary folder by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

export interface CodeServer {
  /** Opens the workspace; fit for a browser on this machine. */
  readonly url: string;
  readonly port: number;
  readonly userDataDir: string;
  /** Where the extension host says how the driver is reached; for `connectDriver`. */
  readonly driverFile: string;
  /** What code-server wrote so far. */
  log(): string;
  /** Resolves when the server's process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  dispose(): Promise<void>;
}

/** What a person wants in an editor and a test does not: greetings, updates, telemetry, chat. */
const quietSettings: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.editor.empty.hint': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'chat.commandCenter.enabled': false,
  // It tells of every port that a test or a gateway opens.
  'remote.autoForwardPorts': false,
  'chat.setupFromDialog': false,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'window.confirmBeforeClose': 'never',
};

const driverFolder = resolve(__dirname, 'driver');

/** Starts VS Code as a web server with the given extensions; installs code-server if need be. */
export async function launchCodeServer(options: LaunchOptions): Promise<CodeServer> {
  const host = await ensureCodeServer();
  const root = await mkdtemp(join(tmpdir(), 'tg-'));
  try {
    return await start(host, root, options);
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
}

async function start(
  host: CodeServerInstall,
  root: string,
  options: LaunchOptions,
): Promise<CodeServer> {
  const workspace = resolve(options.workspace);
  const userDataDir = resolve(options.userDataDir ?? join(root, 'data'));
  const extensionsDir = join(root, 'extensions');
  const home = join(root, 'home');
  const driverFile = join(root, 'driver.json');
  const configFile = join(root, 'config.yaml');
  for (const dir of [extensionsDir, home]) await mkdir(dir, { recursive: true });
  await writeFile(configFile, 'auth: none\n');
  await writeSettings(userDataDir, options.settings ?? {});

  const env = childEnvironment({ HOME: home, TOOLGATE_DRIVER_FILE: driverFile, ...options.env });
  const common = [
    ...[host.entry, '--config', configFile],
    ...['--user-data-dir', userDataDir, '--extensions-dir', extensionsDir],
  ];
  const wanted = [...(options.extensions ?? []), ...(options.vsix ? [options.vsix] : [])];
  const driver = options.driver === false ? [] : [driverFolder];
  await installExtensions([...driver, ...wanted], extensionsDir, async (vsix) => {
    const args = [...common, '--install-extension', vsix, '--force'];
    await run(host.node, args, { cwd: root, env });
  });

  const args = [
    ...common,
    // Below a deep folder the default name would be too long for a Unix socket.
    ...['--session-socket', join(root, 'session.sock')],
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`],
    ...['--disable-telemetry', '--disable-update-check'],
    ...(options.trust === false ? [] : ['--disable-workspace-trust']),
    workspace,
  ];
  // Its own process group, so that all that the editor starts (extension host, MCP servers,
  // terminals) can be ended together.
  const child = spawn(host.node, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const collect = (chunk: string): void => {
    log += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const exited = new Promise<void>((done) => {
    child.on('close', () => done());
    child.on('error', (error) => {
      log += error.message;
      done();
    });
  });
  let running = true;
  void exited.then(() => {
    running = false;
  });

  const guard = guardGroup(child.pid, root);
  const dispose = async (): Promise<void> => {
    if (child.pid !== undefined) {
      killGroup(child.pid, 'SIGTERM');
      const patience = setTimeout(() => killGroup(child.pid, 'SIGKILL'), 3000);
      await exited;
      clearTimeout(patience);
      // Whatever outlived the server in its group has no one to serve.
      killGroup(child.pid, 'SIGKILL');
    }
    guard.release();
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };

  try {
    const port = await waitUntil('code-server to listen', 60_000, () => {
      if (!running) throw new Error(`code-server ended at once:\n${log}`);
      const listening = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log);
      return listening?.[1] === undefined ? undefined : Number(listening[1]);
    });
    const parameter = workspace.endsWith('.code-workspace') ? 'workspace' : 'folder';
    const url = `http://localhost:${port}/?${parameter}=${encodeURI(workspace)}`;
    return { url, port, userDataDir, driverFile, log: () => log, exited, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function writeSettings(
  userDataDir: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const file = join(userDataDir, 'User/settings.json');
  const kept = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : {};
  await mkdir(join(userDataDir, 'User'), { recursive: true });
  const merged = { ...quietSettings, ...kept, ...settings };
  await writeFile(file, `${JSON.stringify(merged, null, 2)}\n`);
}

/**
 * Unpacked folders first: VS Code takes up what lies in the folder only until the first VSIX makes
 * it write its own list.
 */
async function installExtensions(
  extensions: readonly string[],
  extensionsDir: string,
  installVsix: (file: string) => Promise<void>,
): Promise<void> {
  const packed: string[] = [];
  for (const extension of extensions) {
    if ((await stat(extension)).isFile()) {
      packed.push(resolve(extension));
      continue;
    }
    const { publisher, name, version } = JSON.parse(
      await readFile(join(extension, 'package.json'), 'utf8'),
    ) as { publisher?: string; name?: string; version?: string };
    const folder = publisher && name && version ? `${publisher}.${name}-${version}` : undefined;
    await cp(extension, join(extensionsDir, folder ?? basename(extension)), { recursive: true });
  }
  for (const vsix of packed) await installVsix(vsix);
}

function childEnvironment(changes: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries({ ...process.env, ...changes })) {
    // Inside another VS Code's terminal these would make this one talk to that one.
    const ofOtherEditor = /^(VSCODE_|ELECTRON_|CODE_SERVER_)/.test(name);
    const ofTestRunner = /^(npm_|VITEST|NODE_OPTIONS$|NODE_ENV$)/.test(name);
    if (value === undefined || ((ofOtherEditor || ofTestRunner) && !(name in changes))) continue;
    env[name] = value;
  }
  env.VSCODE_IPC_HOOK_CLI = '';
  return env;
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // gone already
  }
}

/**
 * A shell that waits for the end of its standard input, which is the end of this process even if
 * it was killed, and then ends the editor's process group and removes its folder.
 */
function guardGroup(pid: number | undefined, root: string): { release(): void } {
  if (pid === undefined) return { release: () => undefined };
  const script = 'read -r line; [ "$line" = done ] || { kill -s KILL -- "-$1"; rm -rf -- "$2"; }';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', String(pid), root], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.stdin.on('error', () => undefined);
  // Not to keep this process alive for a guard that exists because of it.
  (shell.stdin as unknown as { unref(): void }).unref();
  return { release: () => shell.stdin.end('done\n') };
}
