import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { applyEdits, findNodeAtLocation } from 'jsonc-parser';
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
import { outlook } from '../../policy/outlook';
import { parsePolicy } from '../../policy/parsePolicy';
import { fromPointer, type Pointer, toPointer } from '../../policy/pointer';
import { Policy } from '../../policy/policy';
import { type PresetName, presets } from '../../policy/presets';
import { type RuleChange, ruleEdits } from '../../policy/ruleEdits';
import type { Risk } from '../../risk/risk';
import { commands as ids } from '../ids';
import type { FolderServers, ServerItem } from '../workspaceServers';

/** Edits policy files as the person would: as text, with undo, comments kept. */
export class PolicyEditor {
  /**
   * Changes the tool's own rule, in a policy that is created from a preset where there is none. What
   * is not surely the person's own click, and loosens, waits for the person like any other edit.
   */
  async change(
    server: ServerItem,
    tool: string,
    risk: Risk,
    change: RuleChange,
    clicked: boolean,
  ): Promise<void> {
    const { place, label } = server;
    if (place.policyFile.refresh().kind === 'loosened') return this.askForReview(place);
    if (!(await this.ensure(place, 'recommended'))) return;
    const document = await workspace.openTextDocument(Uri.file(place.policyFile.path));
    await caughtUp(document);
    const text = document.getText();
    const { document: policy } = parsePolicy(text);
    if (!policy) {
      await this.complain('The policy has errors. Mend them first.', document);
      return;
    }
    // The edit counts as confirmed, so nothing else may ride on it.
    if (document.isDirty) {
      await this.complain('The policy has unsaved changes. Save it first.', document);
      return;
    }
    place.policyFile.refresh();
    if (!place.policyFile.isConfirmed(text)) return this.askForReview(place);
    const edit = new WorkspaceEdit();
    const format = formatOf(document);
    const governing = new Policy(policy, 'workspace').ruleFor(label, tool, risk);
    const edits = ruleEdits(text, label, tool, change, governing, format);
    for (const { offset, length, content } of edits) {
      const range = new Range(document.positionAt(offset), document.positionAt(offset + length));
      edit.replace(document.uri, range, content);
    }
    if (clicked && edits.length > 0) place.policyFile.expect(applyEdits(text, edits));
    if (!(await workspace.applyEdit(edit)) || !(await document.save())) {
      await this.complain('The policy could not be changed.', document);
      return;
    }
    if (place.policyFile.refresh().kind === 'loosened') await this.review(place);
    else this.sayIfAnotherRuleWins(server, tool, risk, change);
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
  async review({ policyFile }: FolderServers): Promise<void> {
    await commands.executeCommand(ids.reviewPolicy, Uri.file(policyFile.path));
  }

  private async askForReview(place: FolderServers): Promise<void> {
    const review = 'Review Change';
    const choice = await window.showWarningMessage(
      'A change of the policy waits for your confirmation. Review it first.',
      review,
    );
    if (choice === review) await this.review(place);
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

  private async complain(message: string, document: TextDocument): Promise<void> {
    const open = 'Open Policy';
    const choice = await window.showErrorMessage(message, open);
    if (choice === open) await window.showTextDocument(document);
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
