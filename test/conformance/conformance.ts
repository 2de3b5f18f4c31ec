import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { repoRoot } from '../vscode/install';
import { startForwarder } from './forwarder';
import { serveToolgate } from './served';
import { startConformanceServer } from './server';
import { type Outcome, Suite } from './suite';

// The official conformance suite. Server scenarios: a server directly, and the same server through
// the gateway, where each check must come to the same. Client scenarios: the gateway is the client.
// With names of scenarios as arguments, only these are run.

/** Kinds of sign-in that are of no person: machines with keys of their own. */
const withoutPerson = [
  'auth/client-credentials-jwt',
  'auth/client-credentials-basic',
  'auth/cross-app-access-complete-flow',
];

const wanted = process.argv.slice(2);
const isWanted = (scenario: string): boolean => wanted.length === 0 || wanted.includes(scenario);

async function main(): Promise<boolean> {
  const suite = await Suite.open();
  const good = [await serverScenarios(suite), await clientSide(suite)];
  return good.every(Boolean);
}

async function serverScenarios(suite: Suite): Promise<boolean> {
  const server = await startConformanceServer();
  const toolgate = await serveToolgate(server.url);
  const forwarder = await startForwarder(toolgate.url, toolgate.token);
  const bad: string[] = [];
  try {
    const scenarios = (await suite.scenarios('server')).filter(isWanted);
    console.log(line('server scenario', 'direct', 'through Toolgate'));
    for (const scenario of scenarios) {
      const [direct, through] = await Promise.all([
        suite.server(scenario, server.url),
        suite.server(scenario, forwarder.url),
      ]);
      const same = judged(direct) === judged(through);
      const passed = direct.exitCode === 0 && through.exitCode === 0;
      console.log(line(scenario, summary(direct), summary(through), passed && same));
      if (passed && same) continue;
      bad.push(scenario);
      console.log(`direct:\n${judged(direct)}\nthrough Toolgate:\n${judged(through)}\n`);
    }
    console.log(`${scenarios.length - bad.length} of ${scenarios.length} pass, and alike\n`);
  } finally {
    await forwarder.close();
    await toolgate.close();
    await server.close();
  }
  return bad.length === 0;
}

async function clientSide(suite: Suite): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-client-'));
  const program = await clientProgram(folder);
  const scenarios = (await suite.scenarios('client'))
    .filter((scenario) => !withoutPerson.includes(scenario))
    .filter(isWanted);
  const bad: string[] = [];
  console.log(line('client scenario', 'Toolgate as client'));
  const rest = [...scenarios];
  const runAll = async (): Promise<void> => {
    for (let scenario = rest.shift(); scenario !== undefined; scenario = rest.shift()) {
      const outcome = await suite.client(scenario, `${process.execPath} ${program}`);
      const passed = outcome.exitCode === 0;
      console.log(line(scenario, summary(outcome), '', passed));
      if (passed) continue;
      bad.push(scenario);
      console.log(outcome.output);
    }
  };
  // Each has a server and a client of its own, so two can run side by side.
  await Promise.all([runAll(), runAll()]);
  await rm(folder, { recursive: true, force: true });
  console.log(`${scenarios.length - bad.length} of ${scenarios.length} pass`);
  return bad.length === 0;
}

/** The client as one file: to compile it anew for each scenario takes longer than to run it. */
async function clientProgram(folder: string): Promise<string> {
  const outfile = join(folder, 'client.cjs');
  await build({
    entryPoints: [join(repoRoot, 'test/conformance/client.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
    // They look for files beside their own.
    define: { __dirname: JSON.stringify(join(repoRoot, 'test/vscode')) },
  });
  return outfile;
}

/**
 * Only looked at where a server answers plain requests with event streams, which it need not: the
 * gateway answers with JSON what came as a stream of one event.
 */
const ofStreamsOnly = 'server-sse-streams-functional';

/** The judged checks, which have to be the same on both ways; the suite's notes need not. */
function judged({ checks }: Outcome): string {
  return checks
    .filter(
      ({ id, status }) => status !== 'INFO' && !(id === ofStreamsOnly && status === 'SUCCESS'),
    )
    .map(({ id, status, errorMessage }) => `  ${status} ${id} ${errorMessage ?? ''}`.trimEnd())
    .join('\n');
}

function summary({ checks, exitCode }: Outcome): string {
  const count = (status: string): number => checks.filter((one) => one.status === status).length;
  const warnings = count('WARNING') > 0 ? `, ${count('WARNING')} warnings` : '';
  const failures = count('FAILURE') > 0 ? `, ${count('FAILURE')} failed` : '';
  return `${exitCode === 0 ? 'pass' : 'FAIL'} (${count('SUCCESS')}${failures}${warnings})`;
}

function line(name: string, first: string, second = '', good = true): string {
  return `${good ? ' ' : '!'} ${name.padEnd(38)} ${first.padEnd(24)} ${second}`.trimEnd();
}

main().then(
  (good) => {
    process.exitCode = good ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
