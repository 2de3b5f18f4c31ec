import type { Basis } from './confidence';
import { isWorse } from './reading';
import type { Category, Evidence } from './risk';
import type { Verdict } from './verdict';

// Where the words leave the category open, a claim may settle it upwards.
const open = new Set<Basis>(['nothing', 'weak', 'worseOfTwo', 'description', 'name', 'promise']);
const openToRemoval = new Set<Basis>(['nothing', 'weak', 'worseOfTwo']);

function claim(annotations: unknown, name: string): unknown {
  return typeof annotations === 'object' && annotations !== null
    ? (annotations as Record<string, unknown>)[name]
    : undefined;
}

function evidence(text: string, hint: string): Evidence {
  return { text: `${text} ("${hint}").`, field: `annotations.${hint}`, words: [hint] };
}

/** Annotations are the server's claims: they may raise what the words leave open, and never lower it. */
export function withClaims(verdict: Verdict, annotations: unknown): Verdict {
  const { category, basis } = verdict;
  const readOnly = claim(annotations, 'readOnlyHint');
  if (category === 'Read' && readOnly === false && open.has(basis)) {
    return raised(
      verdict,
      'Write',
      evidence('The server itself says that it is not read-only', 'readOnlyHint'),
    );
  }
  const destructive = claim(annotations, 'destructiveHint') === true && readOnly !== true;
  if (category === 'Write' && destructive && openToRemoval.has(basis)) {
    return raised(
      verdict,
      'Destructive',
      evidence('The server itself says that it may destroy', 'destructiveHint'),
    );
  }
  return verdict;
}

function raised(verdict: Verdict, category: Category, reason: Evidence): Verdict {
  return { ...verdict, category, basis: 'claim', evidence: [reason, ...verdict.evidence] };
}

/** A claim that the rest of the definition speaks against: a mistake, or an attempt to pass as harmless. */
export function contradiction(
  { category, basis }: Verdict,
  annotations: unknown,
): Evidence | undefined {
  if (basis === 'nothing') return undefined;
  if (category !== 'Read' && claim(annotations, 'readOnlyHint') === true) {
    return evidence(
      'The server claims that it only reads, and its words say otherwise',
      'readOnlyHint',
    );
  }
  if (category === 'Read' && claim(annotations, 'readOnlyHint') === false) {
    return evidence(
      'Its words say that it only reads, and the server that it does not',
      'readOnlyHint',
    );
  }
  // Financial calls need destroy nothing, and so may say so.
  const destroys = isWorse(category, 'Execute') && category !== 'Financial';
  if (destroys && claim(annotations, 'destructiveHint') === false) {
    return evidence(
      'The server claims that it destroys nothing, and its words say otherwise',
      'destructiveHint',
    );
  }
  return undefined;
}
