import type { Category, Level, PolicyDocument, Rule, ServerPolicy } from './document';
import { normalizeRateLimit } from './document';
import { compileGlob, type Glob, isGlob } from './glob';
import { foldName } from './names';
import { type Path, type Pointer, toPointer } from './pointer';

/** Whose policy it is; `preset` is the built-in one that holds where there is no file. */
export type Layer = 'user' | 'workspace' | 'preset';

export type Action = 'allow' | 'deny' | 'require_approval' | 'hide';

/** How many calls may pass in a sliding window. `key` names the counter, and outlives edits. */
export interface Limit {
  readonly key: string;
  readonly rule: Pointer;
  readonly layer: Layer;
  readonly max: number;
  readonly windowSeconds: number;
}

/** A rule in the form that is enforced, with the place where it stands. */
export interface CompiledRule {
  readonly pointer: Pointer;
  readonly layer: Layer;
  readonly action: Action;
  readonly reason: string | undefined;
  readonly limits: readonly Limit[];
}

interface PatternRule {
  readonly glob: Glob;
  readonly rule: CompiledRule;
}

interface Scope {
  readonly hidden: readonly PatternRule[];
  readonly exact: ReadonlyMap<string, CompiledRule>;
  /** The most specific first. */
  readonly patterns: readonly PatternRule[];
  readonly risk: ReadonlyMap<Category | Level, CompiledRule>;
  readonly defaultRule: CompiledRule | undefined;
  /** Every pattern that hides or denies, to catch names that only look different. */
  readonly forbidden: readonly PatternRule[];
}

/** What the choice of a rule depends on besides the policy. */
export interface ToolFacts {
  readonly category: Category;
  readonly level: Level;
}

// The agent chooses tool names, so what is remembered about them has to be bounded.
const rememberedChoices = 4096;

/** One layer's policy, compiled. */
export class Policy {
  private readonly top: Scope;
  private readonly servers: readonly { readonly glob: Glob; readonly scope: Scope }[];
  private readonly chosen = new Map<string, CompiledRule>();

  constructor(
    readonly document: PolicyDocument,
    readonly layer: Layer,
  ) {
    this.top = compileScope(document, [], layer);
    this.servers = Object.entries(document.servers ?? {})
      .map(([label, block]) => ({
        glob: compileGlob(label),
        scope: compileScope(block, ['servers', label], layer),
      }))
      .sort((a, b) => b.glob.literalLength - a.glob.literalLength);
  }

  /** The one rule that governs calls of this tool. */
  ruleFor(server: string, tool: string, facts: ToolFacts): CompiledRule {
    const key = JSON.stringify([server, tool, facts.category, facts.level]);
    const known = this.chosen.get(key);
    if (known) return known;
    const rule = this.choose(server, tool, facts);
    if (this.chosen.size >= rememberedChoices) this.chosen.clear();
    this.chosen.set(key, rule);
    return rule;
  }

  private choose(server: string, tool: string, facts: ToolFacts): CompiledRule {
    const own = this.scopeOf(server);
    const scopes = own ? [own, this.top] : [this.top];
    for (const scope of scopes) {
      const hiding = scope.hidden.find(({ glob }) => glob.matches(tool));
      if (hiding) return hiding.rule;
    }
    return (
      this.lookAlike(scopes, tool) ??
      first(scopes, (scope) => ruleInScope(scope, tool, facts)) ??
      own?.defaultRule ??
      this.top.defaultRule!
    );
  }

  /** The rule that forbids a name which this one only seems to differ from: in case, width, script. */
  private lookAlike(scopes: readonly Scope[], tool: string): CompiledRule | undefined {
    const folded = foldName(tool);
    return first(
      scopes,
      (scope) =>
        scope.forbidden.find(({ glob }) => !glob.matches(tool) && glob.matchesFolded(folded))?.rule,
    );
  }

  private scopeOf(server: string): Scope | undefined {
    const exact = this.servers.find(({ glob }) => glob.pattern === server);
    return (exact ?? this.servers.find(({ glob }) => glob.matches(server)))?.scope;
  }
}

function ruleInScope(scope: Scope, tool: string, facts: ToolFacts): CompiledRule | undefined {
  return (
    scope.exact.get(tool) ??
    scope.patterns.find(({ glob }) => glob.matches(tool))?.rule ??
    scope.risk.get(facts.category) ??
    scope.risk.get(facts.level)
  );
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function compileScope(block: PolicyDocument | ServerPolicy, path: Path, layer: Layer): Scope {
  const compiled = (rule: Rule, at: Path): CompiledRule => compileRule(rule, at, layer);
  const hidden = (block.hide ?? []).map((pattern, index) => ({
    glob: compileGlob(pattern),
    rule: compiled({ action: 'hide' }, [...path, 'hide', index]),
  }));
  const tools = Object.entries(block.tools ?? {}).map(([pattern, rule]) => ({
    glob: compileGlob(pattern),
    rule: compiled(rule, [...path, 'tools', pattern]),
  }));
  return {
    hidden,
    exact: new Map(tools.map(({ glob, rule }) => [glob.pattern, rule])),
    // Array.prototype.sort is stable: of two equally specific patterns, the first in the file.
    patterns: tools
      .filter(({ glob }) => isGlob(glob.pattern))
      .sort((a, b) => b.glob.literalLength - a.glob.literalLength),
    risk: new Map(
      Object.entries(block.risk ?? {}).map(([key, rule]) => [
        key as Category | Level,
        compiled(rule!, [...path, 'risk', key]),
      ]),
    ),
    defaultRule: block.default && compiled({ action: block.default }, [...path, 'default']),
    forbidden: [
      ...hidden,
      ...tools.filter(({ rule }) => rule.action === 'deny' || rule.action === 'hide'),
    ],
  };
}

function compileRule(rule: Rule, path: Path, layer: Layer): CompiledRule {
  const pointer = toPointer(path);
  const limits: Limit[] = [];
  if (rule.rate_limit !== undefined) {
    limits.push({
      key: `${layer}${pointer}`,
      rule: toPointer([...path, 'rate_limit']),
      layer,
      ...normalizeRateLimit(rule.rate_limit),
    });
  }
  return {
    pointer,
    layer,
    action: rule.action ?? 'allow',
    reason: rule.reason ?? rule.on_deny,
    limits,
  };
}
