import { pathText } from './argumentPath';
import type { Condition } from './condition';
import { isHostOf } from './operators/host';
import { isUnder, type PathFacts } from './operators/under';
import type { Category } from './vocabulary';

type Arguments = Readonly<Record<string, unknown>>;

/** What is known besides the arguments. */
export interface LikenessFacts {
  readonly category: Category;
  readonly paths: PathFacts;
  /** The arguments that the tool knows, by its schema. */
  readonly known: readonly string[];
  /** Whether folders may be written relative to the workspace: not in a policy of all workspaces. */
  readonly relative: boolean;
  /** What holds a secret is not written into a policy. */
  readonly isSecret: (key: string, value: unknown) => boolean;
}

/** What calls have in common, as conditions that all have to hold, or why too little. */
export type Likeness =
  | {
      readonly kind: 'alike';
      readonly conditions: readonly Condition[];
      /** The arguments that may be anything. */
      readonly open: readonly string[];
    }
  | { readonly kind: 'too_broad'; readonly why: string };

// A longer text is not a value that comes again, and nobody can check it in a policy.
const longestText = 80;
const longestCall = 300;
const mostValues = 5;
const mostKnown = 30;

/**
 * The narrowest that these calls suggest: a folder for paths, a host for URLs, an equal value for
 * what is short. Free text suggests nothing, so a tool that runs, destroys or pays by it gets no
 * rule at all, and others only within a folder or for a host.
 */
export function likenessOf(calls: readonly Arguments[], facts: LikenessFacts): Likeness {
  const keys = Object.keys(calls[0] ?? {});
  if (calls.some((args) => !sameKeys(Object.keys(args), keys))) {
    return tooBroad('The calls do not have the same arguments.');
  }
  const parts = keys.map((key) =>
    partFor(
      key,
      calls.map((args) => args[key]),
      facts,
    ),
  );
  const open = parts.filter(({ kind }) => kind === 'open').map(({ key }) => key);
  const placed = parts.some(({ kind }) => kind === 'place');
  if (open.length > 0 && !(placed && (facts.category === 'Read' || facts.category === 'Write'))) {
    const names = open.map((key) => `"${key}"`).join(', ');
    return tooBroad(`No rule about ${names} would be narrow enough: it is free text or a secret.`);
  }
  if (!placed) return exactly(calls);
  const absent = facts.known.filter((key) => !keys.includes(key)).slice(0, mostKnown);
  const conditions = [
    ...parts.flatMap((part) => (part.kind === 'open' ? [] : [part.condition])),
    ...absent.map((key) => ({ path: pathText([key]), op: 'exists', value: false })),
  ];
  return { kind: 'alike', conditions, open };
}

/** A condition of `likenessOf` in a few words. */
export function conditionInWords(condition: Condition): string {
  if (!('path' in condition)) return JSON.stringify(condition);
  const { path, op, value } = condition;
  const name = path.replace(/^args\./, '');
  switch (op) {
    case 'under':
      return `${name} lies in ${oneOf(value)}`;
    case 'host':
      return `${name} leads to ${oneOf(value)}`;
    case 'exists':
      return `${name} is not given`;
    case 'in':
      return path === 'args' ? 'the arguments are one of these' : `${name} is ${oneOf(value)}`;
    default:
      return path === 'args' ? 'the arguments are exactly these' : `${name} is ${oneOf(value)}`;
  }
}

type Part =
  | { readonly kind: 'place' | 'value'; readonly key: string; readonly condition: Condition }
  | { readonly kind: 'open'; readonly key: string };

function partFor(key: string, values: readonly unknown[], facts: LikenessFacts): Part {
  if (values.some((value) => facts.isSecret(key, value))) return { kind: 'open', key };
  const path = pathText([key]);
  const folders = distinct(values, (value) => foldersOf(key, value, facts));
  if (folders) {
    const isList = values.every((value) => Array.isArray(value));
    const condition = { path: isList ? `${path}[*]` : path, op: 'under', value: single(folders) };
    return { kind: 'place', key, condition };
  }
  const hosts = distinct(values, hostsOf);
  if (hosts) return { kind: 'place', key, condition: { path, op: 'host', value: single(hosts) } };
  const equal = distinct(values, (value) => (isShort(value) ? [value] : undefined));
  if (!equal) return { kind: 'open', key };
  const [first, ...others] = equal;
  const condition =
    others.length === 0 ? { path, op: 'eq', value: first } : { path, op: 'in', value: equal };
  return { kind: 'value', key, condition };
}

