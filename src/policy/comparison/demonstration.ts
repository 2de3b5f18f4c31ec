import { type CallFacts, type Decision, decide } from '../decide';
import type { PolicyDocument } from '../document';
import { Policy, type ToolFacts } from '../policy';
import { treatsAsMuch } from '../results';
import { sampleArguments } from './argumentSamples';
import type { DocumentIndex } from './documentIndex';
import type { Names, RuleFinding, Servers, Witness } from './findings';
import { isLimitKept } from './limitComparison';
import type { Example } from './loosening';
import { namesIn } from './region';
import { everyRisk, someRisk } from './riskMask';
import type { Difference } from './ruleComparison';
import type { Choice, RuleStack } from './ruleStack';

const surroundings: Omit<CallFacts, keyof ToolFacts> = {
  client: 'agent',
  sessionCalls: 0,
  paths: {
    platform: 'posix',
    caseInsensitive: false,
    workspaceFolder: '/workspace',
    homedir: '/home/person',
  },
};

const strictness = { allow: 0, require_approval: 1, deny: 2 } as const;

/** Shows what was found with a call that both policies judge. */
export class Demonstration {
  private readonly policies: readonly [Policy, Policy];

  constructor(
    documents: { readonly before: PolicyDocument; readonly after: PolicyDocument },
    private readonly before: DocumentIndex,
    private readonly after: DocumentIndex,
  ) {
    this.policies = [
      new Policy(documents.before, 'workspace'),
      new Policy(documents.after, 'workspace'),
    ];
  }

  /** A call that shows the difference, or else one that comes near. */
  show({ difference, witnesses }: RuleFinding): { example: Example; certain: boolean } {
    for (const witness of witnesses) {
      const example = this.callThatShows(difference, witness);
      if (example) return { example, certain: true };
    }
    const { servers, tools } = witnesses[0]!;
    const example = { server: this.serverIn(servers), tool: candidates(tools)[0] ?? '' };
    return { example, certain: false };
  }

  /** A server that these blocks govern. */
  serverIn(servers: Servers): string {
    const names = candidates(servers.names);
    const fits = names.find(
      (name) =>
        this.before.blockOf(name) === servers.before && this.after.blockOf(name) === servers.after,
    );
    return fits ?? names[0] ?? '';
  }

  private callThatShows(difference: Difference, witness: Witness): Example | undefined {
    const server = this.serverIn(witness.servers);
    const stackBefore = this.before.stackOf(witness.servers.before);
    const stackAfter = this.after.stackOf(witness.servers.after);
    for (const tool of candidates(witness.tools)) {
      const risks =
        risksFor(stackBefore, tool, witness.before) & risksFor(stackAfter, tool, witness.after);
      if (risks === 0) continue;
      const risk = someRisk(risks);
      for (const args of sampleArguments([witness.before, witness.after])) {
        if (!this.shows(difference, witness, { server, tool, args }, risk)) continue;
        return {
          server,
          tool,
          ...(Object.keys(args).length > 0 ? { args } : {}),
          ...(risks === everyRisk ? {} : { risk }),
        };
      }
      // The arguments matter from here on, not the name.
      return undefined;
    }
    return undefined;
  }

  private shows(
    difference: Difference,
    { limitsAfter }: Witness,
    call: { server: string; tool: string; args: Record<string, unknown> },
    risk: ToolFacts,
  ): boolean {
    let decisions: readonly Decision[];
    try {
      decisions = this.policies.map((policy) =>
        decide([policy], call, { ...surroundings, ...risk }),
      );
    } catch {
      // A condition may ask for what is not known here; then the call shows nothing.
      return false;
    }
    const [before, after] = decisions as [Decision, Decision];
    if (after.verdict === 'deny') return false;
    switch (difference.kind) {
      case 'limit': {
        if (before.verdict === 'deny') return true;
        const inForce = (decision: typeof after, pointer: string): boolean =>
          decision.limits.some((use) => use.pointer === pointer && !use.observe);
        const kept = limitsAfter.filter(({ pointer }) => inForce(after, pointer));
        return inForce(before, difference.before) && !isLimitKept(difference.limit!, kept);
      }
      case 'remember':
        return (
          before.verdict === 'require_approval' &&
          after.verdict === 'require_approval' &&
          !before.approval.remember &&
          after.approval.remember
        );
      case 'results':
        return before.verdict !== 'deny' && !treatsAsMuch(after.results, before.results);
      default:
        return strictness[after.verdict] < strictness[before.verdict];
    }
  }
}

function candidates(names: Names): readonly string[] {
  return names.kind === 'name' ? [names.name] : namesIn(names.before, names.after);
}

function risksFor(stack: RuleStack, tool: string, rule: Choice['rule']): number {
  return stack
    .choicesFor(tool)
    .filter((choice) => choice.rule === rule)
    .reduce((mask, { risks }) => mask | risks, 0);
}
