import { randomUUID } from 'node:crypto';
import type { Disposable } from '../common/disposable';
import { Emitter } from '../common/event';
import type { Log } from '../common/log';
import type { Launch } from '../config/launch';
import type { PathFacts } from '../policy/operators/under';
import type { Approvals } from './approvals';
import { holdMsFor } from './clientPatience';
import { Enforcer, type Recorder } from './enforcer';
import type { HaltSwitch } from './haltSwitch';
import { HandshakeRefused, inspectServer } from './inspection';
import type { Limits } from './limits';
import { Listener, type SessionHost } from './listener';
import type { SignInAsker } from './oauth/serverSignIn';
import type { SignInHost } from './oauth/signIn';
import type { ServerPins } from './pins/serverPins';
import type { PolicySource } from './policySource';
import type { Closure } from './refusal';
import { ServerConnector } from './serverConnector';
import { Session, type SessionContext } from './session';
import { inspectStateless } from './stateless/statelessInspection';
import { StatelessSession } from './stateless/statelessSession';
import { ToolCatalogue } from './toolCatalogue';
import { type MessageBounds, type Upstream, type UpstreamListener, usualBounds } from './upstream';

/** A server that the gateway stands in front of. */
export interface GuardedServer {
  /** Goes into the URL: letters, digits, `-` and `_`. */
  readonly id: string;
  readonly label: string;
  /** Changes when the configuration does: running sessions of the old one are ended then. */
  readonly version: string;
  readonly policies: PolicySource;
  /** Names the workspace, for what is counted in it. */
  readonly workspace: string;
  readonly paths: PathFacts;
  /**
   * What the person has confirmed of it. The same object as long as the version is the same.
   * Without it everything counts as confirmed.
   */
  readonly pins?: ServerPins | undefined;
  /**
   * May ask the person for inputs. Rejects with an `Error` whose message is for people, and for
   * what they have not confirmed.
   */
  resolveLaunch(): Promise<Launch>;
}

export type ServerState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'halted' }
  | { readonly kind: 'needsSignIn'; readonly reason: string }
  /** The person has to review it before it is started. */
  | { readonly kind: 'unreviewed'; readonly verdict: 'changed' | 'new' }
  | { readonly kind: 'failed'; readonly error: string };

export interface GatewayOptions {
  readonly approvals: Approvals;
  readonly recorder: Recorder;
  readonly limits: Limits;
  readonly halt: HaltSwitch;
  readonly log: Log;
  /** Takes what a server prints, and what is to be said of it, a line at a time. */
  readonly serverLog: (server: Pick<GuardedServer, 'id' | 'label'>, line: string) => void;
  /** The version that Toolgate gives itself when it looks at a server's tools. */
  readonly version: string;
  readonly listDenied: () => boolean;
  /** Whether clients are told to leave the asking about settled tools to the gateway. */
  readonly asksAlone?: () => boolean;
  /** Seconds after which clients give up on a call, by the name they give themselves. */
  readonly clientTimeouts: () => Readonly<Record<string, number>>;
  readonly startTimeoutSeconds: () => number;
  /** The largest message of a client. */
  readonly mostBytes: () => number;
  /** How much of a server's messages is read. */
  readonly serverBounds?: MessageBounds | undefined;
  /** Without it nobody can sign in to servers that ask for it. */
  readonly signIn?: SignInHost;
}

interface Inspection {
  readonly done: Promise<void>;
  readonly cancel: AbortController;
}

interface Entry {
  server: GuardedServer;
  readonly catalogue: ToolCatalogue;
  readonly connector: ServerConnector;
  readonly sessions: Map<string, Session>;
  /** By the name of the client. */
  readonly stateless: Map<string, StatelessSession>;
  /** Whether the server has turned out to wait for `initialize`. */
  wantsHandshake: boolean;
  state: ServerState;
  /** Its sessions have been stopped, until the person has reviewed it. */
  isStopped: boolean;
  inspection: Inspection | undefined;
  subscription: { dispose(): void };
}

