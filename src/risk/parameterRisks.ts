import {
  actingSwitches,
  actionNames,
  fileTargets,
  forces,
  programs,
  rawPath,
  removalSwitches,
  worstAction,
} from './parameters';
import { enumValues, ownMember, type Property, propertiesOf } from './properties';
import type { Category } from './risk';
import { nameWords } from './words';

/** What makes a parameter worth a look. */
export type Concern =
  | 'sql'
  | 'command'
  | 'code'
  | 'query'
  | 'path'
  | 'target'
  | 'action'
  | 'removal'
  | 'force'
  | 'acting'
  | 'address'
  | 'money'
  | 'secret'
  | 'recipient'
  | 'many';

export interface ParameterRisk extends Property {
  /** The types that the schema names. */
  readonly types: readonly string[];
  /** What it takes, in the server's words. */
  readonly description: string | undefined;
  /** Undefined for a parameter that nothing speaks against. */
  readonly concern: Concern | undefined;
  /** Why, in one sentence. */
  readonly reason: string | undefined;
}

/** What of a tool decides how its parameters are read. */
export interface ParameterContext {
  readonly name: string;
  readonly category: Category;
}

const reasons: Readonly<Record<Concern, string>> = {
  sql: 'Takes SQL: one parameter for everything that the database lets its user do.',
  command: 'Takes a command line: whatever the account of the server may do.',
  code: 'Takes code, which runs with the rights of the server.',
  query: 'Takes a statement, which may do more than look something up.',
  path: 'Takes a path: it may lead out of the folder that is meant.',
  target: 'Says where something is written: it may be a file that others run or trust.',
  action: 'Says what a call shall do, and one of the choices does harm.',
  removal: 'Makes a call remove or replace what is there.',
  force: 'Lets a call pass over a check.',
  acting: 'Decides whether a call only looks or acts.',
  address: 'Takes an address: the server may be sent to where only it can reach, and data with it.',
  money: 'Says how much money moves.',
  secret: 'Takes a secret, which the agent has to know and which calls then carry.',
  recipient: 'Says who gets it: a person, or an attacker.',
  many: 'Takes many at once: one mistaken call is repeated for all of them.',
};

const fileWords = new Set('file files directory directories dir folder folders path'.split(' '));
const places = /^(?:source|src|from|destination|dest|target|to|cwd|root|dir|directory|folder)$/;
const addresses = /^(?:.*_)?(?:urls?|uri|href|endpoint|webhook|host|hostname|link)$/;
const amounts = /^(?:.*_)?(?:amount|amounts|price|total|quantity|qty|cents|value|sum|limit_price)$/;
const secrets =
  /^(?:.*_)?(?:password|passwd|passphrase|secret|api_?key|private_key|access_token|auth_token|credentials?)$/;
const recipients = /^(?:to|cc|bcc|recipients?|.*_recipients?|phone(?:_number)?|email|emails)$/;
const kinds = { sql: 'sql', shell: 'command', code: 'code', query: 'query' } as const;

/** Every parameter of a tool, with what is risky about it. Of very many, the first. */
export function parameterRisks(
  inputSchema: unknown,
  context: ParameterContext,
): readonly ParameterRisk[] {
  const handlesFiles = nameWords(context.name).some(({ text }) => fileWords.has(text));
  return propertiesOf(inputSchema).map((property) => {
    const { schema } = property;
    const types = typesOf(schema);
    const description = ownMember(schema, 'description');
    const concern = concernOf(property, types, context, handlesFiles);
    return {
      ...property,
      types,
      description: typeof description === 'string' ? description : undefined,
      concern,
      reason: concern && reasons[concern],
    };
  });
}

function concernOf(
  property: Property,
  types: readonly string[],
  { category }: ParameterContext,
  handlesFiles: boolean,
): Concern | undefined {
  const { name, schema } = property;
  if (name.length > 64) return undefined;
  const key = snakeCase(name);
  const values = enumValues(schema);
  const isText = takes(types, 'string');
  const isSwitch = types.length === 1 && types[0] === 'boolean';
  if (isSwitch) {
    if (removalSwitches.test(name)) return 'removal';
    if (forces.test(name)) return 'force';
    return actingSwitches.test(name) ? 'acting' : undefined;
  }
  if (actionNames.has(key) && values.length > 0) {
    const worst = worstAction(property, values);
    return worst && worst.category !== 'Read' ? 'action' : undefined;
  }
  // A choice from a list holds nothing that its author did not think of.
  if (values.length > 0) return undefined;
  const program = isText ? programs.get(key) : undefined;
  // Most queries are words to search for.
  if (program && (program !== 'query' || category === 'Execute')) return kinds[program];
  if (isText && handlesFiles && (rawPath.test(singular(key)) || places.test(key))) return 'path';
  if (isText && category !== 'Read' && fileTargets.test(key)) return 'target';
  if (isText && addresses.test(key)) return 'address';
  if (isText && secrets.test(key)) return 'secret';
  if (category === 'Financial' && amounts.test(key) && !isSwitch) return 'money';
  if (isText && category !== 'Read' && recipients.test(key)) return 'recipient';
  if (category === 'Destructive' && types.includes('array')) return 'many';
  return undefined;
}

function typesOf(schema: unknown): readonly string[] {
  const type = ownMember(schema, 'type');
  const listed = Array.isArray(type) ? type : [type];
  return listed.filter((item): item is string => typeof item === 'string').slice(0, 8);
}

/** Whether a value of this type may be one; a schema that names no type takes all. */
function takes(types: readonly string[], type: string): boolean {
  return types.length === 0 || types.includes(type) || types.includes('array');
}

function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll('-', '_');
}

function singular(key: string): string {
  return key.replace(/s$/, '');
}
