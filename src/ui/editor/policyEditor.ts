import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { applyEdits, type Edit, type FormattingOptions, findNodeAtLocation } from 'jsonc-parser';
import {
  commands,
  Range,
  Selection,
  type TextDocument,
  TextEditorRevealType,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import type { Span } from '../../config/jsoncDocument';
import type { PolicyFile } from '../../gateway/policyFile';
import { outlook } from '../../policy/outlook';
import { parsePolicy } from '../../policy/parsePolicy';
import { fromPointer, type Pointer, toPointer } from '../../policy/pointer';
import { Policy } from '../../policy/policy';
import { presetEdits } from '../../policy/presetEdits';
import { type PresetName, presets } from '../../policy/presets';
import { type RuleChange, ruleEdits } from '../../policy/ruleEdits';
import type { Risk } from '../../risk/risk';
import { commands as ids } from '../ids';
import type { FolderServers, ServerItem } from '../workspaceServers';

export interface ChangeOptions {
  /** Whether it surely is the person's own click. */
  readonly clicked: boolean;
  /** The folder's policy, if no other is named. */
  readonly file?: PolicyFile;
  /** Asked, with the text as it is and as it would be, before anything is saved. */
  readonly confirm?: (before: string, after: string) => Promise<boolean>;
}

/** Edits policy files as the person would: as text, with undo, comments kept. */
export class PolicyEditor {
  /**
   * Changes the tool's own rule. What is not surely the person's own click, and loosens, waits for
   * the person like any other edit. Says whether it was saved.
   */
  async change(
    server: ServerItem,
    tool: string,
    risk: Risk,
    change: RuleChange,
    options: ChangeOptions,
  ): Promise<boolean> {
    const { place, label } = server;
    const { file = place.policyFile } = options;
    const saved = await this.edit(place, { ...options, file }, (text, policy, format) =>
      ruleEdits(text, label, tool, change, policy.ruleFor(label, tool, risk), format),
    );
    if (saved && file.refresh().kind !== 'loosened') {
      this.sayIfAnotherRuleWins(server, tool, risk, change);
    }
    return saved;
  }

  /** Puts a server under a preset. Where that loosens, it waits for the person. */
  async usePreset({ place, label }: ServerItem, preset: PresetName): Promise<boolean> {
    return this.edit(place, { clicked: false, file: place.policyFile }, (text, _, format) =>
      presetEdits(text, label, preset, format),
    );
  }

  /** Edits a policy, which is created from a preset where there is none. Says whether it was saved. */
  private async edit(
    place: FolderServers,
    { clicked, file, confirm }: ChangeOptions & { readonly file: PolicyFile },
    editsOf: (text: string, policy: Policy, format: FormattingOptions) => readonly Edit[],
  ): Promise<boolean> {
    if (file.refresh().kind === 'loosened') return this.askForReview(file);
    if (file === place.policyFile && !(await this.ensure(place, 'recommended'))) return false;
    const document = await workspace.openTextDocument(Uri.file(file.path));
    await caughtUp(document);
    const text = document.getText();
    const { document: policy } = parsePolicy(text);
    if (!policy) {
      return this.complain('The policy has errors. Mend them first.', document);
    }
    // The edit counts as confirmed, so nothing else may ride on it.
    if (document.isDirty) {
      return this.complain('The policy has unsaved changes. Save it first.', document);
    }
    file.refresh();
    if (!file.isConfirmed(text)) return this.askForReview(file);
    const edit = new WorkspaceEdit();
    const edits = [...editsOf(text, new Policy(policy, 'workspace'), formatOf(document))];
    for (const { offset, length, content } of edits) {
      const range = new Range(document.positionAt(offset), document.positionAt(offset + length));
      edit.replace(document.uri, range, content);
    }
    const after = applyEdits(text, edits);
    if (confirm) {
      if (!(await confirm(text, after))) return false;
      if (document.getText() !== text || !file.isConfirmed(text)) {
        return this.complain('The policy has changed meanwhile. Nothing was saved.', document);
      }
    }
    if (clicked && edits.length > 0) file.expect(after);
    if (!(await workspace.applyEdit(edit)) || !(await document.save())) {
      return this.complain('The policy could not be changed.', document);
    }
    if (file.refresh().kind === 'loosened') await this.review(file);
    return true;
  }

  /** Creates the folder's policy from a preset. False, and said so, when that fails. */
  async ensure(place: FolderServers, preset: PresetName): Promise<boolean> {
    const { path } = place.policyFile;
    if (existsSync(path)) return true;
    const { text } = presets[preset];
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: 'wx' });
      return true;
    } catch (error) {
      void window.showErrorMessage(`The policy could not be created: ${(error as Error).message}`);
      return false;
    }
  }

  /** Shows the place of a rule in its file. */
  async reveal(path: string, pointer: Pointer): Promise<void> {
    const document = await workspace.openTextDocument(Uri.file(path));
    const editor = await window.showTextDocument(document);
    const range = rangeOf(document, pointer);
    if (!range) return;
    editor.selection = new Selection(range.start, range.end);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }

  /** Shows a place in a configuration file. */
  async revealOffset(path: string, span: Span): Promise<void> {
    const document = await workspace.openTextDocument(Uri.file(path));
    const selection = new Range(document.positionAt(span.start), document.positionAt(span.end));
    await window.showTextDocument(document, { selection });
  }

  /** Opens the dialog that lets a change take effect. */
  async review(file: PolicyFile): Promise<void> {
    await commands.executeCommand(ids.reviewPolicy, Uri.file(file.path));
  }

  private async askForReview(file: PolicyFile): Promise<false> {
    const review = 'Review Change';
    const choice = await window.showWarningMessage(
      'A change of the policy waits for your confirmation. Review it first.',
      review,
    );
    if (choice === review) await this.review(file);
    return false;
  }

  private sayIfAnotherRuleWins(
    { place, label }: ServerItem,
    tool: string,
    risk: Risk,
    change: RuleChange,
  ): void {
    const policies = place.policies.current();
    if (!policies || change.kind !== 'action') return;
    const decision = outlook(policies, label, tool, risk);
    const isOwn = decision.rule === toPointer(['servers', label, 'tools', tool]);
    if (decision.layer === 'workspace' && isOwn) return;
    void window.showInformationMessage(
      `Saved. Another rule still decides for "${tool}": ${decision.rule} of the ${decision.layer} policy.`,
    );
  }

  private async complain(message: string, document: TextDocument): Promise<false> {
    const open = 'Open Policy';
    const choice = await window.showErrorMessage(message, open);
    if (choice === open) await window.showTextDocument(document);
    return false;
  }
}

