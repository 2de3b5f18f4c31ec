import type { Condition } from '../condition';
import type { PolicyDocument } from '../document';
import { isGlob } from '../glob';
import type { Rule } from '../rule';
import {
  failedImport,
  finishedImport,
  type ImportResult,
  type LeftOut,
  nameProblem,
} from './importResult';
import { convertCondition, convertPath } from './interceptCondition';
import { type InterceptFile, type InterceptRule, readInterceptFile } from './interceptFile';
import {
  type Counting,
  convertCounter,
  convertRateLimit,
  type LimitDocument,
  splitBounds,
} from './interceptLimit';

/**
 * A policy of Intercept (YAML) in this language, with the same verdicts. What cannot be said is
 * listed, and where that is a condition, the tool is refused rather than let go.
 */
export function importIntercept(text: string): ImportResult {
  const read = readInterceptFile(text);
  if (!read.file) return failedImport(read.problems);
  return new Conversion(read.file).result();
}

/** What rules come to; those of one tool, and those of all tools, are joined. */
interface Effects {
  readonly deny: { readonly reason: string } | undefined;
  readonly ask: { readonly reason: string | undefined } | undefined;
  readonly require: NonNullable<Rule['require']>;
  readonly denyIf: NonNullable<Rule['deny_if']>;
  readonly approveIf: NonNullable<Rule['approve_if']>;
  readonly limits: readonly LimitDocument[];
  readonly approvalSeconds: number | undefined;
}

const nothing: Effects = {
  deny: undefined,
  ask: undefined,
  require: [],
  denyIf: [],
  approveIf: [],
  limits: [],
  approvalSeconds: undefined,
};

const unknownKey = 'This key is not known and was left out.';
const longestReason = 2000;
const longestApproval = 86_400;

class Conversion {
  private readonly left: LeftOut[] = [];
  private readonly counters = new Set<string>();

  constructor(private readonly file: InterceptFile) {}

  result(): ImportResult {
    const { description, default: fallback, unknown } = this.file;
    for (const path of unknown) this.leave(path, unknownKey);
    const wildcard = this.file.tools.find(({ name }) => name === '*');
    for (const path of wildcard?.unknown ?? []) this.leave(path, unknownKey);
    const everywhere = joined((wildcard?.rules ?? []).map((rule) => this.effects(rule, '_global')));
    // The calls of all tools are counted together, which a rule for each of them would not do.
    const shared = { ...everywhere, limits: [] };
    const hide = this.hide();
    const tools: [string, Rule][] = [];
    for (const { name, rules, unknown: keys } of this.file.tools) {
      if (name === '*') continue;
      for (const path of keys) this.leave(path, unknownKey);
      const problem = this.toolProblem(name);
      if (problem !== undefined) this.leave(`tools.${name}`, problem);
      // A list of names can hold this one.
      if (name === '__proto__' && rules.length > 0) hide.push(name);
      if (problem !== undefined) continue;
      const own = joined(rules.map((rule) => this.effects(rule, name)));
      tools.push([name, ruleOf(joined([own, shared]), 'allow')]);
    }
    if (fallback !== 'deny' && !isEmpty(shared)) tools.push(['*', ruleOf(shared, fallback)]);
    const document: PolicyDocument = {
      version: '1',
      ...(description !== undefined && { description }),
      default: fallback,
      ...(hide.length > 0 && { hide }),
      ...(everywhere.limits.length > 0 && { all_tools: { limits: [...everywhere.limits] } }),
      tools: Object.fromEntries(tools),
    };
    return finishedImport(document, this.left);
  }

  private leave(path: string, message: string): void {
    this.left.push({ path, message });
  }

  private hide(): string[] {
    const kept: string[] = [];
    for (const [index, name] of this.file.hide.entries()) {
      const problem = name === '__proto__' ? undefined : nameProblem(name);
      if (problem !== undefined) {
        this.leave(`hide[${index}]`, problem);
        continue;
      }
      if (isGlob(name) && name !== '*') {
        this.leave(`hide[${index}]`, 'Taken for a pattern, so it may hide more tools than before.');
      }
      kept.push(name);
    }
    return [...new Set(kept)];
  }

  private toolProblem(name: string): string | undefined {
    if (isGlob(name)) {
      return 'A name with "*" or "?" would be a pattern here, and is none to Intercept. It was left out.';
    }
    const problem = nameProblem(name);
    return name === '__proto__' ? `${problem} The tool is hidden if it had rules.` : problem;
  }

