import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { aptInstall, canAptInstall } from './apt';
import { type Log, run, stderrLog, waitUntil, which } from './process';

const codeServerVersion = '4.139.1';
/** code-server 4.139 refuses any other major version of Node. */
const nodeVersion = '24.21.0';

/**
 * The modules of VS Code's server that hold native code and that the editor uses. Kerberos and
 * SQLite are left out on purpose: nothing here needs them, the one asks for system headers and the
 * other takes a minute to compile.
 */
const nativeModules = [
  'node-pty',
  '@parcel/watcher',
  '@vscode/spdlog',
  '@vscode/native-watchdog',
  '@vscode/fs-copyfile',
] as const;

export const repoRoot = resolve(__dirname, '../..');
/** Where everything that is downloaded or written by the harness lives; git-ignored. */
export const hostRoot = join(repoRoot, '.vscode-test');

export interface CodeServerInstall {
  readonly node: string;
  readonly entry: string;
  /** The root of the VS Code build inside code-server. */
  readonly vscodeRoot: string;
}

/**
 * Makes sure that code-server and its Node are in `.vscode-test/`, and says where. Takes a minute
 * or so the first time, nothing after that. Safe to call from several processes at once.
 */
export async function ensureCodeServer(log: Log = stderrLog()): Promise<CodeServerInstall> {
  const target = join(hostRoot, `code-server-${codeServerVersion}-node-${nodeVersion}`);
  if (existsSync(join(target, 'complete.json'))) return locate(target);

  if (process.platform === 'win32') {
    throw new Error('code-server does not run on Windows. Use Linux, macOS or WSL.');
  }
  if (which('npm') === undefined) throw new Error('npm is not on PATH, and code-server needs it.');
  await mkdir(hostRoot, { recursive: true });
  const unlock = await lock(join(hostRoot, 'install.lock'), log);
  try {
    if (existsSync(join(target, 'complete.json'))) return locate(target);
    await removeLeftovers();
    const partial = join(hostRoot, `.partial-${process.pid}`);
    try {
      await install(partial, log);
      await rm(target, { recursive: true, force: true });
      // The rename is what makes the installation exist: before it, nothing is at `target`.
      await rename(partial, target);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    return locate(target);
  } finally {
    await unlock();
  }
}

/** The path of a Node 24, for programs that the Node of the tests is too old for. */
export async function ensureNode(log?: Log): Promise<string> {
  return (await ensureCodeServer(log)).node;
}

function locate(root: string): CodeServerInstall {
  const codeServer = join(root, 'node_modules/code-server');
  return {
    node: join(root, 'node_modules', nodePackage(), 'bin/node'),
    entry: join(codeServer, 'out/node/entry.js'),
    vscodeRoot: join(codeServer, 'lib/vscode'),
  };
}

function nodePackage(): string {
  return `node-${process.platform}-${process.arch}`;
}

async function install(root: string, log: Log): Promise<void> {
  const { node, entry, vscodeRoot } = locate(root);
  const env = npmEnvironment(root);
  const npm = (cwd: string, ...args: string[]): Promise<string> => run('npm', args, { cwd, env });

  log(`Installing code-server ${codeServerVersion} into .vscode-test/ (once, about a minute)`);
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'package.json'), '{ "private": true }\n');

  await step(`Node ${nodeVersion} and code-server, from npm`, log, async () => {
    const nodeSpec = `${nodePackage()}@${nodeVersion}`;
    // No scripts: code-server's own would build the native modules that are left out here.
    await npm(root, 'install', '--ignore-scripts', nodeSpec, `code-server@${codeServerVersion}`);
  });
  await step('the dependencies of VS Code', log, async () => {
    await npm(vscodeRoot, 'install', '--omit=dev', '--ignore-scripts');
    await npm(join(vscodeRoot, 'extensions'), 'install', '--omit=dev', '--ignore-scripts');
  });

  let nativeProblem: string | undefined;
  try {
    await watched('native modules', log, async () => {
      await ensureCompiler(log);
      await npm(vscodeRoot, 'rebuild', ...nativeModules);
      const load = nativeModules.map((name) => `require(${JSON.stringify(name)});`).join('');
      await run(node, ['-e', load], { cwd: vscodeRoot });
    });
  } catch (error) {
    // Tried: without them the editor, its extensions and MCP work; it only writes no log files.
    nativeProblem = messageOf(error);
    log('Going on without native modules: the editor works, but keeps no log files. Reason:');
    log(nativeProblem);
  }
  await step('a trial start', log, async () => {
    const shown = await run(node, [entry, '--version'], { cwd: root });
    if (!shown.includes(codeServerVersion)) throw new Error(`It says "${shown.trim()}".`);
  });
  const note = { installed: new Date().toISOString(), ...(nativeProblem && { nativeProblem }) };
  await writeFile(join(root, 'complete.json'), `${JSON.stringify(note, null, 2)}\n`);
}

