import { realpathSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import type { PathFacts } from '../policy/operators/under';

/** What paths mean on this machine, for conditions on them. `workspaceFolder` may be absent. */
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
      } catch {
        return undefined;
      }
    },
  };
}
