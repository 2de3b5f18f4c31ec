import { hasInvisibleCharacters } from './names';
import { fromPointer, type Pointer } from './pointer';
import type { CompiledRule, Layer, Limit, Policy, ToolFacts } from './policy';

/** One `tools/call`, as far as rules look at it. */
export interface Call {
  readonly server: string;
  readonly tool: string;
}

/** Where a decision comes from; `gateway` is for refusals that no policy file can lift. */
export interface RuleReference {
  readonly layer: Layer | 'gateway';
  readonly rule: Pointer;
}

/** What the policies say of one call. Limits and the person's answer are still to be had. */
export type Decision =
  | (RuleReference & {
      readonly verdict: 'deny';
      readonly code: 'denied' | 'hidden';
      readonly reason: string | undefined;
    })
  | (RuleReference & {
      readonly verdict: 'allow' | 'require_approval';
      readonly reason: string | undefined;
      /** Reserve all of them, or refuse the call. */
      readonly limits: readonly Limit[];
    });

const strictness = { allow: 0, require_approval: 1, deny: 2 } as const;

/**
 * Judges a call by every layer: the strictest verdict wins, and the limits of all layers hold. Pure:
 * the same policies, call and facts give the same decision. `policies` must not be empty.
 */
export function decide(policies: readonly Policy[], call: Call, facts: ToolFacts): Decision {
  if (hasInvisibleCharacters(call.tool) || hasInvisibleCharacters(call.server)) {
    return {
      verdict: 'deny',
      code: 'denied',
      layer: 'gateway',
      rule: '',
      reason: 'The name holds invisible characters.',
    };
  }
  const [decision, ...others] = policies.map((policy) =>
    decideByRule(policy.ruleFor(call.server, call.tool, facts)),
  );
  if (!decision) throw new TypeError('decide needs at least one policy');
  return others.reduce(stricter, decision);
}

function decideByRule(rule: CompiledRule): Decision {
  const { layer, pointer, reason, limits, action } = rule;
  switch (action) {
    case 'hide':
      return { verdict: 'deny', code: 'hidden', layer, rule: pointer, reason };
    case 'deny':
      return { verdict: 'deny', code: 'denied', layer, rule: pointer, reason };
    case 'allow':
    case 'require_approval':
      return { verdict: action, layer, rule: pointer, reason, limits };
  }
}

function stricter(a: Decision, b: Decision): Decision {
  const strict = strictness[b.verdict] > strictness[a.verdict] ? b : a;
  if (strict.verdict === 'deny' || a.verdict === 'deny' || b.verdict === 'deny') return strict;
  return { ...strict, limits: [...a.limits, ...b.limits] };
}

/** The rule in plain words, for people and agents: no more of it than its own name. */
export function ruleInWords(pointer: Pointer): string {
  if (pointer === '') return 'Toolgate itself';
  const path = fromPointer(pointer);
  const server = path[0] === 'servers' ? ` of server "${path[1]}"` : '';
  const rest = path[0] === 'servers' ? path.slice(2) : path;
  switch (rest[0]) {
    case 'tools':
      return `the rule "${rest[1]}"${server}`;
    case 'risk':
      return `the rule for ${rest[1]} tools${server}`;
    case 'hide':
      return `the list of hidden tools${server}`;
    case 'default':
      return server ? `the default${server}` : 'the default of the policy';
    default:
      return `the rule ${pointer}`;
  }
}
