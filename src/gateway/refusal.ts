import { randomUUID } from 'node:crypto';
import type { Pointer } from '../policy/pointer';
import { ruleInWords } from '../policy/ruleInWords';
import {
  errorCodes,
  errorResponse,
  type JsonRpcRequest,
  type JsonRpcResponse,
  resultResponse,
} from './jsonRpc';

export type RefusalCode =
  | 'denied'
  | 'hidden'
  | 'invalid_arguments'
  | 'rate_limited'
  | 'approval_denied'
  | 'approval_timeout'
  | 'approval_unavailable'
  | 'approval_pending'
  | 'approval_cancelled'
  | 'no_policy'
  | 'no_record'
  | 'no_state'
  | 'result_too_large'
  | 'server_changed'
  | 'tool_changed'
  | 'halted';

const mostPlaces = 10;

/** Why a call did not go on, with all that the agent, the person and the record are told of it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly layer: string;
  readonly rule: Pointer;
  /** The policy author's own words, if any. */
  readonly reason?: string | undefined;
  /** What the person who refused has to say to the agent. */
  readonly message?: string | undefined;
  /** Names the question that still waits for its answer. */
  readonly approvalId?: string;
  /** No more questions are put to the person until some are answered. */
  readonly tooManyPending?: boolean;
  /** The server had the call already, so nobody knows what it did. */
  readonly mayHaveHappened?: boolean;
  /** The server offers nothing of that name, so that nobody can have reviewed it. */
  readonly isUnlisted?: boolean;
  /** The arguments that do not fit, as JSON Pointers. */
  readonly places?: readonly string[];
  readonly limit?: {
    /** Absent when the call can never fit. */
    readonly retryAfterSeconds: number | undefined;
    readonly limit: number;
    readonly remaining: number;
  };
}

/** What is told of a refusal to programs. */
function decisionData(refusal: Refusal, decisionId: string): Record<string, unknown> {
  const { code, layer, rule, limit, approvalId } = refusal;
  const pending = approvalId === undefined ? {} : { approvalId };
  return { code, rule, layer, ...limit, ...pending, decisionId };
}

/**
 * The result that the agent gets in place of the tool's: never a protocol error and never "tool not
 * found", so that the agent can tell a refusal from a failure.
 */
export function refusalResult(refusal: Refusal, decisionId: string): Record<string, unknown> {
  return {
    content: [{ type: 'text', text: refusalLine(refusal) }],
    isError: true,
    _meta: { 'toolgate/decision': decisionData(refusal, decisionId) },
  };
}

/** The response to a refused request: a result for a tool call, an error for anything else. */
export function refusalResponse(
  request: JsonRpcRequest,
  refusal: Refusal,
  decisionId: string,
): JsonRpcResponse {
  if (request.method === 'tools/call') {
    return resultResponse(request.id, refusalResult(refusal, decisionId));
  }
  const data = { 'toolgate/decision': decisionData(refusal, decisionId) };
  return errorResponse(request.id, errorCodes.refused, refusalLine(refusal), data);
}

/** Why nothing at all goes on to a server. */
export type Closure = 'halted' | 'server_changed';

/** The response to any request while nothing goes on to the server. */
export function closedResponse(
  request: JsonRpcRequest,
  code: Closure,
  decisionId: string = randomUUID(),
  mayHaveHappened = false,
): JsonRpcResponse {
  const refusal: Refusal = { code, layer: 'gateway', rule: '', mayHaveHappened };
  return refusalResponse(request, refusal, decisionId);
}

/** The text of a refusal, marked so that agents and people know it from the server's words. */
function refusalLine(refusal: Refusal): string {
  return `[POLICY DENIED] ${refusalText(refusal)}`;
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
    case 'invalid_arguments': {
      const places = (refusal.places ?? []).map((place) => (place === '' ? 'the whole' : place));
      return `The arguments do not fit ${rule}: ${places.slice(0, mostPlaces).join(', ')}.`;
    }
    case 'rate_limited': {
      const seconds = refusal.limit?.retryAfterSeconds;
      if (seconds === undefined) return `The call is more than a limit of ${rule} allows.`;
      return `The rate limit of ${rule} is used up. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
    }
    case 'approval_denied':
      return refusal.message === undefined
        ? 'The person was asked and did not allow this call.'
        : `The person was asked, did not allow this call, and says: ${refusal.message}`;
    case 'approval_pending':
      return 'This call waits for the approval of a person and was not made yet. Make the same call again in a while, with the same arguments, to take up the answer.';
    case 'approval_timeout':
      return 'This call needs the approval of a person, and none came in time. It was not made.';
    case 'approval_unavailable':
      if (refusal.tooManyPending) {
        return 'This call needs the approval of a person, and too many calls wait for it already. It was not made.';
      }
      return 'This call needs the approval of a person, and no one can be asked now. It was not made.';
    case 'approval_cancelled':
      return 'The call was cancelled while it waited for approval. It was not made.';
    case 'no_policy':
      return 'There is no valid policy, so every call is refused until the policy file is mended.';
    case 'no_state':
      return `The counters for the limits of ${rule} cannot be reached. The call was not made.`;
    case 'no_record':
      return 'The record of calls cannot be written, so no call is made.';
    case 'result_too_large':
      return `The call was made, but its result is larger than ${rule} passes on.`;
    case 'server_changed': {
      const review =
        'The configuration of this server is new or has changed, and waits for a person to review it.';
      return refusal.mayHaveHappened
        ? `${review} The server had this call already: whether it was carried out is not known.`
        : `${review} Until then no call is made.`;
    }
    case 'tool_changed':
      return refusal.isUnlisted
        ? 'The server does not list this, so no person can have reviewed it. The call was not made.'
        : 'What the server says of this is new or has changed, and waits for a person to review it. The call was not made.';
    case 'halted':
      return refusal.mayHaveHappened
        ? 'A person halted Toolgate. The server had this call already: whether it was carried out is not known.'
        : 'A person halted Toolgate. No call is made until a person resumes it.';
  }
}
