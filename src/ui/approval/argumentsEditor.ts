import {
  type Event,
  EventEmitter,
  type FileChangeEvent,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  Uri,
  window,
  workspace,
} from 'vscode';
import { canonicalJson } from '../../common/canonicalJson';
import { DisposableStore } from '../../common/disposable';
import type { PendingApproval } from '../../gateway/approvals';
import type { Answers } from './answers';
import { argumentsExcerpt, argumentsFile, shortName } from './approvalTexts';

const scheme = 'toolgate-edit';

interface Draft {
  readonly pending: PendingApproval;
  readonly createdAt: number;
  bytes: Uint8Array;
  changedAt: number;
}

/**
 * *Edit Arguments and Allow*: the arguments as a document that lives in memory. The command that
 * the key for saving runs there asks whether to make the call with what it says.
 */
export class ArgumentsEditor implements FileSystemProvider {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new EventEmitter<FileChangeEvent[]>());
  private readonly drafts = new Map<string, Draft>();
  private count = 0;

  readonly onDidChangeFile: Event<FileChangeEvent[]> = this.changed.event;

  constructor(private readonly answers: Answers) {
    this.store.add(workspace.registerFileSystemProvider(scheme, this, { isCaseSensitive: true }));
    this.store.add(
      workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === scheme) this.drafts.delete(uri.path);
      }),
    );
  }

  async open(pending: PendingApproval): Promise<void> {
    const uri = Uri.from({ scheme, path: `/${++this.count}/${argumentsFile(pending)}` });
    const text = `${JSON.stringify(pending.arguments, undefined, 2)}\n`;
    const now = Date.now();
    const bytes = Buffer.from(text);
    this.drafts.set(uri.path, { pending, bytes, createdAt: now, changedAt: now });
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: false });
  }

  /** Saves a draft and asks. Not at any saving: the editor may do that by itself. */
  async submit(target: unknown): Promise<void> {
    const uri = target instanceof Uri ? target : window.activeTextEditor?.document.uri;
    const open = workspace.textDocuments.find(
      (document) => document.uri.scheme === scheme && document.uri.path === uri?.path,
    );
    if (!open) return;
    if (!open.isDirty || (await open.save())) await this.offer(open.uri);
  }

  dispose(): void {
    this.store.dispose();
    this.drafts.clear();
  }

  private async offer(uri: Uri): Promise<void> {
    const draft = this.drafts.get(uri.path);
    if (!draft) return;
    const { pending } = draft;
    const args = readObject(Buffer.from(draft.bytes).toString('utf8'));
    if (typeof args === 'string') return void window.showErrorMessage(args);
    const isSame = canonicalJson(args) === canonicalJson(pending.arguments);
    // Enter presses the first button. Anyone can change a document, so what is made is shown.
    const back = { title: 'Back to Editing' };
    const allow = { title: isSame ? 'Allow Once' : 'Allow Edited Call' };
    const cancel = { title: 'Cancel', isCloseAffordance: true };
    const choice = await window.showWarningMessage(
      `Make the call of "${shortName(pending.tool)}" on server "${shortName(pending.server)}" with ${isSame ? 'its own' : 'changed'} arguments?`,
      { modal: true, detail: `Risk: ${pending.risk}\n\nArguments:\n${argumentsExcerpt(args)}` },
      back,
      allow,
      cancel,
    );
    if (choice !== allow) return;
    this.answers.give(pending, { kind: 'allow_once', ...(isSame ? {} : { arguments: args }) });
    const tabs = window.tabGroups.all.flatMap((group) => group.tabs);
    const own = tabs.filter(
      ({ input }) =>
        (input as { uri?: Uri } | undefined)?.uri?.scheme === scheme &&
        (input as { uri: Uri }).uri.path === uri.path,
    );
    await window.tabGroups.close(own);
  }

  // --- The file system ---

  watch(): { dispose(): void } {
    return { dispose() {} };
  }

  stat(uri: Uri): FileStat {
    const { bytes, createdAt, changedAt } = this.draft(uri);
    return { type: FileType.File, ctime: createdAt, mtime: changedAt, size: bytes.length };
  }

  readFile(uri: Uri): Uint8Array {
    return this.draft(uri).bytes;
  }

  writeFile(uri: Uri, content: Uint8Array): void {
    const draft = this.draft(uri);
    draft.bytes = content;
    draft.changedAt = Date.now();
  }

  readDirectory(uri: Uri): never {
    throw FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri): never {
    throw FileSystemError.NoPermissions(uri);
  }

  private draft(uri: Uri): Draft {
    const draft = this.drafts.get(uri.path);
    if (!draft) throw FileSystemError.FileNotFound(uri);
    return draft;
  }
}

/** The object, or what is wrong with the text. */
function readObject(text: string): Readonly<Record<string, unknown>> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    return 'The arguments of a call are a JSON object: { … }.';
  } catch (error) {
    return `The arguments are no JSON: ${(error as Error).message}`;
  }
}
