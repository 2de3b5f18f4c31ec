import { verbForm } from './lexicon';
import { enumValues, ownMember, type Property, propertiesOf } from './properties';
import { isWorse, meaningOf } from './reading';
import type { Category, Evidence } from './risk';
import { nameWords, quotable } from './words';

/** The worst value of an enum that says what the call shall do. */
export interface ActionValue {
  readonly category: Category;
  /** Plain deletion; "remove" and "clear" are often said of a list's items. */
  readonly grave: boolean;
  /** The values are HTTP methods: the caller chooses what to do, whatever the tool is called. */
  readonly method: boolean;
  /** Reading is one of the values: they are what a call may do, not what it filters by. */
  readonly dispatches: boolean;
  readonly evidence: Evidence;
}

/** A parameter, and where it stands in the definition. */
export interface Place {
  readonly name: string;
  readonly field: string;
}

/** What the names and enums of a tool's parameters say. Defaults are left alone. */
export interface Parameters {
  readonly names: readonly string[];
  readonly action: ActionValue | undefined;
  /** A switch that makes a call remove or replace what is there. */
  readonly removalSwitch: Place | undefined;
  /** A switch between looking and doing: what the tool promises holds for one side only. */
  readonly actingSwitch: string | undefined;
  /** A path of the caller's choice that a call writes to. */
  readonly savesTo: Place | undefined;
  /** A path of the caller's choice. */
  readonly path: Place | undefined;
  /** `args`: on a tool for a command line, the rest of any command. */
  readonly commandArguments: Place | undefined;
  /** A switch that passes over a check. */
  readonly force: Place | undefined;
  /** The parameter that takes a program, and how sure its name is of that. */
  readonly program: (Place & { readonly kind: 'sql' | 'shell' | 'code' | 'query' }) | undefined;
  readonly writesFile: boolean;
}

/** Names of parameters that say what a call shall do. */
export const actionNames = new Set(
  'action actions operation operations op method command cmd subcommand verb http_method httpmethod'.split(
    ' ',
  ),
);
/** Names of parameters that take a program. */
export const programs: ReadonlyMap<string, 'sql' | 'shell' | 'code' | 'query'> = new Map([
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
/** Names of parameters that a file is written to. */
export const fileTargets =
  /^(?:save|output|local|dest|destination|target|download|export|write|file)_?(?:path|dir|directory|folder|file|filename|location)$|^(?:filename|file_?name|out|path|destination)$/;

/** Names of parameters that take a path. */
export const rawPath =
  /^(?:(?:absolute|full|local|file|dir|directory|folder|source|destination|target|save|output|request_?file|response_?file)_?)*paths?$/;
const saving = /\b(?:sav(?:e|ed|ing)|writ(?:e|ten) to|written)\b/i;
/** Names of switches between looking and doing. */
export const actingSwitches =
  /^(?:submit|execute|apply|commit|send|broadcast|publish|dry_?run|allow_?writes?|confirm)$/i;
/** Names of switches that pass over a check. */
export const forces = /^force(?![a-z])/;
const unquoted = /["'`]([a-z][a-z_ -]{1,30})["'`]/gi;

const nothing = (): ReadonlySet<string> => new Set();

/** Names of switches that make a call remove or replace what is there. */
export const removalSwitches = /^(?:truncate|purge|overwrite|wipe|delete)(?:$|[_A-Z-])/;

/** The values of an action that only its description lists, each in quotation marks. */
function describedValues(property: unknown): readonly string[] {
  const description = ownMember(property, 'description');
  if (typeof description !== 'string') return [];
  return [...description.slice(0, 400).matchAll(unquoted)].map((match) => match[1] ?? '');
}

/** The worst of the values that say what a call shall do. */
export function worstAction(
  { name, field }: Property,
  values: readonly string[],
): ActionValue | undefined {
  let dispatches = false;
  let worst: { category: Category; value: string; grave: boolean } | undefined;
  for (const value of values) {
    const words = nameWords(value);
    const verb = verbForm(words[0]?.text ?? '') ?? verbForm(words.at(-1)?.text ?? '');
    if (verb === undefined || verb.form !== 'base') continue;
    const meaning = meaningOf(verb, { objects: [], nearby: nothing, writesFile: false });
    if (!meaning.clear && meaning.category !== 'Read') continue;
    dispatches ||= meaning.category === 'Read';
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
    dispatches,
    evidence: {
      text: `The parameter "${quotable(name) ?? ''}" can be "${quote}".`,
      field,
      words: [worst.value],
    },
  };
}

/** Reads the parameters of an input schema; whatever is not a plain object says nothing. */
export function readParameters(inputSchema: unknown): Parameters {
  let action: ActionValue | undefined;
  let program: Parameters['program'];
  let removalSwitch: Place | undefined;
  let actingSwitch: string | undefined;
  let savesTo: Place | undefined;
  let path: Place | undefined;
  let commandArguments: Place | undefined;
  let force: Place | undefined;
  let writesFile = false;
  const properties = propertiesOf(inputSchema);
  for (const property of properties) {
    const { name, field, schema } = property;
    const key = name.length <= 64 ? name.toLowerCase() : '';
    if (actionNames.has(key)) {
      const listed = enumValues(schema);
      const values = listed.length > 0 ? listed : describedValues(schema);
      const found = worstAction(property, values);
      if (found && (action === undefined || isWorse(found.category, action.category)))
        action = found;
      if (listed.length > 0) continue;
    }
    const type = ownMember(schema, 'type');
    const kind = programs.get(key);
    // `query` is the weakest name: any other wins over it.
    if (kind !== undefined && (program === undefined || program.kind === 'query')) {
      if (type === undefined || type === 'string' || type === 'array')
        program = { name, field, kind };
    }
    if (type === 'boolean') {
      if (removalSwitches.test(name)) removalSwitch ??= { name, field };
      if (actingSwitches.test(name)) actingSwitch ??= name;
    }
    const folded = key.replaceAll('-', '_');
    const isText =
      (type === 'array' ? ownMember(ownMember(schema, 'items'), 'type') : type) === 'string';
    if (isText && rawPath.test(folded)) {
      path ??= { name, field };
      const description = ownMember(schema, 'description');
      if (typeof description === 'string' && saving.test(description.slice(0, 400)))
        savesTo ??= { name, field };
    }
    writesFile ||= fileTargets.test(folded);
    if (key === 'args') commandArguments ??= { name, field };
    if (forces.test(name)) force ??= { name, field };
  }
  const names = properties.map(({ name }) => name);
  return {
    names,
    action,
    removalSwitch,
    actingSwitch,
    savesTo,
    path,
    commandArguments,
    force,
    program,
    writesFile,
  };
}
