import { randomUUID } from 'node:crypto';

/** What a person has allowed beyond one call. Kept in memory only: a restart ends it. */
export interface ScopedGrant {
  readonly id: string;
  /** `arguments`: exactly the call that was shown. `tool`: any call that the same rule asks about. */
  readonly kind: 'arguments' | 'tool';
  readonly server: string;
  readonly tool: string;
  readonly client: string;
  /** The session it ends with, unless it ends by itself. */
  readonly session: string | undefined;
  /** Milliseconds since the epoch. */
  readonly until: number | undefined;
  readonly callsLeft: number | undefined;
}

/** How far a grant reaches: the calls, or the time, after which the person is asked again. */
export interface GrantBounds {
  readonly calls?: number | undefined;
  readonly minutes?: number | undefined;
}

/** What a grant and a call have to have in common. */
export interface GrantSubject {
  readonly server: string;
  readonly tool: string;
  readonly client: string;
  readonly session: string;
  /** Digest of the server's and the tool's definition, the client, and the rule that asks. */
  readonly scope: string;
  /** The same with the arguments and the policies: what one answer is for. */
  readonly binding: string;
}

interface Entry {
  grant: ScopedGrant;
  readonly key: string;
  readonly endsAt: number;
}

/** The grants in force. A grant that has run out, or whose definition or rule has changed, is none. */
export class ScopedGrants {
  private readonly entries = new Map<string, Entry>();

  /** `now` is monotonic milliseconds: setting the clock back prolongs nothing. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Oldest first. */
  list(): readonly ScopedGrant[] {
    this.sweep();
    return [...this.entries.values()].map(({ grant }) => grant);
  }

  /** For exactly this call, as long as its session lasts. */
  addArguments(subject: GrantSubject): void {
    this.add('arguments', subject.binding, subject, {});
  }

  /** For every call of the tool that the same rule asks about. Without bounds, for the session. */
  addTool(subject: GrantSubject, bounds: GrantBounds): void {
    this.add('tool', subject.scope, subject, bounds);
  }

  /** Uses up one call of a grant that covers this one, if there is any. */
  use(subject: GrantSubject): ScopedGrant['kind'] | undefined {
    this.sweep();
    for (const [id, entry] of this.entries) {
      const { grant } = entry;
      if (entry.key !== (grant.kind === 'tool' ? subject.scope : subject.binding)) continue;
      if (grant.session !== undefined && grant.session !== subject.session) continue;
      if (grant.callsLeft !== undefined) {
        const callsLeft = grant.callsLeft - 1;
        if (callsLeft > 0) entry.grant = { ...grant, callsLeft };
        else this.entries.delete(id);
      }
      return grant.kind;
    }
    return undefined;
  }

  /** False if there was no such grant any more. */
  revoke(id: string): boolean {
    return this.entries.delete(id);
  }

  /** True if a grant ended with the session. */
  endSession(session: string): boolean {
    const ended = [...this.entries].filter(([, { grant }]) => grant.session === session);
    for (const [id] of ended) this.entries.delete(id);
    return ended.length > 0;
  }

  clear(): void {
    this.entries.clear();
  }

  private add(
    kind: ScopedGrant['kind'],
    key: string,
    { server, tool, client, session }: GrantSubject,
    { calls, minutes }: GrantBounds,
  ): void {
    const ms = minutes === undefined ? undefined : minutes * 60_000;
    const bounded = calls !== undefined || ms !== undefined;
    const grant = {
      id: randomUUID(),
      kind,
      server,
      tool,
      client,
      session: bounded ? undefined : session,
      until: ms === undefined ? undefined : Date.now() + ms,
      callsLeft: calls,
    };
    const endsAt = ms === undefined ? Number.POSITIVE_INFINITY : this.now() + ms;
    this.entries.set(grant.id, { grant, key, endsAt });
  }

  private sweep(): void {
    const now = this.now();
    for (const [id, { endsAt }] of this.entries) if (endsAt <= now) this.entries.delete(id);
  }
}