type AnySession = Session | StatelessSession;

const keepAliveEveryMs = 15_000;
// Clients that go without a word are not waited for: an hour without a message ends their session.
const idleMs = 3_600_000;
const mostSessions = 256;

/** The enforcement point: the listener, the guarded servers, and the sessions between them. */
export class Gateway {
  private readonly entries = new Map<string, Entry>();
  private readonly enforcer: Enforcer;
  /** One client token is one grant, and a gateway has one token. */
  private readonly grant = randomUUID();
  private readonly listener: Listener;
  private readonly changed = new Emitter<string>();
  private readonly closing = new Set<Promise<void>>();
  private readonly halting: Disposable;
  private timer: NodeJS.Timeout | undefined;

  /** Fires the id of a server whose state or tools have changed. */
  readonly onDidChangeServer = this.changed.event;

  constructor(private readonly options: GatewayOptions) {
    const { approvals, limits, recorder, halt } = options;
    this.enforcer = new Enforcer(approvals, limits, recorder, halt);
    const host: SessionHost = {
      closureOf: (serverId) => this.closureOf(serverId),
      open: (serverId) => this.openSession(serverId),
      find: (serverId, sessionId) => this.entries.get(serverId)?.sessions.get(sessionId),
      end: (session) => this.endSession(session),
      stateless: (serverId, client) => this.statelessSession(serverId, client),
    };
    this.listener = new Listener(host, options.mostBytes);
    this.halting = halt.onDidChange(() => this.haltOrResume());
  }

  /** Has every client list its tools again, after a setting changed what is said of them. */
  announceToolChange(): void {
    for (const { sessions } of this.entries.values()) {
      for (const session of sessions.values()) session.announceToolChange();
    }
  }

  /** Resolves when the gateway listens. */
  async start(port = 0): Promise<void> {
    await this.listener.listen(port);
    this.timer = setInterval(() => this.tick(), keepAliveEveryMs);
    this.timer.unref();
  }

  get token(): string {
    return this.listener.token;
  }

  get origin(): string {
    return this.listener.origin;
  }

  urlOf(serverId: string): string {
    return this.listener.urlOf(serverId);
  }

  /** The servers in front of which the gateway stands from now on. */
  setServers(servers: readonly GuardedServer[]): void {
    const wanted = new Set(servers.map(({ id }) => id));
    for (const [id, entry] of this.entries) {
      if (wanted.has(id)) continue;
      this.entries.delete(id);
      this.retire(entry);
    }
    for (const server of servers) {
      const entry = this.entries.get(server.id);
      if (entry?.server.version === server.version) {
        // It may be configured otherwise meanwhile, which its pins tell.
        entry.server = server;
        continue;
      }
      if (entry) this.retire(entry);
      this.entries.set(server.id, this.entryFor(server));
      this.changed.fire(server.id);
    }
    for (const entry of this.entries.values()) this.stopUnlessReviewed(entry);
  }

  stateOf(serverId: string): ServerState {
    if (this.options.halt.isHalted) return { kind: 'halted' };
    const entry = this.entries.get(serverId);
    const verdict = entry?.server.pins?.server ?? 'approved';
    if (verdict !== 'approved') return { kind: 'unreviewed', verdict };
    return entry?.state ?? { kind: 'stopped' };
  }

  pinsOf(serverId: string): ServerPins | undefined {
    return this.entries.get(serverId)?.server.pins;
  }

  catalogueOf(serverId: string): ToolCatalogue | undefined {
    return this.entries.get(serverId)?.catalogue;
  }

  /** Learns a server's tools without an agent. Several callers share one inspection. */
  async inspect(serverId: string): Promise<void> {
    const entry = this.entries.get(serverId);
    if (!entry || this.closureOf(serverId)) return;
    entry.inspection ??= this.beginInspection(entry, 'nobody');
    await entry.inspection.done;
  }