// The editor takes up what other programs write a moment later; an edit before that could not be
// saved, as the file is newer.
async function caughtUp(document: TextDocument): Promise<void> {
  for (let tries = 0; tries < 30 && !document.isDirty; tries++) {
    const onDisk = await readFile(document.uri.fsPath, 'utf8').catch(() => undefined);
    if (onDisk === undefined || onDisk === document.getText()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function rangeOf(document: TextDocument, pointer: Pointer): Range | undefined {
  const { tree } = parsePolicy(document.getText());
  // Array indexes are numbers in a syntax tree.
  const path = fromPointer(pointer).map((key) => (/^\d+$/.test(key) ? [key, Number(key)] : [key]));
  for (const last of [1, 0]) {
    const keys = path.map((options) => options[last] ?? options[0]!);
    const node = tree && findNodeAtLocation(tree, keys);
    const shown = node?.parent?.type === 'property' ? node.parent : node;
    if (shown) {
      return new Range(
        document.positionAt(shown.offset),
        document.positionAt(shown.offset + shown.length),
      );
    }
  }
  return undefined;
}

function formatOf(document: TextDocument) {
  const editor = workspace.getConfiguration('editor', document);
  const firstIndent = /\n([ \t]+)"/.exec(document.getText())?.[1];
  const spaces =
    firstIndent === undefined ? editor.get('insertSpaces', true) : !firstIndent.includes('\t');
  return {
    insertSpaces: spaces,
    tabSize: firstIndent && spaces ? firstIndent.length : editor.get('tabSize', 2),
    eol: document.getText().includes('\r\n') ? '\r\n' : '\n',
  };
}
