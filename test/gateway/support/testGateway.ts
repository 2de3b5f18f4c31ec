import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Launch } from '../../../src/config/launch';
import {
  type ApprovalAnswer,
  Approvals,
  type PendingApproval,
} from '../../../src/gateway/approvals';
import { ConfirmedForNow } from '../../../src/gateway/confirmedPolicies';
import { MemoryCounters } from '../../../src/gateway/counters/memoryCounters';
import type { CallRecord, Recorder } from '../../../src/gateway/enforcer';
import { Gateway, type GuardedServer } from '../../../src/gateway/gateway';
import { HaltSwitch } from '../../../src/gateway/haltSwitch';
import { Limits } from '../../../src/gateway/limits';
import type { SignInHost } from '../../../src/gateway/oauth/signIn';
import { pathFacts } from '../../../src/gateway/pathFacts';
import type { ServerPins } from '../../../src/gateway/pins/serverPins';
import { PolicyFile } from '../../../src/gateway/policyFile';
import { LayeredPolicies, recommendedDocument } from '../../../src/gateway/policySource';
import type { MessageBounds } from '../../../src/gateway/upstream';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { until } from './waiting';

const fixtures = fileURLToPath(new URL('../../fixtures/servers/', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));

export interface TestServer {
  /** A file of `test/fixtures/servers`, with arguments. */
  readonly fixture?: readonly [file: string, ...args: string[]];
  readonly launch?: () => Promise<Launch>;
  readonly env?: Readonly<Record<string, string>>;
  /** Changes when the configuration of the server does. */
  readonly version?: string;
  /** What the person has confirmed of it. Without it everything counts as confirmed. */
  readonly pins?: ServerPins;
}

export interface GatewaySetup {
  readonly limits?: Limits;
  /** The text of the policy, or an object without `version`. Without it, there is no policy file. */
  readonly policy?: string | object;
  readonly servers?: Readonly<Record<string, TestServer>>;
  /** Whether a person can be asked. They answer with `approver.answer`. */
  readonly approver?: boolean;
  readonly approvalTimeoutSeconds?: number;
  readonly startTimeoutSeconds?: number;
  readonly mostBytes?: number;
  readonly serverBounds?: MessageBounds;
  readonly listDenied?: boolean;
  readonly asksAlone?: boolean;
  readonly clientTimeouts?: Readonly<Record<string, number>>;
  readonly recorder?: Recorder;
  readonly halt?: HaltSwitch;
  readonly signIn?: SignInHost;
}

/** The person at the editor, as far as the gateway sees them. */
export class TestApprover {
  readonly asked: PendingApproval[] = [];
  readonly withdrawn: string[] = [];

  constructor(private readonly approvals: Approvals) {}

  ask(pending: PendingApproval): void {
    this.asked.push(pending);
  }

  withdraw(pending: PendingApproval): void {
    this.withdrawn.push(pending.id);
  }

  /** Resolves with the question that stands at `index` of all that were asked. */
  async question(index = 0): Promise<PendingApproval> {
    return until(() => this.asked[index]);
  }

  /** Answers a question once it is asked; says whether the answer still counted. */
  async answer(answer: ApprovalAnswer, index = 0): Promise<boolean> {
    return this.approvals.answer((await this.question(index)).id, answer);
  }
}

/** A gateway in this process, over servers in processes of their own. */
export class TestGateway {
  readonly directory = mkdtempSync(join(tmpdir(), 'toolgate-'));
  readonly policyPath = join(this.directory, 'policy.json');
  readonly records: CallRecord[] = [];
  readonly log: string[] = [];
  readonly approvals: Approvals;
  readonly approver: TestApprover;
  readonly halt: HaltSwitch;
  readonly gateway: Gateway;
  readonly policies: LayeredPolicies;
  readonly policyFile: PolicyFile;

