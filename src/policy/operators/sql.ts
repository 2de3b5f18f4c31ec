import type { Truth } from './truth';
export function isSqlOf(text: string, kinds: readonly string[]): Truth {
  return undefined;
}
export const sqlKinds = ['select'] as const;