  /**
   * Ends every session of a server: its clients begin new ones, each with a new process. Resolves
   * when the tools have been looked at again.
   */
  async restartServer(serverId: string): Promise<void> {
    this.stopServer(serverId);
    await this.inspect(serverId);
  }

  /**
   * Learns a server's tools for a person who signs in to it where it asks for that. A sign-in that
   * was begun before ends. The state of the server says what came of it.
   */
  async signIn(serverId: string): Promise<void> {
    const entry = this.entries.get(serverId);
    if (!entry || this.options.halt.isHalted) return;
    entry.inspection?.cancel.abort();
    await entry.inspection?.done;
    entry.inspection = this.beginInspection(entry, 'person');
    await entry.inspection.done;
  }

  /** Forgets the tokens for a server, and ends the sessions that use them. */
  async signOut(serverId: string): Promise<void> {
    const entry = this.entries.get(serverId);
    if (!entry) return;
    const launch = await entry.server.resolveLaunch();
    this.closeSessions(entry);
    await entry.connector.signOut(launch);
    this.setState(entry, { kind: 'stopped' });
  }

  /** Ends every session of a server; the next message of a client begins a new one. */
  stopServer(serverId: string): void {
    const entry = this.entries.get(serverId);
    if (entry) this.closeSessions(entry);
  }

  /** Resolves when nothing listens and every server process is gone. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.halting.dispose();
    for (const entry of this.entries.values()) this.retire(entry);
    this.entries.clear();
    await Promise.all([this.listener.close(), ...this.closing]);
    this.changed.dispose();
  }

  private entryFor(server: GuardedServer): Entry {
    const catalogue = new ToolCatalogue(server.label);
    const pinned = server.pins?.onDidChange((what) => this.pinsChanged(entry, what));
    const subscription = server.policies.onDidChange(() => {
      for (const session of sessionsOf(entry)) session.announceToolChange();
      this.changed.fire(server.id);
    });
    const entry: Entry = {
      server,
      catalogue,
      connector: this.connectorFor(() => entry),
      sessions: new Map(),
      stateless: new Map(),
      wantsHandshake: false,
      state: { kind: 'stopped' },
      isStopped: false,
      inspection: undefined,
      subscription: {
        dispose: () => {
          subscription.dispose();
          pinned?.dispose();
        },
      },
    };
    catalogue.onDidChange(() => this.changed.fire(server.id));
    return entry;
  }

  private connectorFor(entry: () => Entry): ServerConnector {
    return new ServerConnector({
      bounds: this.options.serverBounds ?? usualBounds,
      signIn: this.options.signIn,
      target: () => {
        const { label, workspace } = entry().server;
        return { label, workspace };
      },
      resolveLaunch: () => entry().server.resolveLaunch(),
      inputSchemaOf: (tool) => entry().catalogue.definitionOf(tool)?.inputSchema,
      onSignIn: () => {
        const before = entry().state;
        this.setState(entry(), { kind: 'needsSignIn', reason: 'It asks for a sign-in.' });
        return () => {
          if (before.kind !== 'needsSignIn') this.setState(entry(), before);
        };
      },
    });
  }

  private closureOf(serverId: string): Closure | undefined {
    if (this.options.halt.isHalted) return 'halted';
    const verdict = this.entries.get(serverId)?.server.pins?.server ?? 'approved';
    return verdict === 'approved' ? undefined : 'server_changed';
  }

  /**
   * Stops a server that the person has to review. Its sessions stay, so that their clients are told
   * why; once it is reviewed they end, and the clients begin new ones.
   */
  private stopUnlessReviewed(entry: Entry): void {
    const isStopped = (entry.server.pins?.server ?? 'approved') !== 'approved';
    if (isStopped === entry.isStopped) return;
    entry.isStopped = isStopped;
    if (isStopped) {
      for (const session of sessionsOf(entry)) this.awaitEnd(session.halt('server_changed'));
      this.cancelInspection(entry);
    } else if (!this.options.halt.isHalted) this.closeSessions(entry);
    this.changed.fire(entry.server.id);
  }

