import type { Edit, FormattingOptions } from 'jsonc-parser';
import type { PolicyDocument, ServerPolicy } from './document';
import { editsBetween, setValue } from './jsoncEdit';
import { parsePolicy } from './parsePolicy';
import type { Path } from './pointer';
import { type Action, type CompiledRule, Policy } from './policy';
import type { Rule } from './rule';
import type { Category } from './vocabulary';

/** A change that a person makes to the rule of one tool of one server. */
export type RuleChange =
  | { readonly kind: 'action'; readonly action: Action }
  | {
      readonly kind: 'limit';
      readonly limit: { readonly max: number; readonly window: number } | undefined;
    }
  /** The whole rule, written out. */
  | { readonly kind: 'rule'; readonly rule: Rule }
  /** The person's own category, from which the rule follows; undefined takes it back. */
  | { readonly kind: 'category'; readonly category: Category | undefined };
type ToolRuleChange = Exclude<RuleChange, { readonly kind: 'category' }>;

/**
 * The text edit that makes `change` on the tool's own rule. Where there is none it is created from
 * `governing`, the rule that has held so far, so that a limit does not lift an approval. Comments
 * and layout stay. `text` has to be a valid policy.
 */
export function ruleEdits(
  text: string,
  server: string,
  tool: string,
  change: RuleChange,
  governing: CompiledRule,
  format: FormattingOptions,
): Edit[] {
  const { document } = parsePolicy(text);
  if (!document) throw new TypeError('the policy is not valid');
  const label = new Policy(document, 'workspace').labelFor(server);
  const block = label === undefined ? undefined : document.servers![label];
  let result = text;
  const set = (path: Path, value: unknown): void => {
    result = setValue(result, path, value, format);
  };

  // A block of the server's own takes the place of a pattern's, so it has to say the same.
  if (block && label !== server) set(['servers', server], block);
  if (change.kind === 'category') {
    if (own(block?.classify, tool) !== change.category) {
      set(['servers', server, 'classify', tool], change.category);
    }
  } else setRule(set, { document, block, server, tool }, change, governing);
  return editsBetween(text, result);
}

interface Target {
  readonly document: PolicyDocument;
  readonly block: ServerPolicy | undefined;
  readonly server: string;
  readonly tool: string;
}

function setRule(
  set: (path: Path, value: unknown) => void,
  { document, block, server, tool }: Target,
  change: ToolRuleChange,
  governing: CompiledRule,
): void {
  // `hide` comes before every rule, so a tool that is to be seen must leave the lists first.
  if (change.kind === 'action' && change.action !== 'hide') {
    const without = (list: readonly string[]): string[] => list.filter((name) => name !== tool);
    if (document.hide?.includes(tool)) set(['hide'], without(document.hide));
    if (block?.hide?.includes(tool)) set(['servers', server, 'hide'], without(block.hide));
  }
  const path: Path = ['servers', server, 'tools', tool];
  const before = own(block?.tools, tool);
  if (!before) return set(path, changed(governing.source, change));
  const after = changed(before, change);
  for (const key of Object.keys({ ...before, ...after }) as (keyof Rule)[]) {
    if (before[key] !== after[key]) set([...path, key], after[key]);
  }
}

/** The rule after the change. What bounds the arguments stays, whoever changes the rest. */
function changed(rule: Rule, change: ToolRuleChange): Rule {
  if (change.kind === 'rule') return change.rule;
  if (change.kind === 'limit') return without({ ...rule, rate_limit: change.limit }, []);
  switch (change.action) {
    case 'allow':
      // Who allows a tool means it: no question and no limit is left.
      return without(rule, ['action', 'approve_if', 'rate_limit', 'limits', 'mode']);
    case 'require_approval':
      return without({ ...rule, action: change.action }, ['mode']);
    case 'deny':
    case 'hide':
      return without({ ...rule, action: change.action }, ['mode', 'approve_if']);
  }
}

function without(rule: Rule, keys: readonly (keyof Rule)[]): Rule {
  const entries = Object.entries(rule).filter(
    ([key, value]) => value !== undefined && !keys.includes(key as keyof Rule),
  );
  return Object.fromEntries(entries);
}

/** What an object itself says of a name: names such as "constructor" are the server's to choose. */
function own<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return entries && Object.hasOwn(entries, name) ? entries[name] : undefined;
}
