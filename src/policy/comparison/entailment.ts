import type { Condition } from '../condition';
import type { Budget } from './budget';
import { type Leaf, leafEntails } from './leafEntailment';

/** That a condition surely holds, or surely fails, for a call. */
export interface Assertion {
  readonly condition: Condition;
  readonly holds: boolean;
}

interface Literal {
  readonly leaf: Leaf;
  readonly holds: boolean;
}

// Beyond so many cases, or comparisons of one with another, there is no telling.
const mostCases = 64;
const mostLiterals = 200;

/** What is known of a call. */
export class Knowledge {
  private readonly facts: ReadonlySet<string>;
  private readonly literals: readonly Literal[];
  private readonly choices: readonly (readonly Assertion[])[];
  private lazyContradictory: boolean | undefined;

  constructor(
    assertions: readonly Assertion[],
    private readonly budget: Budget,
  ) {
    const literals: Literal[] = [];
    const choices: (readonly Assertion[])[] = [];
    const waiting = [...assertions];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      budget.spend(1);
      const { condition, holds } = next;
      const parts = partsOf(condition);
      if (parts === undefined) literals.push({ leaf: condition as Leaf, holds });
      else if ('not' in condition) waiting.push({ condition: condition.not, holds: !holds });
      else {
        const asserted = parts.map((part) => ({ condition: part, holds }));
        // All of "all" hold, and all of "any" fail; else it is one of them, unknown which.
        if ('all' in condition === holds) waiting.push(...asserted);
        else choices.push(asserted);
      }
    }
    this.facts = new Set(assertions.map(textOf));
    this.literals = literals;
    this.choices = choices;
  }

  /** Whether all of this follows. `false` where that cannot be told. */
  entails(goals: readonly Assertion[]): boolean {
    return (
      this.isContradictory ||
      goals.every((goal) => this.says(goal) || this.inEveryCase((known) => known.entails([goal])))
    );
  }

  /** Whether no call can be like this, as far as can be told. */
  get isContradictory(): boolean {
    this.lazyContradictory ??=
      this.choices.some((alternatives) => alternatives.length === 0) ||
      this.literalsClash() ||
      this.inEveryCase((known) => known.isContradictory);
    return this.lazyContradictory;
  }

  private literalsClash(): boolean {
    if (this.literals.length > mostLiterals) return false;
    this.budget.spend(this.literals.length ** 2);
    return this.literals.some(({ leaf, holds }, at) =>
      this.literals
        .slice(at + 1)
        .some((other) => leafEntails(leaf, holds, other.leaf, !other.holds)),
    );
  }

  private says(goal: Assertion): boolean {
    if (this.facts.has(textOf(goal))) return true;
    const { condition, holds } = goal;
    const parts = partsOf(condition);
    if (parts === undefined) {
      this.budget.spend(1 + this.literals.length);
      return this.literals.some((literal) =>
        leafEntails(literal.leaf, literal.holds, condition as Leaf, holds),
      );
    }
    if ('not' in condition) return this.says({ condition: condition.not, holds: !holds });
    const goals = parts.map((part) => ({ condition: part, holds }));
    return 'all' in condition === holds
      ? goals.every((part) => this.says(part))
      : goals.some((part) => this.says(part));
  }

  /** Whether it is so whichever alternative of the first choice is true. */
  private inEveryCase(isSo: (known: Knowledge) => boolean): boolean {
    const [alternatives, ...others] = this.choices;
    const cases = this.choices.reduce((product, choice) => product * choice.length, 1);
    if (!alternatives || cases > mostCases) return false;
    const rest = [
      ...others.map(choiceOf),
      ...this.literals.map(({ leaf, holds }) => ({ condition: leaf, holds })),
    ];
    return alternatives.every((alternative) =>
      isSo(new Knowledge([alternative, ...rest], this.budget)),
    );
  }
}

/** The parts of a compound condition; `undefined` for a comparison. */
function partsOf(condition: Condition): readonly Condition[] | undefined {
  if ('any' in condition) return condition.any;
  if ('all' in condition) return condition.all;
  return 'not' in condition ? [condition.not] : undefined;
}

/** A choice as one assertion again. */
function choiceOf(alternatives: readonly Assertion[]): Assertion {
  const [first] = alternatives;
  const conditions = alternatives.map(({ condition }) => condition);
  return first?.holds === false
    ? { condition: { all: conditions }, holds: false }
    : { condition: { any: conditions }, holds: true };
}

function textOf({ condition, holds }: Assertion): string {
  return `${holds ? '' : '!'}${JSON.stringify(condition)}`;
}
