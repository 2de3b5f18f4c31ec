import type { Truth } from './truth';
export function isCommandOf(text: string, words: readonly string[], platform: string): Truth {
  return undefined;
}
