import { asksAsMuch } from '../flows';
import { isGlob } from '../glob';
import { toPointer } from '../pointer';
import { exchanges } from '../vocabulary';
import type { Atom } from './atoms';
import type { Block } from './block';
import type { Budget } from './budget';
import type { DocumentIndex } from './documentIndex';
import type { Findings, Names, Servers, Witness } from './findings';
import { isLimitKept } from './limitComparison';
import { mayMeet } from './region';
import type { RuleComparison, SharedLimits } from './ruleComparison';
import type { Choice, RuleStack } from './ruleStack';
import type { RuleView } from './ruleView';

const strictness = { allow: 0, require_approval: 1, deny: 2 } as const;

/** Compares, for servers under given blocks, every rule before with every rule after it may give way to. */
export class ServerComparison {
  private lazyChangedNames: readonly string[] | undefined;

  constructor(
    private readonly before: DocumentIndex,
    private readonly after: DocumentIndex,
    private readonly rules: RuleComparison,
    private readonly findings: Findings,
    private readonly budget: Budget,
  ) {}

  compare(servers: Servers): void {
    const sameBlock = isSameBlock(servers.before, servers.after);
    if (sameBlock && this.before.top.meaning === this.after.top.meaning) return;
    this.compareExchanges(servers);
    this.compareFlows(servers);
    const before = this.before.stackOf(servers.before);
    const after = this.after.stackOf(servers.after);
    const shared = this.sharedLimits(before, after);
    const pair = { servers, before, after, shared };
    const blocks = [...before.blocks, ...after.blocks];
    const names =
      sameBlock && shared.lost.length === 0
        ? [...(servers.before?.names ?? []), ...this.changedNames]
        : blocks.flatMap((block) => [...block.names]);
    // What is found first is what a person reads: a name with a rule of its own says most, and one
    // that only happens to fit a pattern least.
    const hasOwnRule = (name: string): boolean =>
      !isGlob(name) &&
      blocks.some(({ exact, hiddenNames }) => exact.has(name) || hiddenNames.find(name));
    const [first, last] = [new Set<string>(), new Set<string>()];
    for (const name of names) (hasOwnRule(name) ? first : last).add(name);
    this.compareNames(first, pair);
    this.compareRegions(pair);
    this.compareNames(last, pair);
  }

  private compareExchanges(servers: Servers): void {
    for (const exchange of exchanges) {
      const before = servers.before?.exchanges.get(exchange) ?? 'allow';
      const after = servers.after?.exchanges.get(exchange) ?? 'allow';
      if (strictness[after] >= strictness[before]) continue;
      this.findings.addExchange({
        kind: 'exchange',
        exchange,
        servers,
        access: { before, after },
        before: toPointer([...(servers.before?.path ?? []), exchange]),
        after: servers.after?.exchanges.has(exchange)
          ? toPointer([...servers.after.path, exchange])
          : undefined,
      });
    }
  }

  private compareFlows(servers: Servers): void {
    const [before, after] = [
      flowsOf(servers.before, this.before.top),
      flowsOf(servers.after, this.after.top),
    ];
    if (asksAsMuch(after.flows, before.flows)) return;
    if (![servers.after, this.after.top].some((block) => block && letsPass(block))) return;
    this.findings.addFlow({
      kind: 'flow',
      servers,
      before: toPointer([...before.path, 'flows']),
      after: after.flows === undefined ? undefined : toPointer([...after.path, 'flows']),
    });
  }

  private compareNames(names: ReadonlySet<string>, pair: Pair): void {
    this.budget.spend(names.size * (pair.before.effortOfName + pair.after.effortOfName));
    for (const name of names) {
      const tools = { kind: 'name', name } as const;
      for (const before of pair.before.choicesFor(name)) {
        for (const after of pair.after.choicesFor(name)) {
          const risks = before.risks & after.risks;
          if (risks !== 0) this.compareRules(before.rule, after.rule, tools, risks, pair);
        }
      }
    }
  }

