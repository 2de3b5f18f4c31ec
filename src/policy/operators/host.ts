import type { Truth } from './truth';
export function isHostOf(url: string, patterns: readonly string[]): Truth {
  return undefined;
}
export function isHostPattern(text: string): boolean {
  return text !== '';
}
