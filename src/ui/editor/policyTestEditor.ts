import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type JSONPath, modify, parse } from 'jsonc-parser';
import { Range, Uri, WorkspaceEdit, window, workspace } from 'vscode';
import type { ActivityEntry } from '../../audit/activityEntry';
import { parsePolicyTest, policyTestCase } from '../../policy/policyTest';
import type { WorkspaceServers } from '../workspaceServers';

/** Adds what was recorded of a call to the tests beside the policy, and shows it there. */
export async function addPolicyTest(
  entry: ActivityEntry,
  servers: WorkspaceServers,
): Promise<void> {
  const testCase = policyTestCase(entry);
  if (!testCase) {
    void window.showInformationMessage(
      'No test can be made of this call: what decided was not a rule of a policy.',
    );
    return;
  }
  const place =
    servers.servers.find(({ label }) => label === entry.server)?.place ?? servers.places[0];
  if (!place) return;
  const policy = place.policyFile.path;
  const path = policy.replace(/(\.json)?$/, '.policy-test.json');
  if (!existsSync(path)) {
    await writeFile(
      path,
      `{\n  "policy": ${JSON.stringify(basename(policy))},\n  "cases": []\n}\n`,
    );
  }
  const document = await workspace.openTextDocument(Uri.file(path));
  const text = document.getText();
  if (parsePolicyTest(text).problems.length > 0) {
    void window.showErrorMessage(`${basename(path)} has errors. Mend them first.`);
    await window.showTextDocument(document);
    return;
  }
  const { cases } = parse(text) as { cases: unknown[] };
  const at: JSONPath = ['cases', cases.length];
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  const edit = new WorkspaceEdit();
  for (const { offset, length, content } of modify(text, at, testCase, { formattingOptions })) {
    const range = new Range(document.positionAt(offset), document.positionAt(offset + length));
    edit.replace(document.uri, range, content);
  }
  await workspace.applyEdit(edit);
  await document.save();
  const end = document.positionAt(document.getText().lastIndexOf(testCase.tool));
  await window.showTextDocument(document, { selection: new Range(end, end) });
  if (entry.arguments === undefined) {
    void window.showInformationMessage(
      'The record keeps no argument values (toolgate.record.arguments). Add "args" if the rule looks at them.',
    );
  }
}
