import type { Truth } from './truth';
export function isUnder(path: string, base: string, facts: PathFacts): Truth {
  return undefined;
}
export interface PathFacts {
  readonly platform: 'posix' | 'windows';
}
