import type { McpEntry } from '../../config/mcpConfig';

const yes = /^(?:-y|--yes|-q|--quiet)$/;

/**
 * How a server is started or reached, for people. Arguments and addresses may hold secrets: of a
 * command only the program and what it runs are shown, of an address its host.
 */
export function launchText(entry: McpEntry | undefined): string {
  if (!entry) return 'Its entry in the configuration is not valid';
  if (entry.type !== 'stdio') {
    return `Reached over ${entry.type === 'sse' ? 'HTTP (SSE)' : 'HTTP'} at ${hostOf(entry.url)}`;
  }
  const args = entry.args.filter((arg) => !yes.test(arg));
  const runs = args[0]?.startsWith('-') === false ? args[0] : undefined;
  const left = args.length - (runs === undefined ? 0 : 1);
  const more = left > 0 ? `, with ${left} more ${left === 1 ? 'argument' : 'arguments'}` : '';
  return `Started on this machine as ${[entry.command, runs].filter(Boolean).join(' ')}${more}`;
}

/** The names of what a server is given besides its arguments, without the values. */
export function givenNames(entry: McpEntry | undefined): readonly string[] {
  if (!entry) return [];
  return Object.keys(entry.type === 'stdio' ? entry.env : entry.headers);
}

function hostOf(url: string): string {
  try {
    return new URL(url).host || 'an address without a host';
  } catch {
    return 'an address that variables make up';
  }
}
