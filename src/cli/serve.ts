import { join, resolve } from 'node:path';
import { ActivityLog } from '../audit/activityLog';
import type { Log } from '../common/log';
import { visibleLine } from '../common/visibleText';
import { Approvals } from '../gateway/approvals';
import { ConfirmedForNow } from '../gateway/confirmedPolicies';
import type { CounterStore } from '../gateway/counters/counterStore';
import { FileCounters } from '../gateway/counters/fileCounters';
import { MemoryCounters } from '../gateway/counters/memoryCounters';
import type { Recorder } from '../gateway/enforcer';
import { Gateway } from '../gateway/gateway';
import { HaltSwitch } from '../gateway/haltSwitch';
import { Limits } from '../gateway/limits';
import { MemorySecrets } from '../gateway/oauth/memorySecrets';
import { PolicyFile } from '../gateway/policyFile';
import { LayeredPolicies, type PolicySource, recommendedDocument } from '../gateway/policySource';
import { parsePolicy } from '../policy/parsePolicy';
import { problemLine } from './check';
import { guarded, idOf, readServers } from './configuredServers';
import { pinsFrom, readPins } from './pinFile';
import { TerminalSignIn } from './terminalSignIn';
import { readInput, readOptions, required, UsageError } from './usage';

const approvalTimeoutSeconds = 120;
const startTimeoutSeconds = 60;
const signInSeconds = 280;
const mostBytes = 16 * 1024 * 1024;

/**
 * `toolgate serve`: the gateway without an editor. Runs until SIGTERM or SIGINT. SIGUSR2 halts it:
 * who wants it to go on starts it anew.
 */
export async function serve(args: string[]): Promise<number> {
  const names = ['config', 'policy', 'pins', 'port', 'approve', 'audit'] as const;
  const { options, flags } = readOptions(args, names, 0, ['sign-in']);
  const configPath = resolve(required(options.config, '--config'));
  const port = portOf(options.port ?? '0');
  const servers = await readServers(configPath);
  const policies = await readPolicies(options.policy);
  const pinned = options.pins === undefined ? undefined : await readPins(options.pins);

  const approvals = new Approvals(() => approvalTimeoutSeconds);
  connectApprover(approvals, options.approve);
  const halt = new HaltSwitch();
  const gateway = new Gateway({
    approvals,
    limits: new Limits(new MemoryCounters(), openCounters(options.audit), () => false),
    recorder: options.audit === undefined ? noRecord : openRecord(resolve(options.audit)),
    halt,
    log: stderrLog,
    serverLog: ({ label }, line) => stderrLog.info(`[${visibleLine(label)}] ${line}`),
    version: process.env.TOOLGATE_VERSION ?? '0',
    listDenied: () => true,
    clientTimeouts: () => ({}),
    startTimeoutSeconds: () => startTimeoutSeconds,
    mostBytes: () => mostBytes,
    signIn: {
      prompt: new TerminalSignIn(flags.has('sign-in') || process.stderr.isTTY === true),
      secrets: new MemorySecrets(),
      waitSeconds: () => signInSeconds,
    },
  });
  gateway.setServers(
    servers.map((server) => {
      // A server that the file does not name has nothing that was reviewed.
      const pins = pinned && pinsFrom(server.label, pinned, stderrLog);
      return guarded(server, configPath, policies, pins);
    }),
  );
  await gateway.start(port).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`port ${port} cannot be listened on (${error.code}).`);
  });

  const ended = new Promise<void>((done) => {
    // Not `once`: a second signal must not end the program before its servers are gone.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => done());
  });
  process.on('SIGUSR2', () => halt.halt());
  const urls = servers.map(({ label }) => [label, gateway.urlOf(idOf(label))]);
  const ready = { url: gateway.origin, token: gateway.token, servers: Object.fromEntries(urls) };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  await ended;
  await gateway.close();
  return 0;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError('--port must be 0 to 65535.');
  return port;
}

async function readPolicies(path: string | undefined): Promise<PolicySource> {
  if (path === undefined) return new LayeredPolicies([]);
  const text = await readInput(path);
  const { document, problems } = parsePolicy(text);
  if (!document) throw new UsageError(problemLine(path, text, problems[0]!));
  // Nobody is here to confirm a loosening edit: it needs a restart.
  const options = { confirmed: new ConfirmedForNow(), whenAbsent: recommendedDocument };
  return new LayeredPolicies([new PolicyFile(resolve(path), 'workspace', options)]);
}

/** Without the flag nobody can be asked, and what needs approval is refused at once. */
function connectApprover(approvals: Approvals, answer: string | undefined): void {
  if (answer === undefined) return;
  if (answer !== 'allow' && answer !== 'deny') {
    throw new UsageError('--approve must be "allow" or "deny".');
  }
  approvals.connect({
    ask: ({ id }) => approvals.answer(id, { kind: answer === 'allow' ? 'allow_once' : 'deny' }),
    withdraw() {},
  });
}

function openRecord(directory: string): Recorder {
  const record = new ActivityLog(directory, () => false);
  if (record.failure !== undefined) throw new UsageError(`--audit: ${record.failure}`);
  return record;
}

/** What is counted for the workspace and the user lasts as the record does: in its directory, or not. */
function openCounters(directory: string | undefined): CounterStore {
  return directory === undefined
    ? new MemoryCounters()
    : new FileCounters(join(resolve(directory), 'counters'));
}

const noRecord: Recorder = { failure: undefined, begin() {}, record() {} };

const stderrLog: Log = {
  debug() {},
  info: (message) => void process.stderr.write(`${message}\n`),
  warn: (message) => void process.stderr.write(`${message}\n`),
  error: (message) => void process.stderr.write(`${message}\n`),
};
