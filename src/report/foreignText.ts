import { visibleLine } from '../common/visibleText';

// A definition may hold a book; whoever reads a report needs its beginning.
const longest = 300;

/** Text of a server as one line in which nothing hides, and not too long. */
export function foreignLine(text: string): string {
  const letters = [...text.slice(0, 2 * longest)];
  const cut = letters.length > longest || text.length > 2 * longest;
  return visibleLine(cut ? `${letters.slice(0, longest).join('')}…` : text);
}
