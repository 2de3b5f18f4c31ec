import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { Emitter } from '../common/event';
import { compare } from '../policy/comparison/compare';
import type { Loosening } from '../policy/comparison/loosening';
import type { PolicyDocument } from '../policy/document';
import { type PolicyProblem, parsePolicy } from '../policy/parsePolicy';
import { type Layer, Policy } from '../policy/policy';
import type { ConfirmedPolicies } from './confirmedPolicies';
import { readPolicyText } from './policyText';

export type PolicyFileState =
  /** There is no file, and none is remembered. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'valid'; readonly policy: Policy }
  /** The text cannot be used; the last confirmed policy holds, if there was any. */
  | {
      readonly kind: 'broken';
      readonly policy: Policy | undefined;
      readonly problems: readonly PolicyProblem[];
    }
  /** The file allows more than the confirmed policy, which holds until the person confirms it. */
  | {
      readonly kind: 'loosened';
      readonly policy: Policy | undefined;
      readonly change: PolicyChange;
    };

/** A change that waits for the person. */
export interface PolicyChange {
  /** Names exactly what was shown. */
  readonly digest: string;
  /** `undefined` where there is no file. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly loosenings: readonly Loosening[];
}

export interface PolicyFileOptions {
  readonly confirmed: ConfirmedPolicies;
  /**
   * What the file is the policy of, for counters and their owners; the file itself unless said. A
   * folder keeps its counters when a setting names another file.
   */
  readonly subject?: string | undefined;
  /** What holds in this layer where there is no file. */
  readonly whenAbsent: () => PolicyDocument;
  /** What a first file is compared with, if that is stricter than `whenAbsent`. */
  readonly beforeFirst?: () => PolicyDocument;
}

// A file system may stamp two writes within one tick alike, so a stamp this young proves nothing.
const youngMs = 100;

/**
 * One policy file. What tightens is in force with the next call; what loosens waits for the person,
 * and a file that breaks or vanishes changes nothing: nobody gets rid of a policy by damaging it.
 * The policy that a file has when it is first seen counts as confirmed.
 */
export class PolicyFile {
  private state: PolicyFileState = { kind: 'absent' };
  private stamp: Stamp | undefined;
  private text: string | undefined;
  private isFresh = false;
  private readonly id: string;
  private readonly changed = new Emitter<void>();

  readonly onDidChange = this.changed.event;

  constructor(
    readonly path: string,
    private readonly layer: Exclude<Layer, 'preset'>,
    private readonly options: PolicyFileOptions,
  ) {
    this.id = digestOf(options.subject ?? path).slice(0, 16);
    this.refresh();
  }

  /** The state as of this turn of the event loop, so that calls which arrive together share a look. */
  current(): PolicyFileState {
    if (!this.isFresh) {
      this.refresh();
      this.isFresh = true;
      setImmediate(() => {
        this.isFresh = false;
      });
    }
    return this.state;
  }

  /**
   * The state as the file is now: an edit counts for the next call, without waiting for a file
   * watcher. Synchronous, a few microseconds when nothing changed.
   */
  refresh(): PolicyFileState {
    const stamp = stampOf(this.path);
    if (this.stamp && isSameStamp(stamp, this.stamp)) return this.state;
    const young = Math.abs(Date.now() - stamp.changedAt) < youngMs;
    const first = !this.stamp && this.state.kind === 'absent' && this.text === undefined;
    this.stamp = young ? undefined : stamp;
    const text = stamp.kind === 'absent' ? undefined : readText(this.path);
    if (!first && text === this.text) return this.state;
    this.judge(text);
    return this.state;
  }

  /** Lets a change take effect, if the file still is what the person saw. */
  confirm(digest: string): boolean {
    const state = this.refresh();
    if (state.kind !== 'loosened' || state.change.digest !== digest) return false;
    this.options.confirmed.write(this.path, { text: state.change.after, byPerson: true });
    this.judge(state.change.after);
    return true;
  }

  /** Whether this text is what the person has confirmed. */
  isConfirmed(text: string): boolean {
    return this.options.confirmed.read(this.path)?.text === text;
  }

