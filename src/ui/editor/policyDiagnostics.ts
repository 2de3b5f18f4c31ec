import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  type Diagnostic,
  DiagnosticSeverity,
  Diagnostic as EditorDiagnostic,
  languages,
  Range,
  type TextDocument,
  WorkspaceEdit,
  workspace,
} from 'vscode';
import { DisposableStore } from '../../common/disposable';
import type { Gateway } from '../../gateway/gateway';
import { everyElement } from '../../policy/everyElement';
import { type KnownServer, type UnknownName, unknownNames } from '../../policy/knownNames';
import { type DescribedTool, optionalArguments } from '../../policy/optionalArguments';
import { type PolicyProblem, parsePolicy } from '../../policy/parsePolicy';
import type { FolderServers, WorkspaceServers } from '../workspaceServers';

const source = 'Toolgate';
const settleMs = 200;

/**
 * Problems of open policy files that the JSON Schema cannot find, and fixes for mistyped names.
 * VS Code's JSON support reports the rest from the schema.
 */
export class PolicyDiagnostics implements CodeActionProvider {
  private readonly store = new DisposableStore();
  private readonly collection = this.store.add(languages.createDiagnosticCollection('toolgate'));
  private readonly nearest = new WeakMap<Diagnostic, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly servers: WorkspaceServers,
    private readonly gateway: Gateway | undefined,
  ) {
    const soon = (): void => this.refreshSoon();
    this.store.add(workspace.onDidOpenTextDocument(soon));
    this.store.add(
      workspace.onDidChangeTextDocument(({ document }) => this.isPolicy(document) && soon()),
    );
    this.store.add(workspace.onDidCloseTextDocument(({ uri }) => this.collection.delete(uri)));
    this.store.add(servers.onDidChange(soon));
    if (gateway) this.store.add(gateway.onDidChangeServer(soon));
    this.store.add(
      languages.registerCodeActionsProvider({ scheme: 'file', pattern: '**/*.json' }, this, {
        providedCodeActionKinds: [CodeActionKind.QuickFix],
      }),
    );
    soon();
  }

  provideCodeActions(
    document: TextDocument,
    _range: Range,
    context: { readonly diagnostics: readonly Diagnostic[] },
  ): CodeAction[] {
    const own = this.collection.get(document.uri) ?? [];
    return context.diagnostics.flatMap((shown) => {
      // The editor hands back copies; the place and the message tell which one it is.
      const diagnostic = own.find(
        (candidate) => candidate.message === shown.message && candidate.range.isEqual(shown.range),
      );
      const name = diagnostic && this.nearest.get(diagnostic);
      if (!diagnostic || name === undefined) return [];
      const action = new CodeAction(`Change to "${name}"`, CodeActionKind.QuickFix);
      action.edit = new WorkspaceEdit();
      action.edit.replace(document.uri, diagnostic.range, JSON.stringify(name));
      action.diagnostics = [shown];
      action.isPreferred = true;
      return [action];
    });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.store.dispose();
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const document of workspace.textDocuments) this.check(document);
    }, settleMs);
  }

  private check(document: TextDocument): void {
    if (!this.isPolicy(document)) return;
    const { problems, document: policy, tree } = parsePolicy(document.getText());
    const advice =
      policy && tree
        ? [
            ...unknownNames(policy, tree, this.known(document)),
            ...optionalArguments(policy, tree, this.described(document)),
            ...everyElement(policy, tree),
          ]
        : [];
    const found = [...problems.filter(({ inSchema }) => !inSchema), ...advice];
    this.collection.set(
      document.uri,
      found.map((problem) => this.diagnostic(document, problem)),
    );
  }

  private diagnostic(document: TextDocument, problem: PolicyProblem | UnknownName): Diagnostic {
    const range = new Range(
      document.positionAt(problem.offset),
      document.positionAt(problem.offset + problem.length),
    );
    const severity =
      problem.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
    const diagnostic = new EditorDiagnostic(range, problem.message, severity);
    diagnostic.source = source;
    if ('kind' in problem) {
      diagnostic.code = problem.kind;
      if (problem.nearest !== undefined) this.nearest.set(diagnostic, problem.nearest);
    }
    return diagnostic;
  }

  private isPolicy({ uri }: TextDocument): boolean {
    return uri.scheme === 'file' && this.placesOf(uri.fsPath).length > 0;
  }

  private placesOf(path: string): readonly FolderServers[] {
    const { places, userPolicyFile } = this.servers;
    if (path === userPolicyFile.path) return places;
    return places.filter(({ policyFile }) => policyFile.path === path);
  }

  private described(document: TextDocument): DescribedTool[] {
    const places = this.placesOf(document.uri.fsPath);
    return this.servers.servers
      .filter(({ place, state }) => state === 'guarded' && places.includes(place))
      .flatMap(({ id, label }) =>
        (this.gateway?.catalogueOf(id)?.definitions ?? []).map(({ name, inputSchema }) => {
          return { server: label, name, inputSchema };
        }),
      );
  }

  private known(document: TextDocument): KnownServer[] {
    const places = this.placesOf(document.uri.fsPath);
    return this.servers.servers
      .filter(({ place }) => places.includes(place))
      .map(({ id, label, state }) => {
        const catalogue = state === 'guarded' ? this.gateway?.catalogueOf(id) : undefined;
        return { label, tools: catalogue?.isComplete ? catalogue.names : undefined };
      });
  }
}
