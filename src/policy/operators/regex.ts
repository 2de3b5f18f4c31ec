import type { RE2JS } from 're2js';
import type { Truth } from './truth';

// Agents choose the strings, and policies may come from a repository: matching has to take linear
// time whatever the pattern (RE2's guarantee). The engine is loaded when a pattern first needs it.
function engine(): typeof RE2JS {
  return (require('re2js') as { RE2JS: typeof RE2JS }).RE2JS;
}

/** Linear time is long for a long text, and the editor waits: what is longer cannot be judged. */
export const longestMatched = 262_144;

/** What is wrong with a pattern, in words; `undefined` when nothing is. */
export function patternProblem(pattern: string): string | undefined {
  try {
    engine().compile(pattern);
    return undefined;
  } catch (error) {
    return `This is not a regular expression that RE2 knows: ${(error as Error).message}.`;
  }
}

/** Whether the pattern matches: anywhere in the string, or with `whole` all of it. */
export function matcher(pattern: string, whole: boolean): (value: unknown) => Truth {
  const compiled = engine().compile(pattern);
  return (value) => {
    if (typeof value !== 'string') return undefined;
    return whole ? compiled.matches(value) : compiled.matcher(value).find();
  };
}

/**
 * For `ajv`, whose `pattern` keyword would otherwise run on the backtracking engine. Throws for a text
 * that is too long.
 */
export function linearRegExp(pattern: string): { test(text: string): boolean } {
  const compiled = engine().compile(pattern);
  return {
    test: (text) => {
      if (text.length > longestMatched) throw new RangeError('The text is too long.');
      return compiled.matcher(text).find();
    },
  };
}