  private pinsChanged(entry: Entry, what: 'approved' | 'waiting'): void {
    this.stopUnlessReviewed(entry);
    const sessions = what === 'approved' ? sessionsOf(entry) : [];
    for (const session of sessions) {
      session.announceToolChange();
      session.announcePromptChange();
    }
    this.changed.fire(entry.server.id);
  }

  private openSession(serverId: string): Session | undefined {
    const entry = this.entries.get(serverId);
    if (!entry || this.closureOf(serverId)) return undefined;
    const session = new Session(this.contextFor(entry));
    entry.sessions.set(session.id, session);
    this.setState(entry, { kind: 'starting' });
    session.onDidChangeState((state) => {
      if (state.kind !== 'closed') return this.setState(entry, state);
      entry.sessions.delete(session.id);
      this.options.limits.forgetSession(session.id);
      if (state.failure !== undefined) {
        this.setFailed(entry, state.failure);
        // Its process may still be on its way out.
        this.endSession(session);
      } else if (sessionsOf(entry).length === 0) this.setState(entry, { kind: 'stopped' });
    });
    return session;
  }

  private statelessSession(
    serverId: string,
    client: string,
  ): StatelessSession | 'handshake' | undefined {
    const entry = this.entries.get(serverId);
    if (!entry) return undefined;
    if (entry.wantsHandshake) return 'handshake';
    const known = entry.stateless.get(client);
    if (known) return known;
    const session: StatelessSession = new StatelessSession({
      ...this.contextFor(entry),
      connect: (listener) => entry.connector.connectStateless('agent', listener),
      client,
      version: this.options.version,
      onHandshake: () => {
        entry.wantsHandshake = true;
        this.endSession(session);
      },
    });
    const closure = this.closureOf(serverId);
    if (closure) void session.halt(closure);
    entry.stateless.set(client, session);
    session.onDidChangeState((state) => {
      if (state.kind === 'failed') return this.setFailed(entry, state.error);
      if (state.kind !== 'stopped') return this.setState(entry, state);
      entry.stateless.delete(client);
      this.options.limits.forgetSession(session.id);
      if (sessionsOf(entry).length === 0) this.setState(entry, state);
    });
    return session;
  }

  /** Makes room where there are too many sessions. */
  private contextFor(entry: Entry): SessionContext {
    if (sessionsOf(entry).length >= mostSessions) this.endOldest(entry);
    const { server, catalogue } = entry;
    const { approvals, recorder, listDenied, startTimeoutSeconds } = this.options;
    const { asksAlone = () => false } = this.options;
    const id = randomUUID();
    return {
      id,
      serverId: server.id,
      serverVersion: server.version,
      server: server.label,
      policies: server.policies,
      catalogue,
      pins: server.pins,
      enforcer: this.enforcer,
      approvals,
      recorder,
      counted: { session: id, grant: this.grant, workspace: server.workspace },
      paths: server.paths,
      startTimeoutMs: startTimeoutSeconds() * 1000,
      listDenied,
      asksAlone,
      holdMs: (client, hearsProgress) =>
        holdMsFor(this.options.clientTimeouts(), client, hearsProgress),
      connect: (listener) => entry.connector.connect('agent', listener),
      log: (line) => this.log(server, line),
    };
  }

  private beginInspection(entry: Entry, asker: SignInAsker): Inspection {
    const cancel = new AbortController();
    const inspection: Inspection = {
      cancel,
      done: this.runInspection(entry, asker, cancel.signal).finally(() => {
        if (entry.inspection === inspection) entry.inspection = undefined;
      }),
    };
    return inspection;
  }

