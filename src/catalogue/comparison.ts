import type { Finding } from '../risk/findings/finding';
import { shortDigest } from './catalogueFile';
import type { CataloguedServer } from './packageCatalogue';

/** How the tools of a running server differ from those that the catalogue has of its package. */
export interface Comparison {
  readonly catalogued: CataloguedServer;
  /** Tools that are defined in other words. */
  readonly changed: readonly string[];
  /** Tools that the catalogue does not have. */
  readonly added: readonly string[];
  /** Tools that only the catalogue has. */
  readonly missing: readonly string[];
}

/** `digestOf` gives the whole digest of a tool's definition as the server has it now. */
export function comparisonWith(
  catalogued: CataloguedServer,
  names: readonly string[],
  digestOf: (tool: string) => string | undefined,
): Comparison {
  const known = new Map(catalogued.tools.map((tool) => [tool.name, tool.digest]));
  const present = new Set(names);
  const isChanged = (name: string): boolean => {
    const expected = known.get(name);
    const digest = expected === undefined ? undefined : digestOf(name);
    return expected !== undefined && (digest === undefined || shortDigest(digest) !== expected);
  };
  return {
    catalogued,
    changed: names.filter(isChanged),
    added: names.filter((name) => !known.has(name)),
    missing: [...known.keys()].filter((name) => !present.has(name)),
  };
}

/**
 * Findings by the name of the tool, where the entry names the very version that was catalogued: what
 * is defined otherwise then is not what was published. Other versions may differ.
 */
export function findingsOf({
  catalogued,
  changed,
  added,
}: Comparison): ReadonlyMap<string, Finding> {
  if (!catalogued.isExact) return new Map();
  return new Map([...changed, ...added].map((name) => [name, finding(name)]));
}

function finding(name: string): Finding {
  const severity = 'moderate';
  return { severity, class: 'not-as-published', field: 'name', text: name, offset: 0 };
}

/** What is to be said of the server, without a word of its own. */
export function noteOf({ catalogued, changed, added, missing }: Comparison): string {
  const { package: name, version, tools, isExact } = catalogued;
  const known = `${name} ${version}`;
  const parts = [
    ...(changed.length > 0 ? [`${changed.length} defined otherwise`] : []),
    ...(added.length > 0 ? [`${added.length} more`] : []),
    ...(missing.length > 0 ? [`${missing.length} missing`] : []),
  ];
  if (parts.length === 0) return `Its tools are those of ${known} in the catalogue.`;
  const difference = `Compared with the ${tools.length} tools of ${known} in the catalogue: ${parts.join(', ')}.`;
  return isExact ? difference : `${difference} It may be another version.`;
}
