import { posix, win32 } from 'node:path';
import { ConfigError } from './configError';
import type { McpEntry } from './mcpConfig';

/** Answers for the variables that only the editor or the person knows; undefined is no answer. */
export interface VariableResolver {
  config(key: string): Promise<string | undefined>;
  command(id: string): Promise<string | undefined>;
  input(id: string): Promise<string | undefined>;
}

export interface Folder {
  readonly name: string;
  readonly path: string;
}

export interface VariableContext {
  /** The folder whose file the entry is of; absent for the user's. */
  readonly folder?: Folder | undefined;
  /** The folders of the workspace, for `${workspaceFolder:name}`. */
  readonly folders?: readonly Folder[] | undefined;
  readonly homedir: string;
  readonly cwd: string;
  readonly processEnv: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly resolver: VariableResolver;
}

const variable = /\$\{([^}]*)\}/g;

/**
 * Substitutes VS Code's variables for one start of one server. An input, a command or a setting
 * is asked for once, however often it is used.
 */
export class Substitution {
  private readonly answers = new Map<string, string | undefined>();

  constructor(private readonly context: VariableContext) {}

  /**
   * Throws `unresolvedVariable`, naming the variable and `where` it stands.
   * A value that holds `${…}` itself is not expanded again: it may come from somebody who must
   * not read the environment.
   */
  async apply(text: string, where: string): Promise<string> {
    const pieces: string[] = [];
    let at = 0;
    for (const match of text.matchAll(variable)) {
      pieces.push(text.slice(at, match.index), await this.value(match[1]!, match[0], where));
      at = match.index + match[0].length;
    }
    return pieces.join('') + text.slice(at);
  }

  private async value(inner: string, whole: string, where: string): Promise<string> {
    const { folder, homedir, cwd, platform, resolver } = this.context;
    const path = platform === 'win32' ? win32 : posix;
    const colon = inner.indexOf(':');
    const name = colon < 0 ? inner : inner.slice(0, colon);
    const argument = colon < 0 ? '' : inner.slice(colon + 1);
    if (colon < 0) {
      switch (inner) {
        case 'cwd':
          return folder?.path ?? cwd;
        case 'userHome':
          return homedir;
        case 'pathSeparator':
        case '/':
          return path.sep;
      }
    } else if (argument !== '' && !argument.includes('${')) {
      switch (name) {
        case 'env':
          return this.environment(argument);
        case 'config':
          return this.ask(whole, where, 'Set it', () => resolver.config(argument));
        case 'command':
          return this.ask(whole, where, 'Check the command', () => resolver.command(argument));
        case 'input':
          return this.ask(whole, where, 'Enter a value', () => resolver.input(argument));
      }
    }
    if (name === 'workspaceFolder' || name === 'workspaceFolderBasename') {
      const found = this.folder(argument);
      if (found) return name === 'workspaceFolder' ? found.path : path.basename(found.path);
      const message = `${whole} in ${where} names no open folder. Open it, or write another path.`;
      throw new ConfigError('unresolvedVariable', message, { variable: whole, where });
    }
    // As VS Code does: `sh -c 'echo ${HOME}'` is for the shell.
    return whole;
  }

  private folder(name: string): Folder | undefined {
    const { folder, folders = [] } = this.context;
    return name === '' ? folder : folders.find((candidate) => candidate.name === name);
  }

  private environment(name: string): string {
    const { processEnv, platform } = this.context;
    const key =
      platform === 'win32'
        ? Object.keys(processEnv).find((k) => k.toUpperCase() === name.toUpperCase())
        : name;
    // Own keys only: `${env:constructor}` is unset, and unset is empty, as in a shell.
    return key !== undefined && Object.hasOwn(processEnv, key) ? (processEnv[key] ?? '') : '';
  }

  private async ask(
    whole: string,
    where: string,
    advice: string,
    answer: () => Promise<string | undefined>,
  ): Promise<string> {
    if (!this.answers.has(whole)) this.answers.set(whole, await answer());
    const value = this.answers.get(whole);
    if (value !== undefined) return value;
    const message = `${whole} in ${where} has no value. ${advice} and start the server again.`;
    throw new ConfigError('unresolvedVariable', message, { variable: whole, where });
  }
}

/** The ids of the inputs that an entry needs, in the order in which they will be asked for. */
export function usesInputs(entry: McpEntry): readonly string[] {
  const texts =
    entry.type === 'stdio'
      ? [entry.command, ...entry.args, entry.cwd, entry.envFile, ...Object.values(entry.env)]
      : [entry.url, ...Object.values(entry.headers)];
  const ids = texts.flatMap((text) =>
    typeof text === 'string' ? [...text.matchAll(/\$\{input:([^}]+)\}/g)].map((m) => m[1]!) : [],
  );
  return [...new Set(ids)];
}
