import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import {
  type Disposable,
  type ExtensionContext,
  RelativePattern,
  Uri,
  type WorkspaceFolder,
  workspace,
} from 'vscode';
import { npmPackageOf } from '../catalogue/npmPackage';
import {
  type CataloguedServer,
  loadCatalogue,
  type PackageCatalogue,
} from '../catalogue/packageCatalogue';
import { DisposableStore } from '../common/disposable';
import { Emitter } from '../common/event';
import type { Log } from '../common/log';
import { discoverServers, type ServerSource } from '../config/discovery';
import { type FileProblem, GuardedServers, type ServerStatus } from '../config/guardedServers';
import { type Launch, type LaunchContext, resolveLaunch } from '../config/launch';
import type { ConfiguredServer, McpEntry, McpInput } from '../config/mcpConfig';
import { type ServerDefinition, serverDefinition } from '../config/serverDefinition';
import { type ConfirmedPolicies, ConfirmedPolicyFiles } from '../gateway/confirmedPolicies';
import type { GuardedServer } from '../gateway/gateway';
import { pathFacts } from '../gateway/pathFacts';
import type { ServerPins } from '../gateway/pins/serverPins';
import { PolicyFile } from '../gateway/policyFile';
import { LayeredPolicies, recommendedDocument, silentDocument } from '../gateway/policySource';
import type { PathFacts } from '../policy/operators/under';
import type { InputPrompts } from './inputPrompts';
import { policyFileSetting, userPolicyFileSetting } from './settings';
import { WorkspacePins } from './workspacePins';

/** One folder of the workspace: where its servers are configured and which policies govern them. */
export interface FolderServers {
  /** Differs from that of every other, also of an earlier one for the same folder. */
  readonly number: number;
  readonly folder: WorkspaceFolder;
  readonly configFile: string;
  readonly guardedFile: string;
  readonly guards: GuardedServers;
  readonly policyFile: PolicyFile;
  readonly policies: LayeredPolicies;
  readonly paths: PathFacts;
}

/** A configured server as the views show it. */
export interface ServerItem {
  readonly id: string;
  readonly label: string;
  /** `elsewhere`: in a file that Toolgate reads but does not edit. */
  readonly state: ServerStatus['state'] | 'elsewhere';
  readonly place: FolderServers;
  readonly configured: ConfiguredServer;
  /** The file that holds the entry. */
  readonly file: string;
  readonly source: ServerSource | undefined;
  /** What the catalogue has of its package: for showing what has not been asked. */
  readonly catalogued: CataloguedServer | undefined;
}

// Editors write a file in several steps; one reading afterwards is enough.
const settleMs = 50;

