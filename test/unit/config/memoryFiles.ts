import type { TextFiles } from '../../../src/config/textFiles';

/** Files in memory. `crashAt` makes the n-th write or removal, and all after it, fail. */
export class MemoryFiles implements TextFiles {
  readonly texts = new Map<string, string>();
  readonly log: string[] = [];
  crashAt = Number.POSITIVE_INFINITY;

  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [file, text] of Object.entries(texts)) this.texts.set(file, text);
  }

  async read(file: string): Promise<string | undefined> {
    return this.texts.get(file);
  }

  async write(file: string, text: string): Promise<void> {
    this.step(`write ${file}`);
    this.texts.set(file, text);
  }

  async remove(file: string): Promise<void> {
    this.step(`remove ${file}`);
    this.texts.delete(file);
  }

  private step(what: string): void {
    if (this.log.length >= this.crashAt) throw new Error('crash');
    this.log.push(what);
  }
}