async function step(what: string, log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await watched(what, log, work);
  } catch (error) {
    throw new Error(
      `Installing code-server failed at: ${what}.\n${messageOf(error)}\n` +
        'Nothing is left half done: run the command again once the cause is removed. ' +
        'It needs the npm registry and about 1 GB of disk.',
      { cause: error },
    );
  }
}

async function watched(what: string, log: Log, work: () => Promise<void>): Promise<void> {
  log(`… ${what}`);
  const heartbeat = setInterval(() => log(`… still at: ${what}`), 15_000);
  try {
    await work();
  } finally {
    clearInterval(heartbeat);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function ensureCompiler(log: Log): Promise<void> {
  const missing = [
    { package: 'python3', found: which('python3') },
    { package: 'make', found: which('make') },
    { package: 'g++', found: which('g++') ?? which('c++') ?? which('clang++') },
  ].flatMap((tool) => (tool.found === undefined ? [tool.package] : []));
  if (missing.length === 0) return;
  if (!canAptInstall()) {
    const list = missing.join(' ');
    throw new Error(`Missing: ${list}. On Debian or Ubuntu: sudo apt-get install ${list}`);
  }
  await aptInstall(missing, log);
}

/**
 * The environment for npm: Node 24 first on PATH, so that native modules are built by and for it,
 * with its own headers. An outer `npm run` leaves settings of *its* project behind; those go.
 */
function npmEnvironment(root: string): NodeJS.ProcessEnv {
  const nodeHome = join(root, 'node_modules', nodePackage());
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    const lower = name.toLowerCase();
    const ofOuterNpm =
      /^npm_(lifecycle|package|command|execpath|node_execpath)/.test(lower) ||
      /^npm_config_(local_prefix|prefix|global|user_agent|nodedir|omit|include)$/.test(lower) ||
      lower === 'init_cwd';
    if (!ofOuterNpm) env[name] = value;
  }
  env.PATH = `${join(nodeHome, 'bin')}${delimiter}${process.env.PATH ?? ''}`;
  env.npm_config_nodedir = nodeHome;
  env.npm_config_fund = 'false';
  env.npm_config_audit = 'false';
  return env;
}

async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(hostRoot)) {
    if (!name.startsWith('.partial-')) continue;
    // The npm of a killed installation may still be writing there; then a later run removes it.
    await rm(join(hostRoot, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Holds `file` with our process id in it; waits while another living process holds it. */
async function lock(file: string, log: Log): Promise<() => Promise<void>> {
  let told = false;
  await waitUntil('another installation of code-server to end', 15 * 60_000, async () => {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
    else if (!told) {
      told = true;
      log(`Another process (${holder}) is installing code-server; waiting for it.`);
    }
    return undefined;
  });
  return async () => rm(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function main(): Promise<void> {
  const started = performance.now();
  const { entry } = await ensureCodeServer();
  process.stdout.write(`${entry} (${Math.round(performance.now() - started)} ms)\n`);
}

if (resolve(process.argv[1] ?? '') === __filename) {
  main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}
