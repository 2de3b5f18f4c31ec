import { isDeepStrictEqual } from 'node:util';
import type { McpEntry } from '../config/mcpConfig';
import { type Level, levels, type Risk } from '../risk/risk';
import type { CatalogueEntry, CatalogueFile } from './catalogueFile';
import { npmPackageOf } from './npmPackage';

export interface CataloguedTool extends Pick<Risk, 'category' | 'level' | 'confidence'> {
  readonly name: string;
  /** The short digest of its definition, unless that is another each time. */
  readonly digest: string | undefined;
}

/** What a package offered when the catalogue was made, for one configured server that runs it. */
export interface CataloguedServer {
  readonly package: string;
  readonly version: string;
  /** Whether the entry names just this version, with arguments that make it offer these tools. */
  readonly isExact: boolean;
  readonly tools: readonly CataloguedTool[];
}

/**
 * The built-in catalogue: what servers that are not running would offer. It is for showing: no call
 * is judged by it.
 */
export class PackageCatalogue {
  private readonly servers: ReadonlyMap<string, CatalogueEntry>;

  constructor({ servers }: Pick<CatalogueFile, 'servers'>) {
    this.servers = new Map(Object.entries(servers));
  }

  /** `undefined` for a server that is in no catalogue, or may be another. */
  find(entry: McpEntry | undefined): CataloguedServer | undefined {
    const run = entry?.type === 'stdio' ? npmPackageOf(entry) : undefined;
    const known = run && this.servers.get(run.name);
    if (!known || (run.command !== undefined && run.command !== known.command)) return undefined;
    return {
      package: run.name,
      version: known.version,
      isExact: run.version === known.version && isDeepStrictEqual(run.args, known.args ?? []),
      tools: Object.entries(known.tools).map(([name, [category, level, confidence, digest]]) => {
        return { name, category, level, confidence, digest: digest ?? undefined };
      }),
    };
  }
}

/** The catalogue of this version of Toolgate, which is large: for when there is something to look up. */
export async function loadCatalogue(): Promise<PackageCatalogue> {
  const { default: file } = await import('./catalogue.json');
  // The types of a JSON module know no tuples.
  return new PackageCatalogue(file as unknown as CatalogueFile);
}

/** How many tools, and how many of them are of the greatest risk. */
export function summaryOf(tools: readonly { readonly level: Level }[]): string {
  const worst = levels.at(-1)!;
  const count = tools.filter(({ level }) => level === worst).length;
  const all = `${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}`;
  return count > 0 ? `${all}, ${count} ${worst}` : all;
}
