export interface Disposable {
  dispose(): void;
}

/**
 * Collects what lives as long as its owner. Something added after `dispose` is disposed at once,
 * so that an asynchronous start which finishes late leaks nothing.
 */
export class DisposableStore implements Disposable {
  private readonly items = new Set<Disposable>();
  private disposed = false;

  get isDisposed(): boolean {
    return this.disposed;
  }

  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.add(item);
    return item;
  }

  /** Runs every disposer even when one throws; the first error is rethrown at the end. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    const errors: unknown[] = [];
    for (const item of [...this.items].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    this.items.clear();
    if (errors.length > 0) throw errors[0];
  }
}

export function toDisposable(dispose: () => void): Disposable {
  return { dispose };
}
