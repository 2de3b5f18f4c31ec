import type { CompiledLimit } from '../limit';
import { type Category, type Level, levelOf } from '../vocabulary';
import { AtomList, type EntryAtom } from './atoms';
import type { Block, PatternEntry } from './block';
import { everyRisk, type RiskMask, risksOf } from './riskMask';
import type { RuleView } from './ruleView';

/** The rule for a tool, under the risks for which it is this one. */
export interface Choice {
  readonly rule: RuleView;
  readonly risks: RiskMask;
  /** Which step of the order found it: equal steps and rules mean the same choice. */
  readonly step: 'hide' | 'look' | 'exact' | 'pattern' | 'risk' | 'default';
}

/** Everything of one document that governs the tools of a server, in the order of `Policy`. */
export class RuleStack {
  readonly blocks: readonly Block[];
  readonly sharedLimits: readonly CompiledLimit[];
  private lazyAtoms: AtomList | undefined;

  constructor(
    readonly own: Block | undefined,
    readonly top: Block,
  ) {
    this.blocks = own ? [own, top] : [top];
    this.sharedLimits = this.blocks.flatMap(({ allTools }) => allTools);
  }

  get atoms(): AtomList {
    this.lazyAtoms ??= new AtomList(atomsOf(this));
    return this.lazyAtoms;
  }

  /** About how many atoms there are. */
  get size(): number {
    return this.blocks.reduce(
      (sum, { forbidden, patterns }) => sum + forbidden.length + patterns.length,
      1,
    );
  }

  /** What `choicesFor` costs. */
  get effortOfName(): number {
    return this.blocks.reduce(
      (sum, { hiddenNames, lookAlikes, patternNames }) =>
        sum + hiddenNames.effort + lookAlikes.effort + patternNames.effort,
      40,
    );
  }

  /** The rules for calls of one tool, by its risk. */
  choicesFor(name: string): readonly Choice[] {
    const only = (step: Choice['step'], { rule }: { rule: RuleView }): Choice[] => [
      { rule, risks: everyRisk, step },
    ];
    for (const { hiddenNames } of this.blocks) {
      const entry = hiddenNames.find(name);
      if (entry) return only('hide', entry);
    }
    for (const { lookAlikes } of this.blocks) {
      const entry = lookAlikes.find(name);
      if (entry) return only('look', entry);
    }
    const classified = this.own?.classify.get(name);
    const choices: Choice[] = [];
    let open = everyRisk;
    for (const { exact, patternNames, risk } of this.blocks) {
      const rule = exact.get(name);
      if (rule) return [...choices, { rule, risks: open, step: 'exact' }];
      const entry = patternNames.find(name);
      if (entry) return [...choices, { rule: entry.rule, risks: open, step: 'pattern' }];
      for (const [fits, ruleOfRisk] of risksIn(risk, classified)) {
        const risks = fits & open;
        if (risks !== 0) choices.push({ rule: ruleOfRisk, risks, step: 'risk' });
        open &= ~fits;
      }
      if (open === 0) return choices;
    }
    return [...choices, { rule: defaultOf(this), risks: open, step: 'default' }];
  }
}

function atomsOf(stack: RuleStack): EntryAtom[] {
  const atoms: EntryAtom[] = [];
  const add = (kind: 'match' | 'look', entry: PatternEntry, risks: RiskMask): void => {
    const { pattern, rule } = entry;
    // What a document writes out is compared name by name.
    if (kind === 'match' && !pattern.isGlob) return;
    atoms.push({ region: { kind, pattern }, risks, rule, entry });
  };
  for (const { hidden } of stack.blocks) for (const entry of hidden) add('match', entry, everyRisk);
  for (const { forbidden } of stack.blocks) {
    for (const entry of forbidden) add('look', entry, everyRisk);
  }
  let open = everyRisk;
  const everything = { kind: 'all' } as const;
  for (const { patterns, risk } of stack.blocks) {
    if (open !== 0) for (const entry of patterns) add('match', entry, open);
    for (const [fits, rule] of risksIn(risk, undefined)) {
      if ((fits & open) !== 0) atoms.push({ region: everything, risks: fits & open, rule });
      open &= ~fits;
    }
  }
  if (open !== 0) atoms.push({ region: everything, risks: open, rule: defaultOf(stack) });
  return atoms;
}

/** Categories first: under `risk`, a category beats a level. */
function* risksIn(
  risk: ReadonlyMap<Category | Level, RuleView>,
  classified: Category | undefined,
): Iterable<readonly [RiskMask, RuleView]> {
  if (classified === undefined) {
    for (const [key, rule] of risk) yield [risksOf(key), rule];
    return;
  }
  // The person's category replaces whatever the tool was taken for.
  const rule = risk.get(classified) ?? risk.get(levelOf[classified]);
  if (rule) yield [everyRisk, rule];
}

function defaultOf({ own, top }: RuleStack): RuleView {
  return own?.defaultRule ?? top.defaultRule!;
}
