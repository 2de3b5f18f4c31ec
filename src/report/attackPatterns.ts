import type { AttackPattern } from './attackPattern';
import { connectionPatterns } from './connectionPatterns';
import { toolPatterns } from './toolPatterns';

/** The attacks that are known by name. Those that concern every tool come last. */
export const attackPatterns: readonly AttackPattern[] = [...toolPatterns, ...connectionPatterns];

/** The page behind a reference. */
export function referenceUrl({ reference }: AttackPattern): string {
  return reference.startsWith('CVE-') ? `https://www.cve.org/CVERecord?id=${reference}` : reference;
}
