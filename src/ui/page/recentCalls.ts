import type { ActivityEntry } from '../../audit/activityEntry';
import type { ActivityLog } from '../../audit/activityLog';
import { type Disposable, DisposableStore } from '../../common/disposable';

const mostKept = 2000;

/** The newest calls of the record, read once and kept up to date from then on. */
export class RecentCalls implements Disposable {
  private readonly store = new DisposableStore();
  private read: Promise<void> | undefined;
  /** The newest last: a call is noted while its agent waits, so to note one has to cost nothing. */
  private entries: ActivityEntry[] = [];

  constructor(private readonly record: ActivityLog) {
    this.store.add(
      record.onDidRecord((entry) => {
        this.entries.push(entry);
        if (this.entries.length > 2 * mostKept) this.entries = this.entries.slice(-mostKept);
      }),
    );
  }

  /** The newest first, each as it stands last: a call is noted when it begins, and when it has ended. */
  async latest(): Promise<readonly ActivityEntry[]> {
    this.read ??= this.record.latest(mostKept).then((read) => {
      this.entries = [...read.reverse(), ...this.entries];
    });
    await this.read;
    const byId = new Map(this.entries.map((entry) => [entry.id, entry]));
    return [...byId.values()].sort((a, b) => (a.time < b.time ? 1 : -1)).slice(0, mostKept);
  }

  dispose(): void {
    this.store.dispose();
  }
}
