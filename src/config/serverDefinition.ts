import { resolve } from 'node:path';
import { parse as parseEnvFile } from 'dotenv';
import which from 'which';
import type { JsonValue } from './jsoncDocument';
import { type Launch, type LaunchContext, resolveLaunch } from './launch';
import type { ConfiguredServer, McpInput } from './mcpConfig';

/**
 * How a server is started or reached, with all that lies outside its entry and decides about it:
 * what a person confirms, and what must not change behind them (CVE-2025-54136).
 */
export interface ServerDefinition {
  /** As written, so that space, comments and the order of keys are no part of it. */
  readonly entry: JsonValue;
  /** The file that runs. Null where there is none, or its name is asked for at the start. */
  readonly program?: string | null;
  /** The inputs that the entry uses: one may run a command of the editor. */
  readonly inputs?: readonly McpInput[];
  /** The settings that the entry uses, with their values. */
  readonly settings?: Readonly<Record<string, string | null>>;
  /** The variables that its `envFile` sets. Null where it cannot be read. */
  readonly envFileNames?: readonly string[] | null;
}

/** Asks nobody and starts nothing: what is asked for at the start stays a variable. Never throws. */
export async function serverDefinition(
  { value, entry }: Pick<ConfiguredServer, 'value' | 'entry'>,
  inputs: readonly McpInput[],
  context: LaunchContext,
): Promise<ServerDefinition> {
  const text = JSON.stringify(value);
  const usedInputs = new Set(variablesIn(text, 'input'));
  const ownInputs = inputs.filter(({ id }) => usedInputs.has(id));
  const settings: [string, string | null][] = [];
  for (const key of variablesIn(text, 'config')) {
    settings.push([key, (await context.resolver.config(key)) ?? null]);
  }
  return {
    entry: value,
    ...(entry?.type === 'stdio' && { program: await programOf(entry, context) }),
    ...(ownInputs.length > 0 && { inputs: ownInputs }),
    ...(settings.length > 0 && { settings: Object.fromEntries(settings) }),
    ...(entry?.type === 'stdio' &&
      entry.envFile && { envFileNames: await namesIn(entry.envFile, context) }),
  };
}

async function programOf(
  entry: NonNullable<ConfiguredServer['entry']>,
  context: LaunchContext,
): Promise<string | null> {
  const launch = await withoutQuestions(entry, context);
  if (launch?.type !== 'stdio') return null;
  const { command, cwd, env } = launch;
  const path = Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  // As the system looks for it: a name with a separator is a path from the working directory.
  const file = /[/\\]/.test(command) ? resolve(cwd, command) : command;
  return which(file, { path }).catch(() => null);
}

async function withoutQuestions(
  entry: NonNullable<ConfiguredServer['entry']>,
  context: LaunchContext,
): Promise<Launch | undefined> {
  const resolver = {
    config: context.resolver.config,
    input: async (id: string) => `\${input:${id}}`,
    command: async (id: string) => `\${command:${id}}`,
  };
  return resolveLaunch(entry, { ...context, resolver }).catch(() => undefined);
}

async function namesIn(envFile: string, context: LaunchContext): Promise<readonly string[] | null> {
  // The path as it is resolved at the start, and only that, is what `readFile` is asked for.
  let names: readonly string[] | null = null;
  const readFile = async (path: string): Promise<string> => {
    const text = await context.readFile(path);
    names = Object.keys(parseEnvFile(text)).sort();
    return text;
  };
  const entry = { type: 'stdio', command: 'none', args: [], env: {}, envFile, raw: {} } as const;
  await withoutQuestions(entry, { ...context, readFile });
  return names;
}

/** The names of the variables of a kind that a text uses, each once. */
function variablesIn(text: string, kind: 'input' | 'config'): readonly string[] {
  const found = text.matchAll(new RegExp(`\\$\\{${kind}:([^}]+)\\}`, 'g'));
  return [...new Set([...found].map((match) => match[1]!))].sort();
}
