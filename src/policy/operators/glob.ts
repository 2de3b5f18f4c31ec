import { matcher } from './regex';
import type { Truth } from './truth';

/**
 * A pattern over a whole string, as for paths: `*` and `?` stop at `/`, `**` does not, and `**` with
 * its slash stands for no folder as well. Runs on the linear-time engine.
 */
export function globMatcher(pattern: string): (value: unknown) => Truth {
  return matcher(`(?s)${expressionOf(pattern)}`, true);
}

function expressionOf(pattern: string): string {
  return pattern
    .split(/(\/\*\*$|^\*\*\/|\/\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      switch (part) {
        case '/**':
          return '(?:/.*)?';
        case '**/':
          return '(?:.*/)?';
        case '/**/':
          return '/(?:.*/)?';
        case '**':
          return '.*';
        case '*':
          return '[^/]*';
        case '?':
          return '[^/]';
        default:
          return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
      }
    })
    .join('');
}