/** The configured servers of all folders, kept up to date with the files. */
export class WorkspaceServers implements Disposable {
  private readonly store = new DisposableStore();
  private readonly changed = this.store.add(new Emitter<void>());
  private folders: FolderServers[] = [];
  private readonly folderStores = new Map<FolderServers, DisposableStore>();
  private opened = 0;
  private items: readonly ServerItem[] = [];
  private problemList: readonly FileProblem[] = [];
  private inputs = new Map<string, readonly McpInput[]>();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();
  private loaded = false;
  private catalogue: Promise<PackageCatalogue> | undefined;
  private readonly confirmed: ConfirmedPolicyFiles;
  readonly userPolicyFile: PolicyFile;
  private readonly pins: WorkspacePins;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly context: ExtensionContext,
    private readonly prompts: InputPrompts,
    private readonly log: Log,
  ) {
    const userPolicy =
      userPolicyFileSetting() ?? join(context.globalStorageUri.fsPath, 'policy.json');
    this.confirmed = new ConfirmedPolicyFiles(join(context.globalStorageUri.fsPath, 'confirmed'));
    this.userPolicyFile = new PolicyFile(userPolicy, 'user', {
      confirmed: this.confirmed,
      whenAbsent: () => silentDocument,
      // Where no folder has a policy, it takes the place of the recommended one.
      beforeFirst: recommendedDocument,
    });
    this.userPolicyFile.onDidChange(() => this.changed.fire());
    const pinDirectory = join(context.globalStorageUri.fsPath, 'pins');
    this.pins = this.store.add(new WorkspacePins(pinDirectory, log));
    this.store.add(this.pins.onDidChange(() => this.changed.fire()));
    this.store.add(watch(Uri.file(pinDirectory), '*.json', () => this.pins.refresh()));
    this.store.add(workspace.onDidChangeWorkspaceFolders(() => this.readFolders()));
    this.store.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('toolgate.policyFile')) this.readFolders();
      }),
    );
    this.readFolders();
  }

  /** False until the files have been read for the first time. */
  get isLoaded(): boolean {
    return this.loaded;
  }

  get servers(): readonly ServerItem[] {
    return this.items;
  }

  get places(): readonly FolderServers[] {
    return this.folders;
  }

  get problems(): readonly FileProblem[] {
    return this.problemList;
  }

  /** The guarded servers in the form in which the gateway takes them. */
  guarded(): GuardedServer[] {
    return this.items
      .filter(({ state }) => state === 'guarded')
      .map((item) => ({
        id: item.id,
        label: item.label,
        // Of what is confirmed: to the editor a server that waits for a review stays as it was.
        version: digest(
          JSON.stringify([item.place.number, this.pinsOf(item).confirmedServer?.digest ?? null]),
        ),
        policies: item.place.policies,
        workspace: item.place.folder.uri.toString(),
        paths: item.place.paths,
        pins: this.pinsOf(item),
        resolveLaunch: () => this.resolve(item),
      }));
  }

  pinsOf({ id, label, place }: ServerItem): ServerPins {
    return this.pins.of({ id, label, folder: place.folder.uri.toString() });
  }

  /** What would be started or reached, and what the person confirms when they guard it. */
  definitionOf(item: ServerItem): Promise<ServerDefinition> {
    return serverDefinition(item.configured, this.inputsOf(item), this.launchContext(item));
  }

  /** Resolves when the files have been read again. */
  async refresh(): Promise<void> {
    this.reading = this.reading
      .then(() => this.read())
      .catch((error: unknown) => {
        this.log.error(`The configuration could not be read: ${String(error)}`);
      });
    await this.reading;
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const store of this.folderStores.values()) store.dispose();
    this.store.dispose();
  }

  private readFolders(): void {
    // What did not change is kept: the gateway holds on to it, and its servers run on.
    this.folders = (workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map((folder) => this.folders.find((place) => isFor(place, folder)) ?? this.open(folder));
    for (const [place, store] of this.folderStores) {
      if (this.folders.includes(place)) continue;
      store.dispose();
      this.folderStores.delete(place);
    }
    void this.refresh();
  }

  private open(folder: WorkspaceFolder): FolderServers {
    const root = folder.uri.fsPath;
    const subject = join(root, '.vscode/policy.json');
    const policyFile = new PolicyFile(policyPath(folder), 'workspace', {
      confirmed: this.confirmedFor(subject),
      subject,
      whenAbsent: () =>
        this.userPolicyFile.refresh().kind === 'absent' ? recommendedDocument() : silentDocument,
    });
    const configFile = join(root, '.vscode', 'mcp.json');
    const guardedFile = join(root, '.vscode', 'mcp.guarded.json');
    const policyUri = Uri.file(policyFile.path);
    const store = new DisposableStore();
    store.add(watch(folder.uri, '.vscode/{mcp,mcp.guarded}.json', () => this.refreshSoon()));
    store.add(watch(folder.uri, '{.mcp.json,.cursor/mcp.json}', () => this.refreshSoon()));
    store.add(watch(Uri.joinPath(policyUri, '..'), '*.json', () => policyFile.refresh()));
    store.add(policyFile.onDidChange(() => this.changed.fire()));
    const place: FolderServers = {
      number: ++this.opened,
      folder,
      configFile,
      guardedFile,
      policyFile,
      policies: new LayeredPolicies([this.userPolicyFile, policyFile]),
      paths: pathFacts(root),
      guards: new GuardedServers({
        configFile,
        guardedFile,
        recordDirectory: join(this.context.globalStorageUri.fsPath, 'originals'),
      }),
    };
    this.folderStores.set(place, store);
    return place;
  }

  /**
   * Remembered for the folder, not for the file: a setting of the workspace that names another file
   * is a change of the folder's policy like any other.
   */
  private confirmedFor(key: string): ConfirmedPolicies {
    return {
      read: () => this.confirmed.read(key),
      write: (_, confirmed) => this.confirmed.write(key, confirmed),
    };
  }

  private refreshSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), settleMs);
  }

  private async read(): Promise<void> {
    const items: ServerItem[] = [];
    const problems: FileProblem[] = [];
    for (const place of this.folders) {
      const status = await place.guards.status();
      this.inputs.set(place.guardedFile, status.inputs);
      problems.push(...status.problems);
      for (const server of status.servers) {
        const catalogued = await this.cataloguedFor(server.entry);
        items.push(itemOf(place, server, server.state, server.file, undefined, catalogued));
      }
      const discovery = await discoverServers({ folders: [place.folder.uri.fsPath] });
      for (const server of discovery.servers) {
        const catalogued = await this.cataloguedFor(server.entry);
        items.push(itemOf(place, server, 'elsewhere', server.file, server.source, catalogued));
      }
    }
    for (const item of items) {
      if (item.state !== 'guarded') continue;
      this.pinsOf(item).setServer(await this.definitionOf(item));
    }
    // Sorted, so that a server does not jump when it is guarded or restored.
    this.items = items.sort((a, b) => a.label.localeCompare(b.label));
    this.problemList = problems;
    this.loaded = true;
    this.changed.fire();
  }

  /** The catalogue is read once, when there is a package to look up. */
  private async cataloguedFor(entry: McpEntry | undefined): Promise<CataloguedServer | undefined> {
    if (entry?.type !== 'stdio' || !npmPackageOf(entry)) return undefined;
    this.catalogue ??= loadCatalogue();
    return (await this.catalogue).find(entry);
  }

  private async resolve(item: ServerItem): Promise<Launch> {
    const { entry } = item.configured;
    if (!entry) throw new Error('Its entry in the configuration is not valid. See the problems.');
    await this.requireConfirmed(item);
    const launch = await resolveLaunch(entry, this.launchContext(item));
    // While the person entered an input, a setting or a program may have become another.
    await this.requireConfirmed(item);
    return launch;
  }

  private async requireConfirmed(item: ServerItem): Promise<void> {
    if (this.pinsOf(item).confirms(await this.definitionOf(item))) return;
    void this.refresh();
    throw new Error('Its configuration is not what you have confirmed. Review it in the view.');
  }

  private inputsOf({ place }: ServerItem): readonly McpInput[] {
    return this.inputs.get(place.guardedFile) ?? [];
  }

  private launchContext(item: ServerItem): LaunchContext {
    const { folder } = item.place;
    return {
      folder: { name: folder.name, path: folder.uri.fsPath },
      folders: this.folders.map((place) => ({
        name: place.folder.name,
        path: place.folder.uri.fsPath,
      })),
      homedir: homedir(),
      cwd: process.cwd(),
      processEnv: process.env,
      platform: process.platform,
      readFile: (file) => readFile(file, 'utf8'),
      resolver: this.prompts.resolverFor(folder.uri, this.inputsOf(item), item.label),
    };
  }
}

function policyPath({ uri }: WorkspaceFolder): string {
  const setting = policyFileSetting(uri);
  return isAbsolute(setting) ? setting : join(uri.fsPath, setting);
}

function isFor({ folder, policyFile }: FolderServers, other: WorkspaceFolder): boolean {
  const isSame = folder.uri.toString() === other.uri.toString() && folder.name === other.name;
  return isSame && policyFile.path === policyPath(other);
}

function watch(base: Uri, pattern: string, onChange: () => void): Disposable {
  const watcher = workspace.createFileSystemWatcher(new RelativePattern(base, pattern));
  // The end of a watcher ends its events.
  for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
    event(onChange);
  }
  return watcher;
}

function itemOf(
  place: FolderServers,
  configured: ConfiguredServer,
  state: ServerItem['state'],
  file: string,
  source: ServerSource | undefined,
  catalogued: CataloguedServer | undefined,
): ServerItem {
  // The id does not depend on the state, so that a tree keeps its selection over Guard and Restore.
  const origin = state === 'elsewhere' ? file : place.guardedFile;
  const id = digest(`${origin}\0${configured.label}`).slice(0, 16);
  return { id, label: configured.label, state, place, configured, file, source, catalogued };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
