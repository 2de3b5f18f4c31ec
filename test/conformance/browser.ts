import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/**
 * A person at the terminal: passes on what toolgate says, and opens the pages for signing in that it
 * names in a browser that only follows redirects. The pages of the suite sign everyone in.
 */
export function browseSignIns(stderr: Readable): void {
  createInterface({ input: stderr }).on('line', (line) => {
    process.stderr.write(`${line}\n`);
    const [, url] = /^To sign in to ".*", open (\S+)$/.exec(line) ?? [];
    if (url === undefined) return;
    fetch(url).catch((error: unknown) => process.stderr.write(`not opened: ${String(error)}\n`));
  });
}