  private effects(rule: InterceptRule, scope: string): Effects {
    for (const path of rule.unknown) this.leave(path, unknownKey);
    switch (rule.action) {
      case 'evaluate':
        return this.evaluated(rule, scope);
      case 'deny':
        return this.denied(rule);
      case 'require_approval':
        return this.asked(rule);
      default:
        this.leave(
          `${rule.path}.action`,
          `There is no action "${rule.action}", so the tool is refused.`,
        );
        return { ...nothing, deny: { reason: this.reason(rule) } };
    }
  }

  /** All conditions must hold, and the call must fit the counters. */
  private evaluated(rule: InterceptRule, scope: string): Effects {
    const { bounds, others } = splitBounds(rule, scope);
    const reason = this.reason(rule);
    const refused = { ...nothing, deny: { reason } };
    const conditions: Condition[] = [];
    let lost = false;
    for (const index of others) {
      const converted = convertCondition(rule.conditions[index]!);
      if (converted.kind === 'condition') conditions.push(converted.condition);
      if (converted.kind === 'never') return refused;
      if (converted.kind === 'impossible') {
        lost = true;
        const message = `${converted.message} Calls that would depend on it are refused.`;
        this.leave(`${rule.path}.conditions[${index}]`, message);
      }
    }
    if (lost) return refused;
    if (rule.conditions.length === 0 && rule.rateLimit === undefined) {
      this.leave(rule.path, 'The rule has no conditions, so it decides nothing.');
    }
    const limits: LimitDocument[] = [];
    for (const [key, counting] of this.countings(rule, bounds, scope)) {
      const limit = this.limit(`${rule.path}.${key}`, counting);
      if (!limit) return refused;
      limits.push(limit);
    }
    if (limits.length > 0 && rule.onDeny !== undefined) {
      const message = 'A limit has no words of its own; the refusal says that it is used up.';
      this.leave(`${rule.path}.on_deny`, message);
    }
    if (rule.state?.incrementFrom !== undefined && bounds.length === 0) {
      conditions.push(isNumber(convertPath(rule.state.incrementFrom)));
    }
    return {
      ...nothing,
      require: conditions.length > 0 ? [{ conditions, on_deny: reason }] : [],
      limits,
    };
  }

  private countings(
    rule: InterceptRule,
    bounds: ReturnType<typeof splitBounds>['bounds'],
    scope: string,
  ): (readonly [string, Counting])[] {
    const countings: (readonly [string, Counting])[] = [];
    if (rule.rateLimit !== undefined) {
      countings.push(['rate_limit', convertRateLimit(rule.rateLimit)]);
    }
    if (rule.state && bounds.length > 0) {
      countings.push([
        'state',
        convertCounter(rule.state, bounds, scope, (counter) => this.counterName(counter)),
      ]);
    } else if (rule.state) {
      this.leave(`${rule.path}.state`, 'Nothing bounds this counter, so it is not counted.');
    }
    return countings;
  }

  /** `undefined` where no call can pass. */
  private limit(path: string, counting: Counting): LimitDocument | undefined {
    switch (counting.kind) {
      case 'limit':
        if (counting.note !== undefined) this.leave(path, counting.note);
        return counting.limit;
      case 'never':
        return undefined;
      case 'impossible':
        this.leave(path, `${counting.message} The tool is refused.`);
        return undefined;
    }
  }

  private denied(rule: InterceptRule): Effects {
    this.leaveCounting(rule);
    const reason = this.reason(rule);
    const conditions = this.narrowing(rule, 'refuses');
    if (conditions === 'never') return nothing;
    if (conditions.length === 0) return { ...nothing, deny: { reason } };
    return { ...nothing, denyIf: [{ conditions, on_deny: reason }] };
  }

  private asked(rule: InterceptRule): Effects {
    const limits: LimitDocument[] = [];
    if (rule.rateLimit !== undefined) {
      const limit = this.limit(`${rule.path}.rate_limit`, convertRateLimit(rule.rateLimit));
      if (!limit) return { ...nothing, deny: { reason: this.reason(rule) } };
      limits.push(limit);
    }
    this.leaveCounting({ ...rule, rateLimit: undefined });
    const conditions = this.narrowing(rule, 'asks about');
    if (conditions === 'never') return { ...nothing, limits };
    const reason = rule.onDeny === undefined ? undefined : this.reason(rule);
    const approvalSeconds = this.approvalSeconds(rule);
    return conditions.length === 0
      ? { ...nothing, limits, approvalSeconds, ask: { reason } }
      : {
          ...nothing,
          limits,
          approvalSeconds,
          approveIf: [{ conditions, ...(reason !== undefined && { reason }) }],
        };
  }

