import { applyEdits, type Edit, type FormattingOptions } from 'jsonc-parser';
import { parsePolicy } from './parsePolicy';
import { Policy } from './policy';
import { presets } from './presets';

const format: FormattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' };

/**
 * The policies as they would be with an edit of the workspace's policy in force. Where there is none
 * yet, the edit is made to the recommended one, which the editor creates then.
 */
export function policiesAfter(
  policies: readonly Policy[],
  edits: (text: string, policy: Policy, format: FormattingOptions) => readonly Edit[],
): readonly Policy[] {
  const workspace = policies.find(({ layer }) => layer === 'workspace');
  const text = workspace ? JSON.stringify(workspace.document) : presets.recommended.text;
  const before = new Policy(parsePolicy(text).document!, 'workspace');
  const after = applyEdits(text, [...edits(text, before, format)]);
  return withWorkspace(policies, new Policy(parsePolicy(after).document!, 'workspace'));
}

/** The policies with another one in the place of the workspace's. */
export function withWorkspace(policies: readonly Policy[], workspace: Policy): readonly Policy[] {
  return [...policies.filter(({ layer }) => layer === 'user'), workspace];
}
