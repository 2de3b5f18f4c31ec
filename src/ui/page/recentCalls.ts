import type { ActivityEntry } from '../../audit/activityEntry';
import type { ActivityLog } from '../../audit/activityLog';
import { type Disposable, DisposableStore } from '../../common/disposable';

const mostKept = 2000;

/** The newest calls of the record, read once and kept up to date from then on. */
export class RecentCalls implements Disposable {
  private readonly store = new DisposableStore();
  private read: Promise<void> | undefined;
  private entries: readonly ActivityEntry[] = [];

  constructor(private readonly record: ActivityLog) {
    this.store.add(record.onDidRecord((entry) => this.add([entry])));
  }

  /** The newest first. */
  async latest(): Promise<readonly ActivityEntry[]> {
    this.read ??= this.record.latest(mostKept).then((entries) => this.add(entries));
    await this.read;
    return this.entries;
  }

  dispose(): void {
    this.store.dispose();
  }

  private add(some: readonly ActivityEntry[]): void {
    // What is recorded while the file is read may be in both.
    const known = new Set(some.map(({ id }) => id));
    const others = this.entries.filter(({ id }) => !known.has(id));
    const all = [...some, ...others].sort((a, b) => (a.time < b.time ? 1 : -1));
    this.entries = all.slice(0, mostKept);
  }
}
