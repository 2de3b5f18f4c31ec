import { convertPath } from './interceptCondition';
import type { InterceptCondition, InterceptRule, InterceptState, Window } from './interceptFile';

/** A limit of a policy, as a document has it. */
export interface LimitDocument {
  readonly counter?: string;
  readonly window: Window;
  readonly max: number;
  /** Intercept counts all sessions together, and across restarts. */
  readonly scope: 'user';
  readonly cost?: string;
}

/** What the counting of a rule comes to. */
export type Counting =
  | { readonly kind: 'limit'; readonly limit: LimitDocument; readonly note?: string }
  /** No call fits. */
  | { readonly kind: 'never' }
  | { readonly kind: 'impossible'; readonly message: string };

const mostCalls = 100_000;

/** `5/hour` */
export function convertRateLimit(text: string): Counting {
  const [, count, window] = /^\+?0*([1-9]\d*)\/(minute|hour|day)$/.exec(text) ?? [];
  if (count === undefined) {
    return {
      kind: 'impossible',
      message: `"${text.slice(0, 40)}" is not a number of calls in a minute, an hour or a day.`,
    };
  }
  return calls(Number(count), window as Window, undefined);
}

/** Whether the condition bounds the counter that its own rule counts. */
export function isOwnBound(
  { path, op }: InterceptCondition,
  { counter }: InterceptState,
  scope: string,
): boolean {
  return path === `state.${scope}.${counter}` && (op === 'lt' || op === 'lte');
}

/** The limit of a rule that counts: its bounds on its own counter, of which the least holds. */
export function convertCounter(
  state: InterceptState,
  bounds: readonly InterceptCondition[],
  scope: string,
  named: (counter: string) => string | undefined,
): Counting {
  const maxima: number[] = [];
  for (const { op, value } of bounds) {
    const number = value?.kind === 'value' ? value.value : undefined;
    if (typeof number !== 'number' || !Number.isSafeInteger(Math.trunc(number))) {
      return { kind: 'impossible', message: 'The bound of the counter is not a number.' };
    }
    // As Intercept reckons: the fraction goes, and "less" means "less by one".
    maxima.push(Math.trunc(number) - (op === 'lt' ? 1 : 0));
  }
  const max = Math.min(...maxima);
  const counter = named(`${scope === '_global' ? 'all' : scope}.${state.counter}`);
  if (state.incrementFrom !== undefined) {
    if (max <= 0) {
      return { kind: 'impossible', message: 'A sum has to be allowed to grow above 0.' };
    }
    const cost = convertPath(state.incrementFrom);
    return {
      kind: 'limit',
      limit: { ...(counter && { counter }), window: state.window, max, scope: 'user', cost },
      ...(bounds.length > 1 && { note: severalBounds }),
    };
  }
  if (state.increment < 0) {
    return { kind: 'impossible', message: 'A limit cannot count downwards.' };
  }
  const counting = calls(Math.floor(max / state.increment), state.window, counter);
  return counting.kind === 'limit' && bounds.length > 1
    ? { note: severalBounds, ...counting }
    : counting;
}

const severalBounds = 'The counter has several bounds; the least of them holds at every call.';

function calls(max: number, window: Window, counter: string | undefined): Counting {
  if (max < 1) return { kind: 'never' };
  const limit = { ...(counter && { counter }), window, max: Math.min(max, mostCalls) };
  return {
    kind: 'limit',
    limit: { ...limit, scope: 'user' },
    ...(max > mostCalls && { note: `At most ${mostCalls} calls can be counted; that holds now.` }),
  };
}

/** The conditions of a rule apart from those that bound its own counter. */
export function splitBounds(
  rule: InterceptRule,
  scope: string,
): { bounds: readonly InterceptCondition[]; others: readonly number[] } {
  const bounds: InterceptCondition[] = [];
  const others: number[] = [];
  for (const [index, item] of rule.conditions.entries()) {
    if (rule.state && isOwnBound(item, rule.state, scope)) bounds.push(item);
    else others.push(index);
  }
  return { bounds, others };
}
