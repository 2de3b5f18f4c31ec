import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ConfigError } from './configError';
import {
  hideServers,
  revealServers,
  type ServerText,
  sameApartFromSpace,
  serverTexts,
  unguardedText,
  withoutServers,
  withServers,
} from './guardText';
import { type ConfiguredServer, type McpInput, type McpProblem, parseMcpConfig } from './mcpConfig';
import { nodeTextFiles, type TextFiles } from './textFiles';

const header =
  '// MCP servers guarded by Toolgate: moved here from mcp.json, and moved back by "Restore".';

/** Where one folder keeps its servers, and where Toolgate keeps what it needs to restore them. */
export interface GuardedServersPaths {
  /** `<folder>/.vscode/mcp.json`, or the user's. */
  readonly configFile: string;
  /** `<folder>/.vscode/mcp.guarded.json`, to be committed beside it. */
  readonly guardedFile: string;
  /** In the extension's storage, as the recorded text may hold secrets. Many folders share it. */
  readonly recordDirectory: string;
}

/**
 * `both`: in mcp.json as well, where VS Code prefers it, so the server is not guarded. Either a
 * guard was interrupted, or somebody added it again.
 */
export type GuardState = 'guarded' | 'unguarded' | 'both';

export interface ServerStatus extends ConfiguredServer {
  readonly state: GuardState;
  /** The file that `entry` and the spans are of: mcp.json when the server is in both. */
  readonly file: string;
}

export interface FileProblem extends McpProblem {
  readonly file: string;
}

export interface GuardStatus {
  readonly servers: readonly ServerStatus[];
  /** Of both files; mcp.json wins where both define an input. */
  readonly inputs: readonly McpInput[];
  readonly problems: readonly FileProblem[];
}

/** Undefined stands for no file. */
export interface FileChange {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface GuardPlan {
  /** What the person should see: mcp.json and the guarded file, in the order of writing. */
  readonly changes: readonly FileChange[];
  /** The private record; written first when guarding, last when restoring. */
  readonly record: FileChange;
  readonly kind: 'guard' | 'restore';
}

const recordSchema = z.object({ version: z.literal(1), original: z.string() });

interface Contents {
  readonly config: string | undefined;
  readonly guarded: string | undefined;
  readonly record: string | undefined;
  readonly original: string | undefined;
}

/**
 * Moves servers between mcp.json and the guarded file of one folder. Keep one instance a folder:
 * it does one thing at a time, and a crash between two writes loses no entry.
 */
export class GuardedServers {
  private readonly recordFile: string;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly paths: GuardedServersPaths,
    private readonly files: TextFiles = nodeTextFiles,
  ) {
    const name = createHash('sha256').update(paths.configFile).digest('hex').slice(0, 32);
    this.recordFile = join(paths.recordDirectory, `${name}.json`);
  }

  /**
   * Every server of the two files with its state. Reports what is wrong in their text; throws
   * only when one cannot be read.
   */
  async status(): Promise<GuardStatus> {
    const { configFile, guardedFile } = this.paths;
    const config = parseMcpConfig((await this.files.read(configFile)) ?? '');
    const guarded = parseMcpConfig((await this.files.read(guardedFile)) ?? '');
    const inConfig = byLabel(config.servers);
    const inGuarded = byLabel(guarded.servers);
    const servers = [...inConfig.values()].map((server): ServerStatus => {
      const state = inGuarded.has(server.label) ? 'both' : 'unguarded';
      return { ...server, state, file: configFile };
    });
    for (const server of inGuarded.values()) {
      if (inConfig.has(server.label)) continue;
      servers.push({ ...server, state: 'guarded', file: guardedFile });
    }
    const inputs = [...guarded.inputs, ...config.inputs].map((input) => [input.id, input] as const);
    return {
      servers,
      inputs: [...new Map(inputs).values()],
      problems: [
        ...config.problems.map((problem) => ({ ...problem, file: configFile })),
        ...guarded.problems.map((problem) => ({ ...problem, file: guardedFile })),
      ],
    };
  }

