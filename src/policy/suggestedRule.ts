import { type Condition, compileAll } from './condition';
import { type Call, type CallFacts, conditionFacts } from './decide';
import type { CompiledRule } from './policy';
import type { Rule } from './rule';

/**
 * The rule for one tool that is as `governing`, but no longer asks about calls for which all of
 * `like` hold. Everything else stays: what bounds the arguments, limits, and each question about a
 * call that differs, lacks an argument or cannot be judged. Undefined if `call` itself would not
 * pass without a question then.
 */
export function suggestedRule(
  governing: CompiledRule,
  like: readonly Condition[],
  call: Call,
  facts: CallFacts,
): Rule | undefined {
  const known = conditionFacts(call, facts);
  if (like.length === 0 || compileAll(like)(known) !== true) return undefined;
  // `not` of what cannot be judged cannot be judged either, and then the question is asked.
  const [only, ...others] = like;
  const otherwise: Condition = { not: others.length === 0 ? only! : { all: [only!, ...others] } };
  const { action, approve_if: questions = [], ...rest } = governing.source;
  const kept = questions.map((question, index) =>
    governing.approveIf[index]!.holds(known) === false
      ? question
      : { ...question, conditions: [...question.conditions, otherwise] },
  );
  const asked = action === 'require_approval' ? [{ conditions: [otherwise] }] : [];
  if (action === 'deny' || action === 'hide' || kept.length + asked.length === 0) return undefined;
  return { ...rest, approve_if: [...kept, ...asked] };
}