  private async runInspection(
    entry: Entry,
    asker: SignInAsker,
    signal: AbortSignal,
  ): Promise<void> {
    const { server, catalogue, connector } = entry;
    this.setState(entry, { kind: 'starting' });
    try {
      const options = {
        timeoutMs: this.options.startTimeoutSeconds() * 1000,
        version: this.options.version,
        signal,
        pins: server.pins,
        log: (line: string) => this.log(server, line),
      };
      const connect = (listener: UpstreamListener): Upstream => connector.connect(asker, listener);
      await inspectServer(connect, catalogue, options).catch(async (error: unknown) => {
        // Without a sign-in nothing is known of what it speaks.
        if (!(error instanceof HandshakeRefused) || connector.isSignInNeeded) throw error;
        const dial = (listener: UpstreamListener): Upstream =>
          connector.connectStateless(asker, listener);
        if (!(await inspectStateless(dial, catalogue, options))) throw error;
      });
      this.setState(entry, { kind: sessionsOf(entry).length > 0 ? 'running' : 'stopped' });
    } catch (error) {
      if (signal.aborted) return this.setState(entry, { kind: 'stopped' });
      this.log(server, (error as Error).message);
      this.setFailed(entry, (error as Error).message);
    }
  }

  private setState(entry: Entry, state: ServerState): void {
    entry.state = state;
    this.changed.fire(entry.server.id);
  }

  private setFailed(entry: Entry, error: string): void {
    this.setState(
      entry,
      entry.connector.isSignInNeeded
        ? { kind: 'needsSignIn', reason: error }
        : { kind: 'failed', error },
    );
  }

  private endSession(session: AnySession): void {
    this.awaitEnd(session.close());
  }

  /** What `close` waits for. */
  private awaitEnd(ending: Promise<void>): void {
    const closing = ending.catch((error: unknown) => {
      this.options.log.error(`A server could not be ended: ${String(error)}`);
    });
    this.closing.add(closing);
    void closing.then(() => this.closing.delete(closing));
  }

  private retire(entry: Entry): void {
    this.closeSessions(entry);
    entry.connector.dispose();
    entry.subscription.dispose();
  }

  private closeSessions(entry: Entry): void {
    for (const session of sessionsOf(entry)) this.endSession(session);
    // Another version of it may speak another revision.
    entry.wantsHandshake = false;
    this.cancelInspection(entry);
  }

  private cancelInspection(entry: Entry): void {
    if (!entry.inspection) return;
    entry.inspection.cancel.abort();
    this.awaitEnd(entry.inspection.done);
  }

  /** The sessions that were halted end when it is resumed: their clients then begin new ones. */
  private haltOrResume(): void {
    if (this.options.halt.isHalted) this.options.approvals.forgetAll();
    for (const entry of this.entries.values()) {
      if (this.options.halt.isHalted) {
        for (const session of sessionsOf(entry)) this.awaitEnd(session.halt());
        this.cancelInspection(entry);
        entry.connector.cancelSignIn();
      } else this.closeSessions(entry);
      this.changed.fire(entry.server.id);
    }
  }

  private endOldest(entry: Entry): void {
    const idle = sessionsOf(entry).sort((a, b) => a.lastUsed - b.lastUsed);
    this.endSession((idle.find((session) => !session.isBusy) ?? idle[0])!);
  }

  private tick(): void {
    const idleSince = performance.now() - idleMs;
    for (const entry of this.entries.values()) {
      for (const session of sessionsOf(entry)) {
        if (!session.isBusy && session.lastUsed < idleSince) this.endSession(session);
        else session.keepAlive(keepAliveEveryMs / 2);
      }
    }
  }

  private log(server: GuardedServer, line: string): void {
    this.options.serverLog(server, line);
  }
}

function sessionsOf({ sessions, stateless }: Entry): AnySession[] {
  return [...sessions.values(), ...stateless.values()];
}
