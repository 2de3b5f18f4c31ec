import { commands, type Memento, window } from 'vscode';
import { DisposableStore } from '../../common/disposable';
import { Emitter } from '../../common/event';
import { contextKeys } from '../ids';

export type Grouping = 'server' | 'risk';

const groupingKey = 'tree.grouping';

/** How the person wants the tree: the grouping is kept for the workspace, the filter for the window. */
export class TreeOptions {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new Emitter<void>());
  private currentFilter = '';

  readonly onDidChange = this.changed.event;

  constructor(private readonly memento: Memento) {
    void this.publish();
  }

  get grouping(): Grouping {
    return this.memento.get<string>(groupingKey) === 'risk' ? 'risk' : 'server';
  }

  get filter(): string {
    return this.currentFilter;
  }

  async group(by: Grouping): Promise<void> {
    await this.memento.update(groupingKey, by);
    await this.publish();
  }

  /** Filters as the person types. Who leaves without Enter gets back what there was. */
  async askForFilter(): Promise<void> {
    const before = this.filter;
    const store = new DisposableStore();
    const input = store.add(window.createInputBox());
    input.title = 'Filter Tools';
    input.placeholder = 'Words of a name, server, category, risk or action, such as: critical ask';
    input.value = before;
    const accepted = await new Promise<boolean>((resolve) => {
      store.add(input.onDidChangeValue((value) => this.setFilter(value)));
      store.add(input.onDidAccept(() => resolve(true)));
      store.add(input.onDidHide(() => resolve(false)));
      input.show();
    });
    store.dispose();
    if (!accepted) this.setFilter(before);
  }

  setFilter(filter: string): void {
    this.currentFilter = filter.trim();
    void this.publish();
  }

  dispose(): void {
    this.store.dispose();
  }

  private async publish(): Promise<void> {
    this.changed.fire();
    await Promise.all([
      commands.executeCommand('setContext', contextKeys.grouping, this.grouping),
      commands.executeCommand('setContext', contextKeys.filtered, this.filter !== ''),
    ]);
  }
}
