import { verbForm } from './lexicon';
import { isWorse, meaningOf } from './reading';
import type { Category } from './risk';
import { nameWords, quotable } from './words';

/** The worst value of an enum that says what the call shall do. */
export interface ActionValue {
  readonly category: Category;
  /** Plain deletion; "remove" and "clear" are often said of a list's items. */
  readonly grave: boolean;
  /** The values are HTTP methods: the caller chooses what to do, whatever the tool is called. */
  readonly method: boolean;
  readonly evidence: string;
}

/** What the names and enums of a tool's parameters say. Defaults and descriptions are left alone. */
export interface Parameters {
  readonly names: readonly string[];
  readonly action: ActionValue | undefined;
  /** The parameter that takes a program, and how sure its name is of that. */
  /** A switch that makes a call remove or replace what is there. */
  readonly removalSwitch: string | undefined;
  readonly program:
    | { readonly name: string; readonly kind: 'sql' | 'shell' | 'code' | 'query' }
    | undefined;
  readonly writesFile: boolean;
}

const propertyLimit = 80;
const enumLimit = 80;
const actionNames = new Set(
  'action actions operation operations op method command cmd subcommand verb http_method httpmethod'.split(
    ' ',
  ),
);
const programs: ReadonlyMap<string, 'sql' | 'shell' | 'code' | 'query'> = new Map([
  ['sql', 'sql'],
  ['sql_query', 'sql'],
  ['sqlquery', 'sql'],
  ['cypher', 'sql'],
  ['command', 'shell'],
  ['commands', 'shell'],
  ['cmd', 'shell'],
  ['shell', 'shell'],
  ['script', 'code'],
  ['javascript', 'code'],
  ['python', 'code'],
  ['code', 'code'],
  ['expression', 'code'],
  ['function', 'code'],
  ['statement', 'query'],
  ['statements', 'query'],
  ['query', 'query'],
  ['queries', 'query'],
  ['q', 'query'],
]);
const fileTargets =
  /^(?:save|output|local|dest|destination|target|download|export|write|file)_?(?:path|dir|directory|folder|file|filename|location)$|^(?:filename|file_?name|out|path|destination)$/;

const nothing = (): ReadonlySet<string> => new Set();

const removalSwitches = /^(?:truncate|purge|overwrite|wipe|delete)(?:$|[_A-Z-])/;

function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function enumValues(property: unknown): readonly string[] {
  const values: unknown[] = [];
  const listed = own(property, 'enum') ?? own(own(property, 'items'), 'enum');
  if (Array.isArray(listed)) values.push(...listed.slice(0, enumLimit));
  for (const key of ['anyOf', 'oneOf']) {
    const options = own(property, key);
    if (!Array.isArray(options)) continue;
    for (const option of options.slice(0, enumLimit)) {
      const inner = own(option, 'enum');
      if (Array.isArray(inner)) values.push(...inner.slice(0, enumLimit));
      values.push(own(option, 'const'));
    }
  }
  return values.filter((value) => typeof value === 'string');
}

function worstAction(name: string, values: readonly string[]): ActionValue | undefined {
  let worst: { category: Category; value: string; grave: boolean } | undefined;
  for (const value of values) {
    const words = nameWords(value);
    const verb = verbForm(words[0]?.text ?? '') ?? verbForm(words.at(-1)?.text ?? '');
    if (verb === undefined || verb.form !== 'base') continue;
    const meaning = meaningOf(verb, { objects: [], nearby: nothing, writesFile: false });
    if (!meaning.clear && meaning.category !== 'Read') continue;
    const grave = /^(?:del|delete|destroy|drop|purge|erase|wipe|truncate)$/.test(verb.base);
    if (
      worst === undefined ||
      isWorse(meaning.category, worst.category) ||
      (grave && !worst.grave)
    ) {
      worst = { category: meaning.category, value, grave };
    }
  }
  const quote = worst && quotable(worst.value);
  if (worst === undefined || quote === undefined) return undefined;
  return {
    category: worst.category,
    grave: worst.grave,
    method: /method$/i.test(name),
    evidence: `The parameter "${quotable(name) ?? ''}" can be "${quote}".`,
  };
}

/** Reads the first level of an input schema; whatever is not a plain object says nothing. */
export function readParameters(inputSchema: unknown): Parameters {
  let action: ActionValue | undefined;
  let program: Parameters['program'];
  let removalSwitch: string | undefined;
  let writesFile = false;
  const properties = own(inputSchema, 'properties');
  const names =
    typeof properties === 'object' && properties !== null && !Array.isArray(properties)
      ? Object.keys(properties).slice(0, propertyLimit)
      : [];
  for (const name of names) {
    const property = own(properties, name);
    const key = name.length <= 64 ? name.toLowerCase() : '';
    if (actionNames.has(key)) {
      const values = enumValues(property);
      if (values.length > 0) {
        const found = worstAction(name, values);
        if (found && (action === undefined || isWorse(found.category, action.category)))
          action = found;
        continue;
      }
    }
    const kind = programs.get(key);
    // `query` is the weakest name: any other wins over it.
    if (kind !== undefined && (program === undefined || program.kind === 'query')) {
      const type = own(property, 'type');
      if (type === undefined || type === 'string' || type === 'array') program = { name, kind };
    }
    if (removalSwitches.test(name) && own(property, 'type') === 'boolean') removalSwitch ??= name;
    writesFile ||= fileTargets.test(key.replaceAll('-', '_'));
  }
  return { names, action, removalSwitch, program, writesFile };
}
