import type { ExchangeKind } from '../../policy/vocabulary';
import { isObject, type JsonRpcNotification, type JsonRpcResponse } from '../jsonRpc';
import { exchangeOf, inputRequests } from '../methods';

/** What a server asks of the person or the agent inside of a result. */
export interface InputRequest {
  readonly kind: ExchangeKind;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * The requests inside of a result, in whatever kind of result they stand; `undefined` if one of
 * them is nothing that a client could be asked.
 */
export function inputRequestsIn(response: JsonRpcResponse): readonly InputRequest[] | undefined {
  return readInputRequests(isObject(response.result) ? response.result.inputRequests : undefined);
}

/** Those of a notification, as of a task that waits for input. */
export function inputRequestsTold(
  notification: JsonRpcNotification,
): readonly InputRequest[] | undefined {
  return readInputRequests(notification.params?.inputRequests);
}

function readInputRequests(asked: unknown): readonly InputRequest[] | undefined {
  if (asked === undefined || asked === null) return [];
  if (!isObject(asked)) return undefined;
  const read = Object.values(asked).map(readInputRequest);
  return read.every((request) => request !== undefined) ? read : undefined;
}

function readInputRequest(value: unknown): InputRequest | undefined {
  if (!isObject(value) || typeof value.method !== 'string' || !inputRequests.has(value.method)) {
    return undefined;
  }
  const { method } = value;
  const params = isObject(value.params) ? value.params : {};
  const kind = exchangeOf({ jsonrpc: '2.0', id: 0, method, params });
  return kind && { kind, method, params };
}

/**
 * What the answers that a client sends with a call could be answers to. They do not name what was
 * asked, so one without a known shape could be any.
 */
export function kindsAnswered(inputResponses: unknown): ReadonlySet<ExchangeKind> {
  if (inputResponses === undefined) return new Set();
  const answers = isObject(inputResponses) ? Object.values(inputResponses) : [inputResponses];
  return new Set(answers.flatMap(kindsOf));
}

function kindsOf(answer: unknown): readonly ExchangeKind[] {
  const kinds: ExchangeKind[] = [];
  if (isObject(answer)) {
    if ('action' in answer) kinds.push('elicitation');
    if ('roots' in answer) kinds.push('roots');
    if ('role' in answer || 'model' in answer) kinds.push('sampling');
  }
  return kinds.length > 0 ? kinds : ['elicitation', 'roots', 'sampling'];
}
