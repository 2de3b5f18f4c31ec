import { ruleInWords } from '../policy/decide';
import type { Pointer } from '../policy/pointer';

export type RefusalCode =
  | 'denied'
  | 'hidden'
  | 'rate_limited'
  | 'approval_denied'
  | 'approval_timeout'
  | 'approval_unavailable'
  | 'approval_cancelled'
  | 'no_policy'
  | 'no_record';

/** Why a call did not go on, with all that the agent, the person and the record are told of it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly layer: string;
  readonly rule: Pointer;
  /** The policy author's own words, if any. */
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number;
  readonly limit?: number;
  readonly remaining?: number;
}

/**
 * The result that the agent gets in place of the tool's: never a protocol error and never "tool not
 * found", so that the agent can tell a refusal from a failure.
 */
export function refusalResult(refusal: Refusal, decisionId: string): Record<string, unknown> {
  const { code, layer, rule, retryAfterSeconds, limit, remaining } = refusal;
  return {
    content: [{ type: 'text', text: `[POLICY DENIED] ${refusalText(refusal)}` }],
    isError: true,
    _meta: {
      'toolgate/decision': {
        code,
        rule,
        layer,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds, limit, remaining }),
        decisionId,
      },
    },
  };
}

/** One or two sentences for the agent. The author's reason comes first; no limit or pattern is shown. */
export function refusalText(refusal: Refusal): string {
  return [refusal.reason, explanation(refusal)].filter((part) => part !== undefined).join(' ');
}

function explanation(refusal: Refusal): string | undefined {
  const rule = ruleInWords(refusal.rule);
  switch (refusal.code) {
    case 'denied':
    case 'hidden':
      return refusal.reason === undefined ? `Refused by ${rule}.` : undefined;
    case 'rate_limited': {
      const seconds = refusal.retryAfterSeconds ?? 1;
      return `The rate limit of ${rule} is used up. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
    }
    case 'approval_denied':
      return 'The person was asked and did not allow this call.';
    case 'approval_timeout':
      return 'This call needs the approval of a person, and none came in time. It was not made.';
    case 'approval_unavailable':
      return 'This call needs the approval of a person, and no one can be asked now. It was not made.';
    case 'approval_cancelled':
      return 'The call was cancelled while it waited for approval. It was not made.';
    case 'no_policy':
      return 'There is no valid policy, so every call is refused until the policy file is mended.';
    case 'no_record':
      return 'The record of calls cannot be written, so no call is made.';
  }
}
