import type { PolicyDocument, ServerPolicy } from '../document';
import type { Flows } from '../flows';
import { type CompiledLimit, compileLimits } from '../limit';
import { foldName } from '../names';
import type { Path } from '../pointer';
import {
  type Access,
  type Category,
  categories,
  type ExchangeKind,
  exchanges,
  type Level,
  levels,
} from '../vocabulary';
import { prefixOf } from './globAlgebra';
import { PrefixTable } from './prefixTable';
import { Pattern } from './region';
import { type RuleView, viewRule } from './ruleView';

/** A pattern, or a name, with the rule for what it fits. */
export interface PatternEntry {
  readonly pattern: Pattern;
  readonly rule: RuleView;
}

/** The top of a document or the block of a server: what `Policy` calls a scope. */
export interface Block {
  readonly path: Path;
  readonly hidden: readonly PatternEntry[];
  readonly exact: ReadonlyMap<string, RuleView>;
  /** The most specific first. */
  readonly patterns: readonly PatternEntry[];
  readonly risk: ReadonlyMap<Category | Level, RuleView>;
  readonly defaultRule: RuleView | undefined;
  readonly classify: ReadonlyMap<string, Category>;
  readonly allTools: readonly CompiledLimit[];
  readonly exchanges: ReadonlyMap<ExchangeKind, Access>;
  readonly flows: Flows | undefined;
  /** What hides or denies, whose names nothing may look like. */
  readonly forbidden: readonly PatternEntry[];
  readonly hiddenNames: PatternFinder;
  readonly patternNames: PatternFinder;
  readonly lookAlikes: PatternFinder;
  /** Names that a rule, a hidden name or a classification writes out. */
  readonly names: ReadonlySet<string>;
  /** Equal texts mean the same, at the same place. */
  readonly meaning: string;
}

export function readBlock(source: PolicyDocument | ServerPolicy, path: Path): Block {
  const hidden = (source.hide ?? []).map((text, index) => ({
    pattern: new Pattern(text),
    rule: viewRule({ action: 'hide' }, [...path, 'hide', index]),
  }));
  const tools = Object.entries(source.tools ?? {}).map(([text, rule]) => ({
    pattern: new Pattern(text),
    rule: viewRule(rule, [...path, 'tools', text]),
  }));
  const forbidden = [
    ...hidden,
    ...tools.filter(({ rule }) => rule.action === 'deny' || rule.action === 'hide'),
  ];
  const server: ServerPolicy = 'version' in source ? {} : source;
  const classify = new Map(Object.entries(server.classify ?? {}));
  const risk = new Map<Category | Level, RuleView>();
  for (const key of [...categories, ...levels]) {
    const rule = source.risk?.[key];
    if (rule) risk.set(key, viewRule(rule, [...path, 'risk', key]));
  }
  const patterns = tools
    .filter(({ pattern }) => pattern.isGlob)
    .sort((a, b) => b.pattern.glob.literalLength - a.pattern.glob.literalLength);
  return {
    path,
    hidden,
    exact: new Map(tools.map(({ pattern, rule }) => [pattern.text, rule])),
    patterns,
    patternNames: new PatternFinder(patterns, 'written'),
    risk,
    defaultRule: source.default && viewRule({ action: source.default }, [...path, 'default']),
    classify,
    allTools: compileLimits(source.all_tools ?? {}, [...path, 'all_tools']),
    exchanges: new Map(
      exchanges.flatMap((kind) => {
        const access = server[kind];
        return access ? [[kind, access] as const] : [];
      }),
    ),
    flows: source.flows,
    forbidden,
    hiddenNames: new PatternFinder(hidden, 'written'),
    lookAlikes: new PatternFinder(forbidden, 'folded'),
    names: new Set([
      ...tools.map(({ pattern }) => pattern.text),
      ...hidden.flatMap(({ pattern }) => (pattern.isGlob ? [] : [pattern.text])),
      ...classify.keys(),
    ]),
    meaning: JSON.stringify({ ...source, description: '', $schema: '', servers: {} }),
  };
}

/** Finds the first entry that fits a name, without trying them all. */
export class PatternFinder {
  private readonly exact = new Map<string, number[]>();
  private readonly globs: readonly number[];
  private readonly starts: PrefixTable;

  constructor(
    private readonly entries: readonly PatternEntry[],
    private readonly as: 'written' | 'folded',
  ) {
    const globs: number[] = [];
    for (const [at, { pattern }] of entries.entries()) {
      if (pattern.isGlob) globs.push(at);
      else {
        const key = as === 'folded' ? foldName(pattern.text) : pattern.text;
        const known = this.exact.get(key);
        if (known) known.push(at);
        else this.exact.set(key, [at]);
      }
    }
    this.globs = globs;
    this.starts = new PrefixTable(
      globs.map((at) => {
        const { pattern } = entries[at]!;
        return prefixOf(as === 'folded' ? pattern.foldedTokens : pattern.tokens);
      }),
    );
  }

  /** What finding costs, beside a little for each letter. */
  get effort(): number {
    return 5 * this.starts.open;
  }

  /** As written: the first that matches. Folded: the first that the name only looks like. */
  find(name: string): PatternEntry | undefined {
    const key = this.as === 'folded' ? foldName(name) : name;
    const fits = (at: number): boolean => {
      const { glob } = this.entries[at]!.pattern;
      return this.as === 'folded'
        ? !glob.matches(name) && glob.matchesFolded(key)
        : glob.matches(name);
    };
    const named = this.exact.get(key)?.find(fits);
    const matched = this.starts.startsOf(key).find((index) => fits(this.globs[index]!));
    return this.entries[
      Math.min(
        named ?? Number.POSITIVE_INFINITY,
        matched === undefined ? Number.POSITIVE_INFINITY : this.globs[matched]!,
      )
    ];
  }
}
