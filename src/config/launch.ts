import { posix, win32 } from 'node:path';
import { parse as parseEnvFile } from 'dotenv';
import { ConfigError } from './configError';
import type { HttpEntry, McpEntry, StdioEntry } from './mcpConfig';
import { Substitution, type VariableContext } from './variables';

/** A program to spawn without a shell, with the whole environment it is to have. */
export interface StdioLaunch {
  readonly type: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface HttpLaunch {
  readonly type: 'http' | 'sse';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth?: OAuthConfig;
}

/** The client that the gateway is to the authorization server, where the entry names one. */
export interface OAuthConfig {
  readonly clientId?: string;
  readonly clientSecret?: string;
}

export type Launch = StdioLaunch | HttpLaunch;

export interface LaunchContext extends VariableContext {
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * Turns an entry into what is started, the way VS Code itself would start it. Throws a
 * `ConfigError` that says what to do; its message holds no resolved value, which may be a secret.
 */
export async function resolveLaunch(entry: McpEntry, context: LaunchContext): Promise<Launch> {
  const substitution = new Substitution(context);
  return entry.type === 'stdio'
    ? resolveStdio(entry, context, substitution)
    : resolveHttp(entry, substitution);
}

async function resolveStdio(
  entry: StdioEntry,
  context: LaunchContext,
  substitution: Substitution,
): Promise<StdioLaunch> {
  const { homedir, folder, platform } = context;
  const path = platform === 'win32' ? win32 : posix;
  const base = folder?.path ?? homedir;
  const resolve = async (text: string, where: string): Promise<string> =>
    withHome(await substitution.apply(text, where), homedir);

  const command = withoutNul(await resolve(entry.command, 'command'), 'command');
  if (command.trim() === '') {
    const message = 'The command is empty once its variables are filled in. Name a program.';
    throw new ConfigError('invalidCommand', message, { where: 'command' });
  }
  const args: string[] = [];
  for (const [index, arg] of entry.args.entries()) {
    args.push(withoutNul(await resolve(arg, `args[${index}]`), `args[${index}]`));
  }
  const cwd = entry.cwd ? withoutNul(await resolve(entry.cwd, 'cwd'), 'cwd') : base;
  const environment = new Environment(platform);
  for (const [name, value] of Object.entries(context.processEnv)) {
    if (value !== undefined) environment.set(name, value);
  }
  if (entry.envFile) {
    const file = absolute(path, base, await resolve(entry.envFile, 'envFile'));
    const values = parseEnvFile(await readEnvFile(file, entry.envFile, context));
    for (const [name, value] of Object.entries(values)) environment.set(name, value);
  }
  for (const [name, value] of Object.entries(entry.env)) {
    const where = `env.${name}`;
    if (value === null) environment.remove(name);
    else {
      const text = String(
        typeof value === 'string' ? await substitution.apply(value, where) : value,
      );
      // VS Code appends to PATH, so that an entry cannot hide the programs of the system.
      const inherited = name.toUpperCase() === 'PATH' ? environment.get(name) : undefined;
      environment.set(name, inherited ? inherited + path.delimiter + text : text);
    }
  }
  return {
    type: 'stdio',
    command,
    args,
    cwd: absolute(path, base, cwd),
    env: environment.toRecord(),
  };
}

async function readEnvFile(
  file: string,
  asWritten: string,
  context: LaunchContext,
): Promise<string> {
  try {
    return await context.readFile(file);
  } catch {
    // The cause names the resolved path, which may hold the value of an input.
    const message = `The envFile ${asWritten} cannot be read. Create it, or take "envFile" out of the entry.`;
    throw new ConfigError('envFileUnreadable', message, { where: 'envFile' });
  }
}

async function resolveHttp(entry: HttpEntry, substitution: Substitution): Promise<HttpLaunch> {
  const url = checkedUrl(await substitution.apply(entry.url, 'url'));
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(entry.headers)) {
    const where = `headers.${name}`;
    const text = await substitution.apply(value, where);
    // What fetch would refuse, with the value in its message. CR and LF would begin a new header.
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      const message = `${where} cannot be sent as an HTTP header. Take line breaks and unusual characters out of it.`;
      throw new ConfigError('invalidHeader', message, { where });
    }
    headers.push([name, text]);
  }
  const oauth: [string, string][] = [];
  for (const [name, value] of Object.entries(entry.oauth ?? {})) {
    if (value !== undefined) oauth.push([name, await substitution.apply(value, `oauth.${name}`)]);
  }
  return {
    type: entry.type,
    url,
    headers: Object.fromEntries(headers),
    ...(oauth.length > 0 ? { oauth: Object.fromEntries(oauth) } : {}),
  };
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    const message = 'The url must begin with http:// or https:// and name a host. Correct it.';
    throw new ConfigError('invalidUrl', message, { where: 'url' });
  }
  if (url.username || url.password) {
    const message = 'The url holds a user name or password. Send it in an Authorization header.';
    throw new ConfigError('invalidUrl', message, { where: 'url' });
  }
  return text;
}

function withHome(text: string, homedir: string): string {
  return text.replace(/^~(?=$|[/\\])/, () => homedir);
}

function absolute(path: typeof posix, base: string, target: string): string {
  return path.isAbsolute(target) ? target : path.join(base, target);
}

function withoutNul(text: string, where: string): string {
  if (!text.includes('\0')) return text;
  const message = `${where} holds a NUL character. Take it out.`;
  throw new ConfigError('invalidCommand', message, { where });
}

/** Environment variables, whose names Windows compares without case. */
class Environment {
  private readonly variables = new Map<string, readonly [name: string, value: string]>();

  constructor(private readonly platform: NodeJS.Platform) {}

  get(name: string): string | undefined {
    return this.variables.get(this.fold(name))?.[1];
  }

  set(name: string, value: string): void {
    if (name.includes('\0') || value.includes('\0')) {
      const message = 'An environment variable holds a NUL character. Take it out.';
      throw new ConfigError('invalidEnv', message, { where: `env.${name}` });
    }
    const known = this.variables.get(this.fold(name));
    this.variables.set(this.fold(name), [known?.[0] ?? name, value]);
  }

  remove(name: string): void {
    this.variables.delete(this.fold(name));
  }

  toRecord(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.variables.values());
  }

  private fold(name: string): string {
    return this.platform === 'win32' ? name.toUpperCase() : name;
  }
}
