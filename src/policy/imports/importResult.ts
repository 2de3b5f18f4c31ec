import type { PolicyDocument } from '../document';
import { hasInvisibleCharacters } from '../names';
import { parsePolicy } from '../parsePolicy';
import type { SourceProblem } from './sourceTree';

/** Something of the file that the policy does not say, or says otherwise. */
export interface LeftOut {
  /** Where it stands in the file, such as `tools.create_issue.rules[0]`. */
  readonly path: string;
  readonly message: string;
}

export interface ImportResult {
  /** Absent when the file could not be read. */
  readonly document: PolicyDocument | undefined;
  readonly left: readonly LeftOut[];
  readonly problems: readonly SourceProblem[];
}

export function failedImport(problems: readonly SourceProblem[]): ImportResult {
  return { document: undefined, left: [], problems };
}

/** Hands a document out only if it is one: what an importer overlooked must not become a policy. */
export function finishedImport(document: PolicyDocument, left: readonly LeftOut[]): ImportResult {
  const parsed = parsePolicy(JSON.stringify(document));
  const [problem] = parsed.problems;
  if (parsed.document) return { document: parsed.document, left, problems: [] };
  const message = `The policy that this makes is not valid: ${problem?.message ?? ''}`;
  return { document: undefined, left, problems: [{ message, offset: 0 }] };
}

const longestName = 256;

/** What keeps a name of a tool or server from being a key of a policy, in words. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'The name is empty.';
  if (name === '__proto__') return 'A policy cannot have the key "__proto__".';
  if (name.length > longestName) return `The name has more than ${longestName} characters.`;
  if (hasInvisibleCharacters(name)) {
    return 'The name holds invisible characters. Calls of such names are always refused.';
  }
  return undefined;
}