  constructor(setup: GatewaySetup = {}) {
    if (setup.policy !== undefined) this.writePolicy(setup.policy);
    this.policyFile = new PolicyFile(this.policyPath, 'workspace', {
      confirmed: new ConfirmedForNow(),
      whenAbsent: recommendedDocument,
    });
    this.policies = new LayeredPolicies([this.policyFile]);
    this.approvals = new Approvals(() => setup.approvalTimeoutSeconds ?? 30);
    this.approver = new TestApprover(this.approvals);
    if (setup.approver !== false) this.approvals.connect(this.approver);
    this.halt = setup.halt ?? new HaltSwitch();
    const note = (message: string): void => void this.log.push(message);
    this.gateway = new Gateway({
      approvals: this.approvals,
      recorder: setup.recorder ?? {
        failure: undefined,
        begin() {},
        record: (record) => void this.records.push(record),
      },
      limits: setup.limits ?? new Limits(new MemoryCounters(), new MemoryCounters(), () => false),
      halt: this.halt,
      serverLog: ({ label }, line) => note(`[${label}] ${line}`),
      log: { debug: note, info: note, warn: note, error: note },
      version: '0.0.0',
      clientTimeouts: () => setup.clientTimeouts ?? {},
      listDenied: () => setup.listDenied ?? true,
      asksAlone: () => setup.asksAlone ?? false,
      startTimeoutSeconds: () => setup.startTimeoutSeconds ?? 20,
      mostBytes: () => setup.mostBytes ?? 16 * 1024 * 1024,
      serverBounds: setup.serverBounds,
      ...(setup.signIn ? { signIn: setup.signIn } : {}),
    });
    this.setServers(setup.servers ?? { s: { fixture: ['plain.mjs'] } });
  }

  setServers(servers: Readonly<Record<string, TestServer>>): void {
    this.gateway.setServers(Object.entries(servers).map(([id, server]) => this.guard(id, server)));
  }

  /** Without a `version`, as a string is taken as it stands. */
  writePolicy(policy: string | object): void {
    const text = typeof policy === 'string' ? policy : JSON.stringify({ version: '1', ...policy });
    // The person's own edit, which needs no second word; others are written past this method.
    if (parsePolicy(text).document) this.policyFile?.expect(text);
    writeFileSync(this.policyPath, text);
  }

  /** The lines that a server has received so far, over all its sessions. */
  receivedLines(id = 's'): string[] {
    const path = this.recordPath(id);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  received(id = 's'): { id?: unknown; method?: string; params?: Record<string, unknown> }[] {
    return this.receivedLines(id).map((line) => JSON.parse(line));
  }

  /** The names of the tools that a server was called for. */
  callsOf(id = 's'): unknown[] {
    return this.received(id)
      .filter(({ method }) => method === 'tools/call')
      .map(({ params }) => params?.name);
  }

  readonly pidFile = join(this.directory, 'pids');

  async pids(): Promise<number[]> {
    const text = await until(() => existsSync(this.pidFile) && readFileSync(this.pidFile, 'utf8'));
    return text.split(' ').map(Number);
  }

  async close(): Promise<void> {
    await this.gateway.close();
    this.approvals.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }

  recordPath(id: string): string {
    return join(this.directory, `received-${id}.jsonl`);
  }

  private guard(id: string, server: TestServer): GuardedServer {
    const launch = async (): Promise<Launch> => {
      const [file, ...args] = server.fixture ?? ['plain.mjs'];
      const own = { RECORD: this.recordPath(id), PID_FILE: this.pidFile, ...server.env };
      return nodeLaunch([join(fixtures, file), ...args], this.directory, own);
    };
    return {
      id,
      label: id,
      version: server.version ?? '1',
      policies: this.policies,
      workspace: this.directory,
      paths: pathFacts(this.directory),
      pins: server.pins,
      resolveLaunch: server.launch ?? launch,
    };
  }
}

/** A gateway that listens, and is closed with the test. */
export async function startGateway(setup: GatewaySetup = {}): Promise<TestGateway> {
  const gateway = new TestGateway(setup);
  onTestFinished(() => gateway.close());
  await gateway.gateway.start();
  return gateway;
}

export function nodeLaunch(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Launch {
  const inherited = Object.entries(process.env).filter((entry) => entry[1] !== undefined);
  return {
    type: 'stdio',
    command: process.execPath,
    args,
    cwd,
    env: { ...(Object.fromEntries(inherited) as Record<string, string>), ...env },
  };
}

/** The program of one of the published servers in `node_modules`. */
export function publishedServer(name: 'everything' | 'filesystem' | 'memory'): string {
  return join(modules, '@modelcontextprotocol', `server-${name}`, 'dist', 'index.js');
}
