import { openTestWindow } from '../e2e/support/testWindow';

// What starting costs the extension host, by the editor's own account, with twenty guarded servers
// and a policy. Needs the package: `npm run package`. The first window warms the disk up.

const windows = 6;
const servers = Object.fromEntries(
  Array.from({ length: 20 }, (_, at) => [`server-${at}`, { command: 'node', args: [`${at}.js`] }]),
);
const files = {
  '.vscode/mcp.guarded.json': JSON.stringify({ servers }),
  '.vscode/policy.json': JSON.stringify({
    version: '1',
    default: 'require_approval',
    risk: { Read: {} },
  }),
};

interface Cost {
  readonly load: number;
  readonly activate: number;
}

/** Milliseconds of Toolgate's line in *Developer: Startup Performance*. */
async function costOfStart(): Promise<Cost> {
  const window = await openTestWindow({ files, review: false });
  try {
    await window.workbench.runCommand('Developer: Startup Performance');
    for (;;) {
      const text = await window.driver.evaluate(
        (vscode) => vscode.window.activeTextEditor?.document.getText() ?? '',
      );
      const line = /^\|\s*toolgate\.toolgate\s*\|.*$/m.exec(text)?.[0];
      if (line) {
        const [, , , load, call, finish] = line.split('|').map((cell) => cell.trim());
        return { load: Number(load), activate: Number(call) + Number(finish) };
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } finally {
    await window.dispose();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function main(): Promise<void> {
  const costs: Cost[] = [];
  for (let at = 0; at < windows; at++) {
    const cost = await costOfStart();
    if (at > 0) costs.push(cost);
    console.log(`window ${at}: load ${cost.load} ms, activate ${cost.activate} ms`);
  }
  const load = median(costs.map((cost) => cost.load));
  const activate = median(costs.map((cost) => cost.activate));
  console.log(`median of ${costs.length}: load ${load} ms, activate ${activate} ms`);
}

void main();
