import { type Disposable, type TextDocument, Uri, window, workspace } from 'vscode';
import { DisposableStore } from '../common/disposable';

const scheme = 'toolgate';
const mostKept = 50;

/** Read-only documents for what is too long for a dialog: arguments, previews, entries. */
export class VirtualDocuments implements Disposable {
  private readonly store = new DisposableStore();
  private readonly texts = new Map<string, string>();
  private count = 0;

  constructor() {
    this.store.add(
      workspace.registerTextDocumentContentProvider(scheme, {
        provideTextDocumentContent: (uri) => this.texts.get(uri.toString()) ?? '',
      }),
    );
  }

  /** A uri whose document has this text; `name` decides the language. */
  create(name: string, text: string): Uri {
    const uri = Uri.from({ scheme, path: `/${++this.count}/${name}` });
    this.texts.set(uri.toString(), text);
    const oldest = this.texts.keys().next().value;
    if (this.texts.size > mostKept && oldest !== undefined) this.texts.delete(oldest);
    return uri;
  }

  async show(name: string, text: string): Promise<TextDocument> {
    const document = await workspace.openTextDocument(this.create(name, text));
    await window.showTextDocument(document, { preview: true });
    return document;
  }

  dispose(): void {
    this.store.dispose();
  }
}
