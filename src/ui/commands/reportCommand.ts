import { setImmediate as nextTurn } from 'node:timers/promises';
import { commands as editorCommands, ProgressLocation, Uri, window, workspace } from 'vscode';
import { comparisonWith } from '../../catalogue/comparison';
import { cataloguedFacts, comparedFacts } from '../../catalogue/reportFacts';
import type { Gateway } from '../../gateway/gateway';
import { asHtml } from '../../report/html';
import { asMarkdown } from '../../report/markdown';
import { reportOf, type ServerFacts } from '../../report/report';
import type { ServerItem, WorkspaceServers } from '../workspaceServers';

const formats = [
  { label: 'Markdown', extension: 'md', write: asMarkdown },
  { label: 'HTML', extension: 'html', write: asHtml },
] as const;

// The host of extensions has others to serve.
const longestStretchMs = 10;

/** *Export Risk Report*: what all guarded servers let an agent do, as a file. */
export async function exportReport(servers: WorkspaceServers, gateway: Gateway): Promise<void> {
  const guarded = servers.servers.filter(({ state }) => state === 'guarded');
  if (!(await offerToLoad(guarded, gateway))) return;
  const format = await window.showQuickPick(formats, { placeHolder: 'Risk report in which form?' });
  if (!format) return;
  const target = await window.showSaveDialog({
    ...defaultTarget(`risk-report.${format.extension}`),
    filters: { [format.label]: [format.extension] },
  });
  if (!target) return;
  const report = await reportOf(
    guarded.map((server) => factsOf(server, gateway)),
    pauses(),
  );
  await workspace.fs.writeFile(target, Buffer.from(format.write(report)));
  await editorCommands.executeCommand('vscode.open', target);
}

/** Whether to go on: with the tools that are known then, whatever the answer. */
async function offerToLoad(guarded: readonly ServerItem[], gateway: Gateway): Promise<boolean> {
  const unknown = guarded.filter(({ id }) => !gateway.catalogueOf(id)?.isComplete);
  if (unknown.length === 0) return true;
  const names = unknown.length === 1 ? 'one server' : `${unknown.length} servers`;
  const load = 'Load Tools';
  const without = 'Report Without Them';
  const answer = await window.showInformationMessage(
    `The tools of ${names} are not known yet. To load them starts or dials them.`,
    { modal: true },
    load,
    without,
  );
  if (answer === load) {
    await window.withProgress(
      { location: ProgressLocation.Notification, title: 'Loading tools' },
      () => Promise.all(unknown.map(({ id }) => gateway.inspect(id))),
    );
  }
  return answer !== undefined;
}

function factsOf({ id, label, place, catalogued }: ServerItem, gateway: Gateway): ServerFacts {
  const catalogue = gateway.catalogueOf(id);
  const policies = place.policies.current();
  if (!catalogue?.isComplete) {
    const state = gateway.stateOf(id);
    const failure = state.kind === 'failed' ? state.error : undefined;
    if (catalogued && !failure) return cataloguedFacts(label, catalogued, policies);
    return { label, failure: failure ?? 'They have not been loaded.', tools: [], policies };
  }
  const tools = catalogue.definitions.map((definition) => ({
    ...definition,
    // Only when its turn has come: each takes its time.
    get risk() {
      return catalogue.riskOf(definition.name);
    },
  }));
  const facts = { label, failure: undefined, tools, policies };
  if (!catalogued) return facts;
  const digestOf = (tool: string): string | undefined => catalogue.digestOf(tool);
  return comparedFacts(facts, comparisonWith(catalogued, catalogue.names, digestOf));
}

function defaultTarget(name: string): { readonly defaultUri?: Uri } {
  const folder = workspace.workspaceFolders?.[0];
  return folder ? { defaultUri: Uri.joinPath(folder.uri, name) } : {};
}

function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < longestStretchMs) return;
    await nextTurn();
    since = performance.now();
  };
}