  /** Conditions that narrow a refusal or a question: without one of them it only grows. */
  private narrowing(rule: InterceptRule, verb: string): Condition[] | 'never' {
    const conditions: Condition[] = [];
    for (const [index, source] of rule.conditions.entries()) {
      const converted = convertCondition(source);
      if (converted.kind === 'condition') conditions.push(converted.condition);
      if (converted.kind === 'never') return 'never';
      if (converted.kind === 'impossible') {
        const message = `${converted.message} Without it, the rule ${verb} more calls than before.`;
        this.leave(`${rule.path}.conditions[${index}]`, message);
      }
    }
    return conditions;
  }

  private leaveCounting({ path, rateLimit, state, action }: InterceptRule): void {
    const message = `A rule with "action: ${action}" counts nothing.`;
    if (rateLimit !== undefined) this.leave(`${path}.rate_limit`, message);
    if (state) this.leave(`${path}.state`, message);
  }

  private approvalSeconds({ approvalTimeout, path }: InterceptRule): number | undefined {
    if (approvalTimeout === undefined) return undefined;
    const seconds = secondsOf(approvalTimeout);
    if (seconds !== undefined && seconds >= 1 && seconds <= longestApproval) return seconds;
    this.leave(`${path}.approval_timeout`, 'Write a time from a second to a day, such as "10m".');
    return undefined;
  }

  /** What Intercept tells the agent. */
  private reason({ onDeny, name, path }: InterceptRule): string {
    const text = onDeny || `Denied by rule "${name}"`;
    if (text.length <= longestReason) return text;
    this.leave(`${path}.on_deny`, `Only the first ${longestReason} characters were kept.`);
    return text.slice(0, longestReason);
  }

  /** A name that no other tool's counter has; `undefined` where the limit does without. */
  private counterName(name: string): string | undefined {
    if (!/^[\w.-]{1,64}$/.test(name) || this.counters.has(name)) return undefined;
    this.counters.add(name);
    return name;
  }
}

function joined(parts: readonly Effects[]): Effects {
  const times = parts.flatMap(({ approvalSeconds }) => approvalSeconds ?? []);
  return {
    deny: parts.find(({ deny }) => deny)?.deny,
    ask: parts.find(({ ask }) => ask)?.ask,
    require: parts.flatMap((part) => part.require),
    denyIf: parts.flatMap((part) => part.denyIf),
    approveIf: parts.flatMap((part) => part.approveIf),
    limits: parts.flatMap((part) => part.limits),
    approvalSeconds: times.length > 0 ? Math.min(...times) : undefined,
  };
}

function isEmpty({ deny, ask, require, denyIf, approveIf }: Effects): boolean {
  return !deny && !ask && require.length + denyIf.length + approveIf.length === 0;
}

function ruleOf(effects: Effects, fallback: 'allow' | 'require_approval'): Rule {
  const { deny, ask, require, denyIf, approveIf, limits, approvalSeconds } = effects;
  if (deny) return { action: 'deny', reason: deny.reason };
  const asks = ask !== undefined || fallback === 'require_approval';
  return {
    ...(asks && { action: 'require_approval' as const }),
    ...(ask?.reason !== undefined && { reason: ask.reason }),
    ...(require.length > 0 && { require }),
    ...(denyIf.length > 0 && { deny_if: denyIf }),
    ...(limits.length > 0 && { limits: [...limits] }),
    ...(!asks && approveIf.length > 0 && { approve_if: approveIf }),
    ...(approvalSeconds !== undefined && { approval: { timeout: approvalSeconds } }),
  };
}

/** Holds for numbers and nothing else. */
function isNumber(path: string): Condition {
  return {
    any: [
      { path, op: 'gte', value: 0 },
      { path, op: 'lt', value: 0 },
    ],
  };
}

/** `90`, `90s`, `10m`, `1h30m` */
function secondsOf(text: string): number | undefined {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const parts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/.exec(text);
  if (!parts || text === '') return undefined;
  const [hours = '0', minutes = '0', seconds = '0'] = parts.slice(1);
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
