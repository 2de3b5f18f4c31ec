import type { LimitUse } from '../policy/decide';
import { type Charge, type CounterStore, CountersUnavailable } from './counters/counterStore';

/** Whose calls are counted: names for the scopes of limits. */
export interface CountedFor {
  readonly session: string;
  readonly grant: string;
  readonly workspace: string;
}

export type Reservation =
  | { readonly kind: 'granted'; readonly observed: readonly LimitUse[]; release(): Promise<void> }
  | {
      readonly kind: 'exceeded';
      readonly use: LimitUse;
      readonly retryAfterSeconds: number | undefined;
      readonly remaining: string;
    }
  /** The counters cannot be reached, so nobody knows whether the call fits. */
  | { readonly kind: 'unavailable'; readonly use: LimitUse };

/**
 * Reserves the limits of a call, all or none. Sessions and grants are counted in memory, what
 * outlives them in a store that windows and restarts share.
 */
export class Limits {
  constructor(
    private readonly local: CounterStore & { forget(prefix: string): void },
    private readonly shared: CounterStore,
    /** Whether calls pass when the shared store cannot be reached. */
    private readonly passOnFailure: () => boolean,
  ) {}

  async reserve(uses: readonly LimitUse[], ids: CountedFor): Promise<Reservation> {
    const enforced = uses.filter(({ observe }) => !observe);
    const releases: (() => Promise<void>)[] = [];
    const release = async (): Promise<void> => {
      for (const undo of releases.splice(0)) await undo();
    };
    for (const store of [this.local, this.shared]) {
      const here = enforced.filter((use) => this.storeOf(use) === store);
      const [first] = here;
      if (!first) continue;
      try {
        const result = await store.charge(here.map((use) => charge(use, ids)));
        if (!result.granted) {
          await release();
          const { index, retryAfterSeconds, remaining } = result;
          return { kind: 'exceeded', use: here[index] ?? first, retryAfterSeconds, remaining };
        }
        releases.push(() => result.release());
      } catch (error) {
        if (error instanceof CountersUnavailable && this.passOnFailure()) continue;
        await release();
        return { kind: 'unavailable', use: first };
      }
    }
    return { kind: 'granted', observed: await this.observe(uses, ids), release };
  }

  /** What a session has used is of no use to anyone once it has ended. */
  forgetSession(session: string): void {
    this.local.forget(`session:${session}|`);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.local.dispose(), this.shared.dispose()]);
  }

  /** Counts the limits of rules that only observe; gives those that would have refused. */
  private async observe(uses: readonly LimitUse[], ids: CountedFor): Promise<readonly LimitUse[]> {
    const exceeded: LimitUse[] = [];
    for (const use of uses.filter(({ observe }) => observe)) {
      const result = await Promise.resolve(this.storeOf(use).charge([charge(use, ids)])).catch(
        () => undefined,
      );
      if (result && !result.granted) exceeded.push(use);
    }
    return exceeded;
  }

  private storeOf({ scope }: LimitUse): CounterStore {
    return scope === 'session' || scope === 'grant' ? this.local : this.shared;
  }
}

function charge(use: LimitUse, ids: CountedFor): Charge {
  const id = use.scope === 'user' ? '' : ids[use.scope];
  // A named counter is one for all rules of its layer; others belong to their rule and its file.
  const counter = use.counter === undefined ? `${use.policyId}#${use.owner}` : use.counter;
  return {
    key: `${use.scope}:${id}|${use.layer}|${counter}|${use.costPath ?? ''}`,
    windowSeconds: use.windowSeconds,
    max: String(use.max),
    cost: use.cost,
  };
}
