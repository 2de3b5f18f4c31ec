import { readFile } from 'node:fs/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { decodeText } from '../gateway/policyText';

/** A mistake in how the program was called or in what it was given: one line, exit code 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** The options of a command: strings, and flags without a value; unknown ones are a `UsageError`. */
export function readOptions<Name extends string>(
  args: string[],
  names: readonly Name[],
  positionals = 0,
  flags: readonly string[] = [],
): {
  readonly options: Partial<Record<Name, string>>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
} {
  const options: Options = {};
  for (const name of names) options[name] = { type: 'string' };
  for (const name of flags) options[name] = { type: 'boolean' };
  try {
    const parsed = parseArgs({ args, options, allowPositionals: positionals > 0 });
    if (parsed.positionals.length > positionals) throw new Error('there are too many arguments');
    return {
      options: parsed.values as Partial<Record<Name, string>>,
      flags: new Set(flags.filter((name) => parsed.values[name] === true)),
      positionals: parsed.positionals,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is missing.`);
  return value;
}

export async function readInput(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code}).`);
  });
  try {
    return decodeText(bytes);
  } catch (error) {
    throw new UsageError(`${path} cannot be read. ${(error as Error).message}`);
  }
}
