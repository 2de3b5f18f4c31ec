import { join } from 'node:path';
import {
  type ConfiguredServer,
  type McpConfigShape,
  type McpProblem,
  parseMcpConfig,
} from './mcpConfig';
import { nodeTextFiles } from './textFiles';

/** A place where servers are configured that Toolgate shows but does not edit. */
export type ServerSource = 'dotMcpJson' | 'cursor' | 'workspaceFile' | 'user';

export interface DiscoveredServer extends ConfiguredServer {
  readonly source: ServerSource;
  readonly file: string;
}

export interface DiscoveryProblem {
  readonly source: ServerSource;
  readonly file: string;
  readonly message: string;
  /** Where in the file; absent when it could not be read at all. */
  readonly problem?: McpProblem;
}

export interface Discovery {
  readonly servers: readonly DiscoveredServer[];
  readonly problems: readonly DiscoveryProblem[];
}

export interface DiscoveryPlaces {
  /** The paths of the workspace folders. */
  readonly folders: readonly string[];
  /** The .code-workspace file. */
  readonly workspaceFile?: string | undefined;
  readonly userFile?: string | undefined;
}

/** Finds the servers that agents reach past Toolgate. A missing file is no problem. */
export async function discoverServers(
  places: DiscoveryPlaces,
  read: (file: string) => Promise<string | undefined> = nodeTextFiles.read,
): Promise<Discovery> {
  const found = await Promise.all(filesOf(places).map((place) => readPlace(...place, read)));
  return {
    servers: found.flatMap(({ servers }) => servers),
    problems: found.flatMap(({ problems }) => problems),
  };
}

type Place = readonly [source: ServerSource, file: string, shape: McpConfigShape];

function filesOf({ folders, workspaceFile, userFile }: DiscoveryPlaces): readonly Place[] {
  const places: Place[] = folders.flatMap((folder): Place[] => [
    ['dotMcpJson', join(folder, '.mcp.json'), 'mcpServers'],
    ['cursor', join(folder, '.cursor', 'mcp.json'), 'mcpServers'],
  ]);
  if (workspaceFile) places.push(['workspaceFile', workspaceFile, 'workspaceFile']);
  if (userFile) places.push(['user', userFile, 'servers']);
  return places;
}

async function readPlace(
  source: ServerSource,
  file: string,
  shape: McpConfigShape,
  read: (file: string) => Promise<string | undefined>,
): Promise<Discovery> {
  try {
    const { servers, problems } = parseMcpConfig((await read(file)) ?? '', shape);
    return {
      servers: servers.map((server) => ({ ...server, source, file })),
      problems: problems.map((problem) => ({ source, file, message: problem.message, problem })),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { servers: [], problems: [{ source, file, message }] };
  }
}
