import { type ArgumentCheck, compileSchema } from './argumentSchema';
import { type CompiledCondition, type Condition, compileAll, compileCondition } from './condition';
import type { PolicyDocument, ServerPolicy } from './document';
import { type CompiledFlows, compileFlows, type Marks } from './flows';
import { compileGlob, type Glob, isGlob } from './glob';
import { type CompiledLimit, compileLimits } from './limit';
import { foldName } from './names';
import { type Path, type Pointer, toPointer } from './pointer';
import { bothTreatments, type Treatment, treatmentOf } from './results';
import type { Rule } from './rule';
import {
  type Access,
  type Category,
  type ExchangeKind,
  exchanges,
  type Level,
  levelOf,
} from './vocabulary';

/** Whose policy it is; `preset` is the built-in one that holds where there is no file. */
export type Layer = 'user' | 'workspace' | 'preset';

export type Action = 'allow' | 'deny' | 'require_approval' | 'hide';

/** Conditions that belong together, with the place where they stand and the author's words. */
export interface Clause {
  readonly pointer: Pointer;
  readonly holds: CompiledCondition;
  readonly reason: string | undefined;
}

/** A rule in the form that is enforced. */
export interface CompiledRule {
  readonly source: Rule;
  readonly pointer: Pointer;
  readonly layer: Layer;
  readonly action: Action;
  readonly reason: string | undefined;
  readonly args:
    | { readonly pointer: Pointer; readonly schema: object; readonly check: ArgumentCheck }
    | undefined;
  readonly require: readonly Clause[];
  readonly denyIf: readonly Clause[];
  readonly approveIf: readonly Clause[];
  readonly limits: readonly CompiledLimit[];
  readonly approval: Approval;
  readonly results: Treatment | undefined;
  /** The verdict is recorded, and the call passes. */
  readonly observe: boolean;
}

/** How a person is asked; `undefined` leaves it to the settings. */
export interface Approval {
  readonly timeoutSeconds: number | undefined;
  /** Whether an answer may be given for the whole session. */
  readonly remember: boolean;
}

/** Compiled when a call first needs it: of thousands of rules, few are ever used. */
type LateRule = () => CompiledRule;

interface PatternRule {
  readonly glob: Glob;
  readonly action: Action;
  readonly rule: LateRule;
}

interface Scope {
  readonly hidden: readonly PatternRule[];
  readonly exact: ReadonlyMap<string, LateRule>;
  /** The most specific first. */
  readonly patterns: readonly PatternRule[];
  readonly risk: ReadonlyMap<Category | Level, LateRule>;
  readonly defaultRule: LateRule | undefined;
  readonly classify: ReadonlyMap<string, Category>;
  readonly allTools: readonly CompiledLimit[];
  readonly exchanges: ReadonlyMap<ExchangeKind, Access>;
  /** `undefined` in the block of a server that leaves it to the top. */
  readonly flows: CompiledFlows | undefined;
  /** Of all its rules together. */
  readonly results: Treatment | undefined;
  readonly path: Path;
  /** Every pattern that hides or denies, to catch names that only look different. */
  readonly forbidden: readonly PatternRule[];
}

/** What the choice of a rule depends on besides the policy. */
export interface ToolFacts {
  readonly category: Category;
  readonly level: Level;
  /** What passes through it, as far as its definition says; nothing if not given. */
  readonly marks?: Marks;
}

// The agent chooses tool names, so what is remembered about them has to be bounded.
const rememberedChoices = 4096;

/** One layer's policy, compiled. */
export class Policy {
  private readonly top: Scope;
  private readonly servers: readonly { readonly glob: Glob; readonly scope: Scope }[];
  private readonly chosen = new Map<string, CompiledRule>();

  /**
   * `id` tells policies of one layer apart, as those of two workspaces; counters are kept by it.
   * `byPerson`: the person has confirmed it, and it did not just come with the workspace.
   */
  constructor(
    readonly document: PolicyDocument,
    readonly layer: Layer,
    readonly id = '',
    readonly byPerson = false,
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
    const rule = this.choose(server, tool, facts)();
    if (this.chosen.size >= rememberedChoices) this.chosen.clear();
    this.chosen.set(key, rule);
    return rule;
  }

  /** The label under which `servers` speaks of this server: its own, or a pattern. */
  labelFor(server: string): string | undefined {
    const label = this.scopeOf(server)?.path[1];
    return label === undefined ? undefined : String(label);
  }

  /** The limits that count every call to this server. */
  limitsFor(server: string): readonly CompiledLimit[] {
    const own = this.scopeOf(server);
    return own ? [...own.allTools, ...this.top.allTools] : this.top.allTools;
  }

