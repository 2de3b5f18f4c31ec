import { bothTreatments, type Treatment } from '../policy/results';
import { redactMember, redactSecrets } from '../policy/secrets';
import { withoutHidden } from '../risk/findings/hidden';
import type { Caller, Judgement } from './enforcer';
import {
  errorResponse,
  isObject,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from './jsonRpc';
import { refusalResult } from './refusal';

// What these answer is the server's description of itself, not a result.
const descriptions = new Set(['initialize', 'server/discover', 'ping', 'tools/list']);

/** What the rule of a request has done to its answer; `undefined` where it passes as it came. */
export function treatmentFor(
  request: JsonRpcRequest,
  judgement: Judgement | undefined,
  caller: () => Caller,
): Treatment | undefined {
  if (request.method === 'tools/call') return judgement?.forward ? judgement.results : undefined;
  return descriptions.has(request.method) ? undefined : treatmentOfServer(caller());
}

/**
 * What is done to all that cannot be told to belong to one call: progress, logs, tasks, resources.
 * All rules for the server count, for any of its calls may have brought it about.
 */
export function treatmentOfServer({ policies, server }: Caller): Treatment | undefined {
  return (policies.current() ?? [])
    .map((policy) => policy.treatmentOfServer(server))
    .reduce(bothTreatments, undefined);
}

/** An answer as its rule lets it pass: the same object where nothing of it changes. */
export function treatedResponse(
  message: JsonRpcResponse,
  treatment: Treatment | undefined,
  judgement: Judgement | undefined,
): JsonRpcResponse {
  if (!treatment) return message;
  const { result, error } = message;
  const seen = treated(error ?? result, treatment);
  if (isTooLarge(seen, treatment)) {
    const text = 'Toolgate: the answer is larger than the policy passes on.';
    if (error) return errorResponse(message.id, error.code, text);
    return { ...message, result: { ...withheld(judgement), ...resultTypeOf(result) } };
  }
  if (seen === (error ?? result)) return message;
  return error ? { ...message, error: seen as typeof error } : { ...message, result: seen };
}

/** What a server says unasked, likewise; `undefined` if it is too large to pass on. */
export function treatedTold<T extends JsonRpcRequest | JsonRpcNotification>(
  message: T,
  treatment: Treatment | undefined,
): T | undefined {
  if (!treatment || !message.params) return message;
  if (isTooLarge(message.params, treatment)) return undefined;
  const params = treated(message.params, treatment);
  return params === message.params ? message : { ...message, params };
}

function withheld(judgement: Judgement | undefined): Record<string, unknown> {
  const by = judgement?.forward ? judgement : { layer: 'gateway', rule: '', decisionId: '' };
  const { layer, rule, decisionId } = by;
  return refusalResult({ code: 'result_too_large', layer, rule }, decisionId);
}

function resultTypeOf(result: unknown): object {
  return isObject(result) && 'resultType' in result ? { resultType: 'complete' } : {};
}

function isTooLarge(value: unknown, { maxBytes }: Treatment): boolean {
  return maxBytes !== undefined && Buffer.byteLength(JSON.stringify(value) ?? '') > maxBytes;
}

// Ids that the two sides chose; a client knows its own no more once they are changed.
const ids = new Set(['progressToken', 'requestId', 'taskId', 'requestState', 'nextCursor']);

/** A value with all its texts treated, keys included: the same value where none changes. */
function treated(value: unknown, treatment: Treatment): unknown {
  if (typeof value === 'string') return treatedText(value, treatment);
  if (Array.isArray(value)) {
    const items = value.map((item) => treated(item, treatment));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (!isObject(value)) return value;
  let changed = false;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => {
    const seen = treatedMember(key, member, value, treatment);
    const name = treatedText(key, treatment);
    changed ||= seen !== member || name !== key;
    return [name, seen];
  });
  return changed ? Object.fromEntries(members) : value;
}

function treatedMember(
  key: string,
  member: unknown,
  owner: Record<string, unknown>,
  treatment: Treatment,
): unknown {
  if (typeof member !== 'string') return treated(member, treatment);
  if (ids.has(key)) return member;
  // Pictures and sound are no text, and would break.
  if (key === 'data' && typeof owner.mimeType === 'string') return member;
  if (key === 'blob') return treatedBlob(member, treatment);
  const text = treatment.stripHidden ? withoutHidden(member) : member;
  return treatment.redactSecrets ? redactMember(key, text) : text;
}

function treatedText(text: string, { stripHidden, redactSecrets: redacts }: Treatment): string {
  // First what hides, for it may stand within a secret.
  const plain = stripHidden ? withoutHidden(text) : text;
  return redacts ? redactSecrets(plain) : plain;
}

/** A resource that is text in base64 is read as text. */
function treatedBlob(blob: string, treatment: Treatment): string {
  const bytes = Buffer.from(blob, 'base64');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return blob;
  const seen = treatedText(text, treatment);
  return seen === text ? blob : Buffer.from(seen, 'utf8').toString('base64');
}
