import { findNodeAtLocation, type Node } from 'jsonc-parser';
import type { PolicyDocument } from './document';
import { compileGlob, isGlob } from './glob';
import { nearestName } from './nearestName';
import type { PolicyProblem } from './parsePolicy';
import { type Path, toPointer } from './pointer';

/** A server that the policy governs; `tools` is undefined while they are not known. */
export interface KnownServer {
  readonly label: string;
  readonly tools: readonly string[] | undefined;
}

/** A name in a policy that fits nothing there is, with the name that was probably meant. */
export interface UnknownName extends PolicyProblem {
  readonly kind: 'unknown-server' | 'unknown-tool';
  readonly nearest: string | undefined;
}

/** Names of servers and tools in the policy that nothing fits: most likely typing mistakes. */
export function unknownNames(
  document: PolicyDocument,
  tree: Node,
  servers: readonly KnownServer[],
): UnknownName[] {
  const found: UnknownName[] = [];
  const labels = servers.map(({ label }) => label);
  found.push(...unknownTools(tree, document, [], servers));
  for (const [label, block] of Object.entries(document.servers ?? {})) {
    const matching = servers.filter((server) => fits(label, [server.label]));
    if (matching.length === 0) {
      const path = ['servers', label];
      found.push(unknown('unknown-server', label, keyNode(tree, path), path, labels, 'server'));
    } else found.push(...unknownTools(tree, block, ['servers', label], matching));
  }
  return found;
}

function unknownTools(
  tree: Node,
  block: Pick<PolicyDocument, 'tools' | 'hide'>,
  path: Path,
  servers: readonly KnownServer[],
): UnknownName[] {
  // Only when the tools of every server are known can a name be called unknown.
  if (servers.length === 0 || servers.some(({ tools }) => tools === undefined)) return [];
  const known = servers.flatMap(({ tools }) => tools ?? []);
  const named: [string, Path, Node | undefined][] = [
    ...Object.keys(block.tools ?? {}).map((name): [string, Path, Node | undefined] => {
      const at = [...path, 'tools', name];
      return [name, at, keyNode(tree, at)];
    }),
    ...(block.hide ?? []).map((name, index): [string, Path, Node | undefined] => {
      const at = [...path, 'hide', index];
      return [name, at, findNodeAtLocation(tree, at)];
    }),
  ];
  return named
    .filter(([name]) => !fits(name, known))
    .map(([name, at, node]) => unknown('unknown-tool', name, node, at, known, 'tool'));
}

function fits(pattern: string, names: readonly string[]): boolean {
  const glob = compileGlob(pattern);
  return names.some((name) => glob.matches(name));
}

function unknown(
  kind: UnknownName['kind'],
  name: string,
  node: Node | undefined,
  path: Path,
  known: readonly string[],
  noun: string,
): UnknownName {
  const nearest = isGlob(name) ? undefined : nearestName(name, known);
  const advice = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  const what = isGlob(name) ? `No ${noun} fits "${name}".` : `There is no ${noun} "${name}".`;
  return {
    kind,
    nearest,
    severity: 'warning',
    message: `${what}${advice}`,
    offset: node?.offset ?? 0,
    length: node?.length ?? 1,
    pointer: toPointer(path),
  };
}

function keyNode(tree: Node, path: Path): Node | undefined {
  return findNodeAtLocation(tree, [...path])?.parent?.children?.[0];
}