/** These arguments and no others: where no folder and no host bounds the call, nothing less does. */
function exactly(calls: readonly Arguments[]): Likeness {
  const equal = distinct(calls, (args) => [args]);
  if (!equal || equal.some((args) => JSON.stringify(args).length > longestCall)) {
    return tooBroad('The arguments are too many, or too different from call to call.');
  }
  const [first, ...others] = equal;
  const condition =
    others.length === 0
      ? { path: 'args', op: 'eq', value: first }
      : { path: 'args', op: 'in', value: equal };
  return { kind: 'alike', conditions: [condition], open: [] };
}

function tooBroad(why: string): Likeness {
  return { kind: 'too_broad', why };
}

/** The different results for all values; undefined where one has none, or they are too many. */
function distinct<V, T>(
  values: readonly V[],
  read: (value: V) => readonly T[] | undefined,
): readonly T[] | undefined {
  const found = new Map<string, T>();
  for (const value of values) {
    const results = read(value);
    if (!results || results.length === 0) return undefined;
    for (const result of results) found.set(JSON.stringify(result), result);
  }
  return found.size > mostValues ? undefined : [...found.values()];
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= longestText && !/[\r\n]/.test(value);
  const text = JSON.stringify(value);
  return text.length <= longestText && !text.includes('\\n');
}

function hostsOf(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return undefined;
  try {
    const { hostname } = new URL(value);
    return isHostOf(value, [hostname]) === true ? [hostname] : undefined;
  } catch {
    return undefined;
  }
}

// --- Folders ---

const pathKey = /path|file|dir|folder|cwd|root|source|destination|target/i;
const folderKey = /dir|folder|cwd|root/i;

function foldersOf(
  key: string,
  value: unknown,
  facts: LikenessFacts,
): readonly string[] | undefined {
  const paths = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const folders = paths.map((path) => folderOf(key, path, facts));
  return folders.includes(undefined) ? undefined : (folders as readonly string[]);
}

function folderOf(key: string, path: unknown, facts: LikenessFacts): string | undefined {
  if (typeof path !== 'string' || /[\r\n]/.test(path)) return undefined;
  const windows = facts.paths.platform === 'windows';
  const isAbsolute = windows ? /^[a-z]:[\\/]/i.test(path) : path.startsWith('/');
  if (!isAbsolute && (!pathKey.test(key) || /^[a-z][a-z0-9+.-]*:/i.test(path))) return undefined;
  const workspace = facts.paths.workspaceFolder;
  if (!isAbsolute && workspace === undefined) return undefined;
  const names = path.split(windows ? /[\\/]/ : '/').filter((name) => name !== '' && name !== '.');
  // What climbs or is expanded leads elsewhere than its text says.
  if (names.some((name) => name === '..') || /[~%$]/.test(path)) return undefined;
  const last = names.at(-1) ?? '';
  // Of a name without an ending nobody knows whether it is a folder: the narrower reading is both.
  const isFile = !folderKey.test(key) && last.lastIndexOf('.') > 0 && !/[\\/]$/.test(path);
  const inside = isFile ? names.slice(0, -1) : names;
  const root = isAbsolute ? '/' : '';
  const written = windows && isAbsolute ? inside.join('\\') : root + inside.join('/');
  const folder = written === '' ? '.' : written;
  if (inside.length <= (windows ? 1 : 0) && isAbsolute) return undefined;
  if (isUnder(path, folder, facts.paths) !== true || isTooWide(folder, facts)) return undefined;
  return inPolicy(folder, isAbsolute, facts);
}

/** Not the home folder or anything around it; for other than reading not the whole workspace. */
function isTooWide(folder: string, { paths, category }: LikenessFacts): boolean {
  if (isUnder(paths.homedir, folder, paths) !== false) return true;
  const workspace = paths.workspaceFolder;
  if (workspace === undefined || isUnder(workspace, folder, paths) === false) return false;
  return category !== 'Read' || isUnder(folder, workspace, paths) !== true;
}

function inPolicy(folder: string, isAbsolute: boolean, facts: LikenessFacts): string {
  const { workspaceFolder: workspace, platform } = facts.paths;
  if (workspace === undefined) return folder;
  const separator = platform === 'windows' ? '\\' : '/';
  if (!isAbsolute) {
    if (facts.relative) return folder;
    return folder === '.' ? workspace : `${workspace}${separator}${folder}`;
  }
  if (!facts.relative) return folder;
  if (folder === workspace) return '.';
  if (!folder.startsWith(`${workspace}${separator}`)) return folder;
  return folder.slice(workspace.length + 1).replaceAll(separator, '/');
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key));
}

function single<T>(values: readonly T[]): T | readonly T[] {
  return values.length === 1 ? values[0]! : values;
}

function oneOf(value: unknown): string {
  const texts = (Array.isArray(value) ? value : [value]).map((item) =>
    typeof item === 'string' ? item : JSON.stringify(item),
  );
  return texts.join(' or ');
}