  /** Announces an edit that the person makes through Toolgate: it needs no second word. */
  expect(text: string): void {
    this.options.confirmed.write(this.path, { text, byPerson: true });
  }

  private judge(text: string | undefined | Error): void {
    this.text = text instanceof Error ? undefined : text;
    const before = this.state;
    const after = this.next(text);
    // Another layout or comment is no change of the policy.
    if (before.kind === 'valid' && after.kind === 'valid' && isSame(before.policy, after.policy)) {
      return;
    }
    this.state = after;
    this.changed.fire();
  }

  private next(text: string | undefined | Error): PolicyFileState {
    const confirmed = this.options.confirmed.read(this.path);
    const broken = (problems: readonly PolicyProblem[]): PolicyFileState => ({
      kind: 'broken',
      policy: this.policyFrom(confirmed?.text),
      problems,
    });
    if (text instanceof Error) return broken([problem(`Cannot be read: ${text.message}`)]);
    const parsed = text === undefined ? undefined : parsePolicy(text);
    if (parsed && !parsed.document) return broken(parsed.problems);

    if (confirmed && confirmed.text !== text) {
      const { whenAbsent, beforeFirst = whenAbsent } = this.options;
      const before = documentFrom(confirmed.text) ?? beforeFirst();
      const after = parsed?.document ?? whenAbsent();
      const { loosenings } = compare(before, after);
      if (loosenings.length > 0) {
        const change = {
          digest: digestOf(text ?? ''),
          before: confirmed.text,
          after: text,
          loosenings,
        };
        return { kind: 'loosened', policy: this.policyFrom(confirmed.text), change };
      }
    }
    if (!confirmed || confirmed.text !== text) {
      try {
        const byPerson = confirmed?.byPerson ?? false;
        this.options.confirmed.write(this.path, { text, byPerson });
      } catch (error) {
        // What cannot be remembered could be undone by a restart.
        const reason = (error as Error).message;
        return broken([problem(`That it is in force cannot be recorded: ${reason}`)]);
      }
    }
    const policy = this.policyFrom(text);
    return policy ? { kind: 'valid', policy } : { kind: 'absent' };
  }

  private policyFrom(text: string | undefined): Policy | undefined {
    const document = documentFrom(text);
    const byPerson = this.options.confirmed.read(this.path)?.byPerson ?? false;
    return document && new Policy(document, this.layer, this.id, byPerson);
  }
}

function isSame(a: Policy, b: Policy): boolean {
  return JSON.stringify(a.document) === JSON.stringify(b.document);
}

function documentFrom(text: string | undefined): PolicyDocument | undefined {
  return text === undefined ? undefined : parsePolicy(text).document;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What a file system tells of a file without its being read. */
interface Stamp {
  /** `absent`, or why it cannot be looked at, or nothing of note. */
  readonly kind: string;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modifiedAt: number;
  /** Milliseconds since the epoch, with fractions. */
  readonly changedAt: number;
}

const nowhere = { device: 0, inode: 0, size: 0, modifiedAt: 0, changedAt: 0 };

function stampOf(path: string): Stamp {
  try {
    // Not as big integers: making them takes as long as the look itself, at every call.
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return { kind: 'absent', ...nowhere };
    const { dev: device, ino: inode, size, mtimeMs: modifiedAt, ctimeMs: changedAt } = stat;
    return { kind: '', device, inode, size, modifiedAt, changedAt };
  } catch (error) {
    return { kind: `unreadable: ${(error as NodeJS.ErrnoException).code}`, ...nowhere };
  }
}

function isSameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.changedAt === b.changedAt &&
    a.modifiedAt === b.modifiedAt &&
    a.size === b.size &&
    a.inode === b.inode &&
    a.device === b.device &&
    a.kind === b.kind
  );
}

function readText(path: string): string | Error {
  try {
    return readPolicyText(path);
  } catch (error) {
    return error as Error;
  }
}

function problem(message: string): PolicyProblem {
  return { severity: 'error', message, offset: 0, length: 1, pointer: '' };
}
