import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { type CatalogueTools, shortDigest } from '../../src/catalogue/catalogueFile';
import { type InspectedServer, inspectServers } from '../../src/cli/inspectServers';
import { pathFacts } from '../../src/gateway/pathFacts';
import { LayeredPolicies } from '../../src/gateway/policySource';

/** A program of Node, and what it is started with. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

// No network, no process that outlives it, and not as root: what is started is a stranger's.
const isRoot = process.getuid?.() === 0;
const user = isRoot ? [] : ['--user', '--map-current-user'];
const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const confinement = [
  ...['unshare', ...user, '--net', '--pid', '--fork', '--kill-child'],
  ...['setpriv', ...(isRoot ? nobody : []), '--no-new-privs'],
];
const complaintsFile = 'complaints.txt';
const withComplaints = ['sh', '-c', `exec "$0" "$@" 2>${complaintsFile}`];
const longestComplaint = 300;

/** Whether this system lets a program be started without network, and this user do so. */
export function canConfine(): boolean {
  try {
    const [command, ...args] = [...confinement, 'true'];
    execFileSync(command!, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The tools of a server, started confined, in an empty home and asked for nothing else. Throws an
 * `Error` that says why there are none.
 */
export async function listTools(
  name: string,
  program: Program,
  folder: string,
): Promise<CatalogueTools> {
  const first = await list(name, program, join(folder, 'a'), 'UTC');
  // What depends on when and where it is asked would differ from the catalogue everywhere.
  const second = await list(name, program, join(folder, 'other'), 'Asia/Tokyo');
  const tools = first.tools.flatMap(({ name: tool, risk }) => {
    if (!second.tools.some((other) => other.name === tool)) return [];
    const digest = first.digestOf(tool);
    const isSteady = digest === second.digestOf(tool);
    const { category, level, confidence } = risk;
    const kept = digest && isSteady ? shortDigest(digest) : null;
    return [[tool, [category, level, confidence, kept]] as const];
  });
  if (tools.length === 0) throw new Error('It lists no tools.');
  return Object.fromEntries(tools.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function list(
  name: string,
  { file, args, env }: Program,
  home: string,
  zone: string,
): Promise<InspectedServer> {
  await mkdir(home);
  await chmod(home, 0o777);
  const path = [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
  const surroundings = { PATH: path, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', TZ: zone };
  const [command, ...confined] = [
    ...[...confinement, ...withComplaints],
    ...[process.execPath, file, ...args],
  ];
  const server = {
    id: 'catalogued',
    label: name,
    version: '1',
    policies: new LayeredPolicies([]),
    workspace: home,
    paths: pathFacts(home),
    resolveLaunch: async () => ({
      type: 'stdio' as const,
      command: command!,
      args: confined,
      cwd: home,
      env: { ...surroundings, ...env },
    }),
  };
  const [inspected] = await inspectServers([server]);
  if (inspected!.failure !== undefined) {
    const complaints = await readFile(join(home, complaintsFile), 'utf8').catch(() => '');
    const said = complaints.split('\n').filter((line) => !/^\s*(?:at |$)|^Node\.js /.test(line));
    throw new Error(`${inspected!.failure} ${said.join('\n').slice(-longestComplaint)}`);
  }
  return inspected!;
}