  /**
   * What `guard` would write. Throws `unknownLabel`, `conflict`, `invalidFile`, `duplicateLabel`
   * or `notUtf8`.
   */
  async planGuard(labels: readonly string[]): Promise<GuardPlan> {
    const contents = await this.contents();
    const config = contents.config ?? '';
    const present = this.textsOf('configFile', config);
    const guarded = this.textsOf('guardedFile', contents.guarded ?? '');
    this.requireKnown(labels, present, guarded);
    const names = [...new Set(labels)].filter((label) => present.has(label));
    const full = unguardedText(config, contents.original, guarded);
    // Cut from the full text, in which a member has the comments that it will be restored with.
    const texts = serverTexts(full);
    const moving = names.flatMap((name) => texts.get(name) ?? []);
    requireNoConflict(moving, guarded);
    const eol = /\r\n?|\n/.exec(config)?.[0] ?? '\n';
    const empty = `${header}${eol}{${eol}\t"servers": {}${eol}}${eol}`;
    // A copy that an interrupted guard left is replaced by what mcp.json has now.
    const base = withoutServers(contents.guarded ?? empty, names);
    return this.plan('guard', contents, {
      config: moving.length > 0 ? hideServers(config, full, names) : contents.config,
      guarded: moving.length > 0 ? withServers(base, moving, order(full)) : contents.guarded,
      original: moving.length > 0 ? full : contents.original,
    });
  }

  /** Moves servers out of mcp.json, so that only the gateway starts them. Errors as `planGuard`. */
  guard(labels: readonly string[]): Promise<GuardPlan> {
    return this.exclusively(async () => this.write(await this.planGuard(labels)));
  }

  /** What `restore` would write. Errors as `planGuard`. */
  async planRestore(labels: readonly string[]): Promise<GuardPlan> {
    const contents = await this.contents();
    const config = contents.config ?? '';
    const present = this.textsOf('configFile', config);
    const guarded = this.textsOf('guardedFile', contents.guarded ?? '');
    this.requireKnown(labels, guarded, present);
    const moving = [...new Set(labels)].flatMap((label) => guarded.get(label) ?? []);
    requireNoConflict(moving, present);
    if (moving.length === 0) return this.plan('restore', contents, contents);

    const full = unguardedText(config, contents.original, guarded);
    const names = moving.map(({ label }) => label);
    const next = revealServers(config, full, names);
    const left = withoutServers(contents.guarded ?? '', names);
    return this.plan('restore', contents, {
      config: next,
      guarded: isOurs(left) ? undefined : left,
      original: this.textsOf('guardedFile', left).size > 0 ? full : undefined,
    });
  }

  /** Moves servers back into mcp.json, which starts them without the gateway. */
  restore(labels: readonly string[]): Promise<GuardPlan> {
    return this.exclusively(async () => this.write(await this.planRestore(labels)));
  }

  /** Restores every server of the guarded file. */
  restoreAll(): Promise<GuardPlan> {
    return this.exclusively(async () => {
      const guarded = (await this.files.read(this.paths.guardedFile)) ?? '';
      const labels = [...this.textsOf('guardedFile', guarded).keys()];
      return this.write(await this.planRestore(labels));
    });
  }

  /** Writes a plan that the person has seen. Throws `changedMeanwhile` when a file is not as it was. */
  apply(plan: GuardPlan): Promise<GuardPlan> {
    return this.exclusively(() => this.write(plan));
  }

