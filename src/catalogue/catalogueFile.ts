import type { Category, Level } from '../risk/risk';

/** What `npm run catalogue` writes: names and judgements, no text of a server. */
export interface CatalogueFile {
  readonly generatedBy: string;
  /** By the name of the npm package. */
  readonly servers: Readonly<Record<string, CatalogueEntry>>;
}

export interface CatalogueEntry {
  readonly version: string;
  /** The command of the package that was run. */
  readonly command: string;
  /** What it was started with, if anything. */
  readonly args?: readonly string[];
  readonly tools: CatalogueTools;
}

export type CatalogueTools = Readonly<Record<string, CatalogueTool>>;

/** The digest is null where the definition depends on when and where it is asked for. */
export type CatalogueTool = readonly [
  category: Category,
  level: Level,
  confidence: number,
  digest: string | null,
];

// 96 bits: for none of them will anybody find another definition.
const digestLength = 16;

/** As much of the digest of a definition as the catalogue keeps. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digestLength);
}
