import { existsSync } from 'node:fs';
import { type Log, run, which } from './process';

/** True where this process may install Debian packages without asking anyone. */
export function canAptInstall(): boolean {
  return (
    process.getuid?.() === 0 && existsSync('/etc/debian_version') && which('apt-get') !== undefined
  );
}

export async function aptInstall(packages: readonly string[], log: Log): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  log(`apt-get install ${packages.join(' ')}`);
  await run('apt-get', ['update'], { cwd: '/', env });
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
    cwd: '/',
    env,
  });
}
