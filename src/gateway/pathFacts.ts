import { lstatSync, realpathSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import type { PathFacts } from '../policy/operators/under';

/** What paths mean on this machine, for conditions on them. */
export function pathFacts(workspaceFolder: string | undefined): PathFacts {
  const system = platform();
  return {
    platform: system === 'win32' ? 'windows' : 'posix',
    // The usual file systems of Windows and macOS find a file under any case.
    caseInsensitive: system === 'win32' || system === 'darwin',
    workspaceFolder,
    homedir: homedir(),
    realpath: (path) => {
      try {
        return realpathSync.native(path);
      } catch (error) {
        // A dangling link is there too: what is written through it lands where it leads.
        if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw error;
        return undefined;
      }
    },
  };
}
