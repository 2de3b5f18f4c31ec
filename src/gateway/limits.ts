import type { LimitUse } from '../policy/decide';
import {
  type Charge,
  type ChargeResult,
  type CounterStore,
  CountersUnavailable,
} from './counters/counterStore';
import type { MemoryCounters } from './counters/memoryCounters';

/** Whose calls are counted: names for the scopes of limits. */
export interface CountedFor {
  readonly session: string;
  readonly grant: string;
  readonly workspace: string;
}

export interface GrantedReservation {
  readonly kind: 'granted';
  /** Limits of observing rules that would have refused the call. */
  readonly observed: readonly LimitUse[];
  release(): Promise<void>;
}

export type Reservation =
  | GrantedReservation
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
    private readonly local: MemoryCounters,
    private readonly shared: CounterStore,
    /** Whether calls pass when the shared store cannot be reached. */
    private readonly passOnFailure: () => boolean,
  ) {}

  /** Answers at once where all that is counted is counted in memory. */
  reserve(uses: readonly LimitUse[], ids: CountedFor): Reservation | Promise<Reservation> {
    if (uses.length === 0) return nothingToReserve;
    const isLocal = (use: LimitUse): boolean => !use.observe && this.storeOf(use) === this.local;
    if (!uses.every(isLocal)) return this.reserveInStores(uses, ids);
    try {
      const result = this.local.charge(uses.map((use) => charge(use, ids)));
      return result.granted
        ? { kind: 'granted', observed: [], release: result.release }
        : exceeded(result, uses);
    } catch {
      return { kind: 'unavailable', use: uses[0]! };
    }
  }

  private async reserveInStores(uses: readonly LimitUse[], ids: CountedFor): Promise<Reservation> {
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
          return exceeded(result, here);
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

const nothingToReserve: Reservation = { kind: 'granted', observed: [], release: async () => {} };

function exceeded(
  { index, retryAfterSeconds, remaining }: Extract<ChargeResult, { granted: false }>,
  uses: readonly LimitUse[],
): Reservation {
  return { kind: 'exceeded', use: uses[index] ?? uses[0]!, retryAfterSeconds, remaining };
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
