import type { StdioEntry } from '../config/mcpConfig';

/** The npm package that an entry of the configuration runs. */
export interface NpmPackage {
  readonly name: string;
  /** The exact version that the entry names; absent where the runner chooses one. */
  readonly version: string | undefined;
  /** The command of the package that the entry names; absent where the runner chooses it. */
  readonly command: string | undefined;
  /** What the server is given: it may offer other tools for it. */
  readonly args: readonly string[];
}

const runners = [
  ['npx'],
  ['bunx'],
  ['pnpx'],
  ['bun', 'x'],
  ['pnpm', 'dlx'],
  ['yarn', 'dlx'],
  ['npm', 'exec'],
  ['npm', 'x'],
];
// Those that decide neither what is run nor where it comes from.
const harmless = new Set(['-y', '--yes', '-q', '--quiet', '--silent', '--prefer-offline', '--bun']);
// Another registry, or code that is loaded before the server's.
const sourceVariables = /registry|^npm_config_|^node_options$/i;

/**
 * What `npx` and its like would run. `undefined` for whatever is not plainly one package of the
 * registry: a look-alike must not pass for a package that people know.
 */
export function npmPackageOf({ command, args, env }: StdioEntry): NpmPackage | undefined {
  if (Object.keys(env).some((name) => sourceVariables.test(name))) return undefined;
  const words = withoutShell([command, ...args]);
  const runner = runners.find((names) => names.every((name, at) => isProgram(words[at], name, at)));
  const options = runner && optionsIn(words.slice(runner.length));
  if (!options) return undefined;
  const [first, ...given] = options.rest;
  if (first === undefined) return undefined;
  const passed = runner[0] === 'npm' && !options.isEnded ? passedByNpm(given) : given;
  const found = packageIn(options.package ?? first);
  if (!found || !passed) return undefined;
  return { ...found, command: options.package === undefined ? undefined : first, args: passed };
}

/** On Windows runners are scripts of a shell. What means something to it is not taken apart. */
function withoutShell(words: readonly string[]): readonly string[] {
  if (!isProgram(words[0], 'cmd', 0)) return words;
  const isPlain =
    /^\/c$/i.test(words[1] ?? '') && !words.some((word) => /[&|<>^%!"\r\n]/.test(word));
  return isPlain ? words.slice(2) : [];
}

function isProgram(word: string | undefined, name: string, at: number): boolean {
  // By its bare name: a path may lead anywhere.
  return at > 0 ? word === name : word?.toLowerCase().replace(/\.(?:cmd|exe)$/, '') === name;
}

interface Options {
  readonly package: string | undefined;
  readonly isEnded: boolean;
  readonly rest: readonly string[];
}

/** The options of the runner. `undefined` if one is not known, or several packages are named. */
function optionsIn(words: readonly string[]): Options | undefined {
  let named: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') return { package: named, isEnded: true, rest: words.slice(at + 1) };
    if (!word.startsWith('-')) return { package: named, isEnded: false, rest: words.slice(at) };
    if (harmless.has(word)) continue;
    const isPair = word === '-p' || word === '--package';
    const spec = isPair ? words[++at] : /^--package=(.+)$/.exec(word)?.[1];
    if (spec === undefined || named !== undefined) return undefined;
    named = spec;
  }
  return undefined;
}

/** npm takes options from behind the name too, up to a "--". With any it is not plain what runs. */
function passedByNpm(words: readonly string[]): readonly string[] | undefined {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  if (own.some((word) => word.startsWith('-'))) return undefined;
  return end < 0 ? own : [...own, ...words.slice(end + 1)];
}

// https://docs.npmjs.com/cli/v11/using-npm/package-spec. What is left out leads to another source,
// as "known@npm:other" does, or is a name that npm would refuse.
const plainSpec = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@([\w.+~^-]+))?$/;
const exactVersion = /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;

function packageIn(spec: string): Pick<NpmPackage, 'name' | 'version'> | undefined {
  const [, name, version] = plainSpec.exec(spec) ?? [];
  if (name === undefined) return undefined;
  return {
    name,
    version: version !== undefined && exactVersion.test(version) ? version : undefined,
  };
}
