import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { Emitter, type Event } from '../common/event';
import { type PolicyProblem, parsePolicy } from '../policy/parsePolicy';
import { type Layer, Policy } from '../policy/policy';
import { presets } from '../policy/presets';

/** Where the enforcer gets the policies in force from, at each call. */
export interface PolicySource {
  /** Never empty; `undefined` when no policy can be relied on: every call is refused then. */
  current(): readonly Policy[] | undefined;
  readonly onDidChange: Event<void>;
}

export type PolicyFileState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly policy: Policy; readonly problems: readonly PolicyProblem[] }
  /** The text cannot be used; `policy` is the last good one, if there was any. */
  | {
      readonly kind: 'broken';
      readonly policy: Policy | undefined;
      readonly problems: readonly PolicyProblem[];
    };

// A file system may stamp two writes within one tick alike, so a stamp this young proves nothing.
const youngMs = 100;

/**
 * One policy file. The last good policy stays in force when the file breaks or vanishes, so that
 * nobody gets rid of a policy by damaging it.
 */
export class PolicyFile {
  private state: PolicyFileState = { kind: 'absent' };
  private stamp = '';
  /** Counters are kept by it: the path, but not readable in a store that others share. */
  private readonly id: string;
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  constructor(
    readonly path: string,
    private readonly layer: Exclude<Layer, 'preset'>,
  ) {
    this.id = createHash('sha256').update(path).digest('hex').slice(0, 16);
    this.refresh();
  }

  /**
   * The state as the file is now: an edit counts for the next call, without waiting for a file
   * watcher. Synchronous, a few microseconds when nothing changed.
   */
  refresh(): PolicyFileState {
    const { stamp, modifiedAt } = stampOf(this.path);
    if (stamp === this.stamp) return this.state;
    const young = Math.abs(Date.now() - modifiedAt) < youngMs;
    this.stamp = young ? '' : stamp;
    const before = this.state;
    const text = stamp === 'absent' ? undefined : readText(this.path);
    this.state = this.next(text);
    if (sameState(before, this.state)) this.state = before;
    else this.changed.fire();
    return this.state;
  }

  private next(text: string | undefined | Error): PolicyFileState {
    const last = this.state.kind === 'absent' ? undefined : this.state.policy;
    const broken = (problems: readonly PolicyProblem[]): PolicyFileState => ({
      kind: 'broken',
      policy: last,
      problems,
    });
    if (text === undefined) {
      if (this.state.kind === 'absent') return this.state;
      return broken([problem('The policy file is gone. The last policy stays in force.')]);
    }
    if (text instanceof Error) return broken([problem(`Cannot be read: ${text.message}`)]);
    const { document, problems } = parsePolicy(text);
    if (!document) return broken(problems);
    return { kind: 'valid', policy: new Policy(document, this.layer, this.id), problems };
  }
}

/**
 * The layers that govern one server: the user's policy and the workspace's. Where there is neither,
 * the recommended preset.
 */
export class LayeredPolicies implements PolicySource {
  private readonly preset = new Policy(parsePolicy(presets.recommended.text).document!, 'preset');
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  constructor(private readonly files: readonly PolicyFile[]) {
    for (const file of files) file.onDidChange(() => this.changed.fire());
  }

  current(): readonly Policy[] | undefined {
    const policies: Policy[] = [];
    for (const file of this.files) {
      const state = file.refresh();
      if (state.kind === 'absent') continue;
      if (!state.policy) return undefined;
      policies.push(state.policy);
    }
    return policies.length > 0 ? policies : [this.preset];
  }
}

function stampOf(path: string): { stamp: string; modifiedAt: number } {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat) return { stamp: 'absent', modifiedAt: 0 };
    const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    return { stamp, modifiedAt: Number(stat.ctimeNs / 1_000_000n) };
  } catch (error) {
    return { stamp: `unreadable:${(error as NodeJS.ErrnoException).code}`, modifiedAt: 0 };
  }
}

function readText(path: string): string | Error {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error as Error;
  }
}

function problem(message: string): PolicyProblem {
  return { severity: 'error', message, offset: 0, length: 1, pointer: '' };
}

function sameState(a: PolicyFileState, b: PolicyFileState): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'absent' || b.kind === 'absent') return true;
  return (
    JSON.stringify([a.policy?.document, a.problems]) ===
    JSON.stringify([b.policy?.document, b.problems])
  );
}