  /** The names that neither document writes out, pattern by pattern. */
  private compareRegions(pair: Pair): void {
    this.budget.spend(pair.before.size + pair.after.size);
    const { atoms } = pair.after;
    const observed = atoms.loose.some((index) => atoms.all[index]!.rule.observe);
    const uncounted = pair.shared.lost.length > 0 || (observed && pair.shared.before.length > 0);
    const isLook = ([, { region }]: [number, Atom]): boolean => region.kind === 'look';
    const entries = [...pair.before.atoms.all.entries()];
    // Disguised names come last, as what is plainly so says more.
    const ordered = [...entries.filter((entry) => !isLook(entry)), ...entries.filter(isLook)];
    for (const [i, before] of ordered) {
      if (before.rule.free && !uncounted) continue;
      for (const j of atoms.looseMeeting(before.region)) {
        this.budget.spend(1);
        const after = atoms.all[j]!;
        const risks = before.risks & after.risks;
        if (risks === 0 || !this.canFollow(i, before, j, after, pair)) continue;
        const tools = { kind: 'regions', before: before.region, after: after.region } as const;
        this.compareRules(before.rule, after.rule, tools, risks, pair);
      }
    }
  }

  /** Whether a name may be governed by one atom before and by the other after. */
  private canFollow(i: number, before: Atom, j: number, after: Atom, pair: Pair): boolean {
    const { budget } = this;
    budget.spend(10);
    return (
      !pair.after.atoms.takesBefore(j, before.region, budget) &&
      !pair.before.atoms.takesBefore(i, after.region, budget) &&
      mayMeet(before.region, after.region) &&
      !pair.before.atoms.takesBefore(i, before.region, budget) &&
      !pair.after.atoms.takesBefore(j, after.region, budget)
    );
  }

  private compareRules(
    before: RuleView,
    after: RuleView,
    tools: Names,
    risks: number,
    { servers, shared }: Pair,
  ): void {
    for (const difference of this.rules.differences(before, after, shared)) {
      const limitsAfter = [...after.limits, ...shared.after];
      const witness: Witness = { servers, tools, risks, before, after, limitsAfter };
      this.findings.addRule(difference, witness);
    }
  }

  private sharedLimits(before: RuleStack, after: RuleStack): SharedLimits {
    return {
      before: before.sharedLimits,
      after: after.sharedLimits,
      // Where it was found for one server, it need not be looked for again.
      lost: before.sharedLimits.filter(
        (limit) =>
          !isLimitKept(limit, after.sharedLimits) && !this.findings.hasLimit(limit.pointer),
      ),
    };
  }

  /** The names for which the top of the documents does not choose the same. */
  private get changedNames(): readonly string[] {
    if (!this.lazyChangedNames) {
      const before = this.before.stackOf(undefined);
      const after = this.after.stackOf(undefined);
      const names = new Set([...before.top.names, ...after.top.names]);
      this.budget.spend(names.size * (before.effortOfName + after.effortOfName));
      this.lazyChangedNames = [...names].filter(
        (name) => !isSameChoice(before.choicesFor(name), after.choicesFor(name)),
      );
    }
    return this.lazyChangedNames;
  }
}

interface Pair {
  readonly servers: Servers;
  readonly before: RuleStack;
  readonly after: RuleStack;
  readonly shared: SharedLimits;
}

/** The block that says something of flows for a server. */
function flowsOf(own: Block | undefined, top: Block): Block {
  return own?.flows === undefined ? top : own;
}

/** Whether a rule of a block lets calls pass without asking: only then does it matter that flows ask. */
function letsPass({ exact, patterns, risk, defaultRule }: Block): boolean {
  const rules = [...exact.values(), ...patterns.map(({ rule }) => rule), ...risk.values()];
  return [...rules, ...(defaultRule ? [defaultRule] : [])].some(
    ({ refuses, action, observe }) => !refuses && (observe || action !== 'require_approval'),
  );
}

function isSameBlock(a: Block | undefined, b: Block | undefined): boolean {
  return a?.path.join() === b?.path.join() && a?.meaning === b?.meaning;
}

function isSameChoice(before: readonly Choice[], after: readonly Choice[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ rule, risks, step }, at) => {
      const other = after[at]!;
      return (
        risks === other.risks &&
        step === other.step &&
        (step === 'hide' ||
          (rule.pointer === other.rule.pointer && rule.meaning === other.rule.meaning))
      );
    })
  );
}