  /** The category that the person has given a tool, if any: it holds within this policy. */
  categoryOf(server: string, tool: string): Category | undefined {
    return this.scopeOf(server)?.classify.get(tool);
  }

  /** What is said of something other than tools; allowed where nothing is. */
  accessTo(
    kind: ExchangeKind,
    server: string,
  ): { readonly access: Access; readonly pointer: Pointer } {
    const own = this.scopeOf(server);
    const access = own?.exchanges.get(kind) ?? 'allow';
    return { access, pointer: toPointer([...(own?.path ?? []), kind]) };
  }

  /** What is said of flows through the tools of a server. */
  flowsOf(server: string): CompiledFlows {
    return this.scopeOf(server)?.flows ?? this.top.flows!;
  }

  /** What all rules together do to results, for what cannot be told to belong to one call. */
  treatmentOfServer(server: string): Treatment | undefined {
    return bothTreatments(this.scopeOf(server)?.results, this.top.results);
  }

  private choose(server: string, tool: string, known: ToolFacts): LateRule {
    const own = this.scopeOf(server);
    const scopes = own ? [own, this.top] : [this.top];
    const category = own?.classify.get(tool);
    const facts = category ? { category, level: levelOf[category] } : known;
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
  private lookAlike(scopes: readonly Scope[], tool: string): LateRule | undefined {
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

function ruleInScope(scope: Scope, tool: string, facts: ToolFacts): LateRule | undefined {
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
  const compiled = (rule: Rule, at: Path): LateRule => {
    let known: CompiledRule | undefined;
    return () => {
      known ??= compileRule(rule, at, layer);
      return known;
    };
  };
  const hidden = (block.hide ?? []).map((pattern, index) => ({
    glob: compileGlob(pattern),
    action: 'hide' as const,
    rule: compiled({ action: 'hide' }, [...path, 'hide', index]),
  }));
  const tools = Object.entries(block.tools ?? {}).map(([pattern, rule]) => ({
    glob: compileGlob(pattern),
    action: rule.action ?? 'allow',
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
    classify: new Map(Object.entries('classify' in block ? (block.classify ?? {}) : {})),
    allTools: compileLimits(block.all_tools ?? {}, [...path, 'all_tools']),
    exchanges: new Map(
      exchanges.flatMap((kind) => {
        const access = kind in block ? (block as ServerPolicy)[kind] : undefined;
        return access ? [[kind, access] as const] : [];
      }),
    ),
    results: [...Object.values(block.tools ?? {}), ...Object.values(block.risk ?? {})]
      .map(enforcedResults)
      .reduce(bothTreatments, undefined),
    flows:
      block.flows === undefined && path.length > 0 ? undefined : compileFlows(block.flows, path),
    path,
    forbidden: [...hidden, ...tools.filter(({ action }) => action === 'deny' || action === 'hide')],
  };
}

function enforcedResults(rule: Rule | undefined): Treatment | undefined {
  return rule?.mode === 'observe' ? undefined : treatmentOf(rule?.results);
}

function compileRule(rule: Rule, path: Path, layer: Layer): CompiledRule {
  const at = (...rest: Path): Pointer => toPointer([...path, ...rest]);
  const reason = rule.reason ?? rule.on_deny;
  return {
    source: rule,
    pointer: toPointer(path),
    layer,
    action: rule.action ?? 'allow',
    reason,
    args: rule.args && {
      pointer: at('args'),
      schema: rule.args,
      check: compileSchema(rule.args),
    },
    require: (rule.require ?? []).map((entry, index) => {
      const clause = 'conditions' in entry ? entry : undefined;
      return {
        pointer: at('require', index),
        holds: clause ? compileAll(clause.conditions) : compileCondition(entry as Condition),
        reason: clause?.on_deny ?? reason,
      };
    }),
    denyIf: (rule.deny_if ?? []).map(({ conditions, on_deny }, index) => ({
      pointer: at('deny_if', index),
      holds: compileAll(conditions),
      reason: on_deny ?? reason,
    })),
    approveIf: (rule.approve_if ?? []).map((entry, index) => ({
      pointer: at('approve_if', index),
      holds: compileAll(entry.conditions),
      reason: entry.reason ?? reason,
    })),
    limits: compileLimits(rule, path),
    approval: {
      timeoutSeconds: rule.approval?.timeout,
      remember: rule.approval?.remember !== 'never',
    },
    results: enforcedResults(rule),
    observe: rule.mode === 'observe',
  };
}
