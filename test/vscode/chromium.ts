import { accessSync, constants } from 'node:fs';
import { aptInstall, canAptInstall } from './apt';
import { type Log, stderrLog, which } from './process';

/** Finds Chromium or Chrome; installs Debian's where that is possible without asking. */
export async function ensureChromium(log: Log = stderrLog()): Promise<string> {
  const asked = process.env.CHROMIUM_PATH;
  if (asked !== undefined && asked !== '') {
    try {
      accessSync(asked, constants.X_OK);
      return asked;
    } catch {
      throw new Error(`CHROMIUM_PATH is ${asked}, which cannot be run.`);
    }
  }
  const found = findChromium();
  if (found !== undefined) return found;
  if (canAptInstall()) {
    await aptInstall(['chromium', 'fonts-dejavu-core'], log);
    const installed = findChromium();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    'No Chromium or Chrome was found. Install one (Debian: apt-get install chromium) ' +
      'or put the path of its program in CHROMIUM_PATH.',
  );
}

function findChromium(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const path = which(name);
    if (path !== undefined) return path;
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  try {
    accessSync(mac, constants.X_OK);
    return mac;
  } catch {
    return undefined;
  }
}
