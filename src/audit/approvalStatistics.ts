import type { ActivityEntry } from './activityEntry';

export interface DayStatistics {
  /** `2026-11-27`, in the person's time zone. */
  readonly day: string;
  readonly questions: number;
  readonly approved: number;
}

/** A tool whose calls the person always approved: a question that may be one too many. */
export interface Habit {
  readonly server: string;
  readonly tool: string;
  readonly approved: number;
  /** The rule and the policy that asked last. */
  readonly rule: string;
  readonly layer: string;
  /** Of each approved call, where the record keeps values; otherwise empty. */
  readonly calls: readonly Readonly<Record<string, unknown>>[];
}

/** How the person has answered. */
export interface ApprovalStatistics {
  readonly questions: number;
  readonly approved: number;
  readonly denied: number;
  /** Nobody answered, or too late. */
  readonly unanswered: number;
  /** Undefined where nothing was answered. */
  readonly medianAnswerMs: number | undefined;
  /** Oldest first; days without a question are left out. */
  readonly days: readonly DayStatistics[];
  readonly habits: readonly Habit[];
}

/** So often without a single "no" a question is answered by habit. */
export const habitualAnswers = 20;

/** What the entries, the newest first, tell of questions. A grant's later calls are none. */
export function approvalStatistics(entries: readonly ActivityEntry[]): ApprovalStatistics {
  const questions = entries.filter(wasAsked).reverse();
  const approved = questions.filter(wasApproved);
  const denied = questions.filter(({ code }) => code === 'approval_denied');
  const times = questions.flatMap(({ answeredAfterMs }) => answeredAfterMs ?? []);
  return {
    questions: questions.length,
    approved: approved.length,
    denied: denied.length,
    unanswered: questions.length - approved.length - denied.length,
    medianAnswerMs: median(times),
    days: [...groups(questions, ({ time }) => dayOf(time))].map(([day, asked]) => ({
      day,
      questions: asked.length,
      approved: asked.filter(wasApproved).length,
    })),
    habits: [...groups(questions, ({ server, tool }) => JSON.stringify([server, tool])).values()]
      .filter((asked) => !asked.some(({ code }) => code === 'approval_denied'))
      .map((asked) => asked.filter(wasApproved))
      .filter((calls) => calls.length >= habitualAnswers)
      .map(habitOf)
      .sort((a, b) => b.approved - a.approved),
  };
}

function habitOf(approved: readonly ActivityEntry[]): Habit {
  const { server, tool, rule, layer } = approved.at(-1)!;
  // What the person wrote over the agent's arguments is no call that comes again.
  const calls = approved.flatMap((entry) => (entry.edited ? [] : argumentsOf(entry)));
  const known = approved.every((entry) => entry.edited || argumentsOf(entry).length > 0);
  return { server, tool, approved: approved.length, rule, layer, calls: known ? calls : [] };
}

function argumentsOf({ arguments: args }: ActivityEntry): Readonly<Record<string, unknown>>[] {
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  return isObject ? [args as Readonly<Record<string, unknown>>] : [];
}

function wasAsked({ answeredAfterMs, code }: ActivityEntry): boolean {
  return answeredAfterMs !== undefined || code === 'approval_timeout';
}

function wasApproved({ answeredAfterMs, verdict }: ActivityEntry): boolean {
  return answeredAfterMs !== undefined && verdict === 'allow';
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function dayOf(time: string): string {
  const date = new Date(time);
  const part = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())}`;
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
  }
  return found;
}
