import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { isOfEvery } from './argumentPath';
import type { PolicyDocument, ServerPolicy } from './document';
import type { PolicyProblem } from './parsePolicy';
import { type Path, toPointer } from './pointer';
import { refusingComparisons } from './refusingComparisons';

const message =
  '"[*]" asks about every element: a list in which only some meet this passes. To refuse a list with one such element, say under "require" what each has to be, or write { "not": … } around the opposite.';

/**
 * Conditions under `deny_if` and `approve_if` that an agent passes by adding an element that does
 * not meet them.
 */
export function everyElement(document: PolicyDocument, tree: Node): PolicyProblem[] {
  const servers = Object.entries(document.servers ?? {});
  return [
    ...problemsIn(document, [], tree),
    ...servers.flatMap(([name, block]) => problemsIn(block, ['servers', name], tree)),
  ];
}

function problemsIn(
  block: Pick<ServerPolicy, 'tools' | 'risk'>,
  path: Path,
  tree: Node,
): PolicyProblem[] {
  return (['tools', 'risk'] as const).flatMap((section) =>
    Object.entries(block[section] ?? {}).flatMap(([name, rule]) =>
      refusingComparisons(rule, [...path, section, name])
        .filter((comparison) => isOfEvery(comparison.path))
        .flatMap(({ at }) => {
          const node = findNodeAtLocation(tree, [...at, 'path']);
          return node ? [problem(node, at)] : [];
        }),
    ),
  );
}

function problem({ offset, length }: Node, at: Path): PolicyProblem {
  const pointer = toPointer([...at, 'path']);
  return { severity: 'warning', message, offset, length, pointer };
}
