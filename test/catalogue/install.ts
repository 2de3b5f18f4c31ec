import { execFile } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installTimeoutMs = 300_000;
const viewTimeoutMs = 60_000;

export interface Installed {
  /** The command that `npx` would run. */
  readonly command: string;
  /** The file of that command. */
  readonly program: string;
}

/** The version that npm gives whoever names none. */
export async function newestVersion(name: string): Promise<string> {
  const { stdout } = await run('npm', ['view', name, 'version'], { timeout: viewTimeoutMs });
  return stdout.trim();
}

/** Installs exactly this version into an empty folder. Nothing of the package is run. */
export async function install(name: string, version: string, folder: string): Promise<Installed> {
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await run('npm', ['install', '--ignore-scripts', ...quiet, `${name}@${version}`], {
    cwd: folder,
    timeout: installTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  });
  const home = join(folder, 'node_modules', name);
  const [command, file] = commandOf(JSON.parse(await readFile(join(home, 'package.json'), 'utf8')));
  const program = join(home, file);
  // As npm leaves it; it is run by whom it does not belong to.
  await chmod(program, 0o755);
  return { command, program };
}

/** As `npx` chooses: the only command, or the one that is called as the package is. */
function commandOf(manifest: {
  readonly name: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}): [string, string] {
  const { name, bin = {} } = manifest;
  const own = name.replace(/^@[^/]*\//, '');
  const all = typeof bin === 'string' ? [[own, bin] as const] : Object.entries(bin);
  const files = new Set(all.map(([, file]) => file));
  const chosen =
    all.find(([command]) => command === own) ?? (files.size === 1 ? all[0] : undefined);
  if (!chosen) throw new Error('npx would not know which of its commands to run.');
  const [command, file] = chosen;
  // npm links commands by their last part, so that none lies outside its folder.
  return [command.replace(/^.*\//, ''), file];
}