  private exclusively<T>(action: () => Promise<T>): Promise<T> {
    const result = this.queue.then(action);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async contents(): Promise<Contents> {
    const config = await this.files.read(this.paths.configFile);
    const guarded = await this.files.read(this.paths.guardedFile);
    const record = await this.files.read(this.recordFile);
    return { config, guarded, record, original: originalOf(record) };
  }

  private plan(
    kind: GuardPlan['kind'],
    before: Contents,
    after: Omit<Contents, 'record'>,
  ): GuardPlan {
    const { configFile, guardedFile } = this.paths;
    const config = { file: configFile, before: before.config, after: after.config };
    const guarded = { file: guardedFile, before: before.guarded, after: after.guarded };
    // The entry is written at its new place before it leaves the old one.
    const changes = kind === 'guard' ? [guarded, config] : [config, guarded];
    const { original } = after;
    const text =
      original === before.original
        ? before.record
        : original === undefined
          ? undefined
          : JSON.stringify({ version: 1, original });
    return {
      kind,
      changes: changes.filter((change) => change.before !== change.after),
      record: { file: this.recordFile, before: before.record, after: text },
    };
  }

  private async write(plan: GuardPlan): Promise<GuardPlan> {
    for (const change of [plan.record, ...plan.changes]) await this.requireUnchanged(change);
    if (plan.kind === 'guard') await this.writeOne(plan.record, 0o600);
    // A private mcp.json makes the guarded file private.
    for (const change of plan.changes) await this.writeOne(change, this.paths.configFile);
    if (plan.kind === 'restore') await this.writeOne(plan.record, 0o600);
    return plan;
  }

  private async writeOne(change: FileChange, like: string | number): Promise<void> {
    if (change.before === change.after) return;
    await this.requireUnchanged(change);
    if (change.after === undefined) await this.files.remove(change.file);
    else await this.files.write(change.file, change.after, like);
  }

  private async requireUnchanged({ file, before }: FileChange): Promise<void> {
    if ((await this.files.read(file)) === before) return;
    const message = `${file} has changed meanwhile. Look at the change and try again.`;
    throw new ConfigError('changedMeanwhile', message, { file });
  }

  private textsOf(
    which: 'configFile' | 'guardedFile',
    text: string,
  ): ReadonlyMap<string, ServerText> {
    const file = this.paths[which];
    try {
      return serverTexts(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(error.code, `${file}: ${error.message}`, { ...error.details, file });
    }
  }

  private requireKnown(
    labels: readonly string[],
    ...places: readonly ReadonlyMap<string, unknown>[]
  ): void {
    const unknown = labels.filter((label) => places.every((place) => !place.has(label)));
    if (unknown.length === 0) return;
    const message = `There is no server ${quoted(unknown)} in ${this.paths.configFile}.`;
    throw new ConfigError('unknownLabel', message, { labels: unknown });
  }
}

function requireNoConflict(
  moving: readonly ServerText[],
  there: ReadonlyMap<string, ServerText>,
): void {
  const labels = moving.flatMap(({ label, value }) => {
    const other = there.get(label);
    return other && !isDeepStrictEqual(other.value, value) ? [label] : [];
  });
  if (labels.length === 0) return;
  const message = `mcp.json and the guarded file differ about ${quoted(labels)}. Delete the entry that is out of date.`;
  throw new ConfigError('conflict', message, { labels });
}

/** A record that cannot be read is as good as none: restoring then inserts the entry. */
function originalOf(record: string | undefined): string | undefined {
  try {
    const { original } = recordSchema.parse(JSON.parse(record ?? ''));
    serverTexts(original);
    return original;
  } catch {
    return undefined;
  }
}

/** Whether nothing is left but what Toolgate itself wrote into a new guarded file. */
function isOurs(text: string): boolean {
  return sameApartFromSpace(text, `${header}\n{"servers": {}}`);
}

function order(text: string): readonly string[] {
  return [...serverTexts(text).keys()];
}

/** The last of duplicates, as VS Code reads them. */
function byLabel(servers: readonly ConfiguredServer[]): ReadonlyMap<string, ConfiguredServer> {
  return new Map(servers.map((server) => [server.label, server]));
}

function quoted(labels: readonly string[]): string {
  return labels.map((label) => JSON.stringify(label)).join(', ');
}
