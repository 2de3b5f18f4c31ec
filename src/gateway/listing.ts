import { isCursor } from './toolCatalogue';

// A server that always offers another page would be asked for ever.
const mostPages = 200;
// Nor may it give more on its pages than can be kept.
const mostCharacters = 64 * 1024 * 1024;

/** Asks a server something. Rejects where it has no answer. */
export type Ask = (
  method: string,
  params: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

/** A whole list of what a server offers, page by page. Throws when it does not end. */
export async function listAll(
  ask: Ask,
  key: 'tools' | 'prompts',
  onPage: (page: readonly unknown[], isFirst: boolean, isLast: boolean) => void = () => {},
): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  let cursor: unknown;
  let characters = 0;
  for (let page = 0; page < mostPages; page++) {
    const answer = await ask(`${key}/list`, page === 0 ? {} : { cursor });
    const found = Array.isArray(answer[key]) ? (answer[key] as unknown[]) : [];
    cursor = answer.nextCursor;
    characters += JSON.stringify(found).length;
    if (characters > mostCharacters) throw new Error(`Its list of ${key} is larger than 64 MiB.`);
    onPage(found, page === 0, !isCursor(cursor));
    // Not spread: a page may be longer than the stack is deep.
    for (const item of found) items.push(item);
    if (!isCursor(cursor)) return items;
  }
  throw new Error(`Its list of ${key} has more than ${mostPages} pages.`);
}
