import { type Condition, condition } from '../condition';
import type { InterceptCondition } from './interceptFile';
import { plainValue } from './sourceTree';

/** A condition in the language of policies, what it always comes to, or why it cannot be said. */
export type Converted =
  | { readonly kind: 'condition'; readonly condition: Condition }
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'impossible'; readonly message: string };

const operators = [
  'eq',
  'neq',
  'in',
  'not_in',
  'lt',
  'lte',
  'gt',
  'gte',
  'regex',
  'contains',
  'exists',
];

export function convertCondition(source: InterceptCondition): Converted {
  const { op } = source;
  if (!operators.includes(op)) return impossible(`There is no operator "${op}".`);
  if (source.path.startsWith('state.')) {
    // A counter that nothing has counted reads 0, so there always is one.
    if (op === 'exists' && isBoolean(source, true)) return { kind: 'always' };
    if (op === 'exists' && isBoolean(source, false)) return { kind: 'never' };
    return impossible('Conditions cannot look at counters; only a limit can.');
  }
  if (!source.path.startsWith('args.')) {
    return impossible('A path begins with "args." or "state.".');
  }
  const plain = source.value ? plainValue(source.value) : { value: null };
  if (!plain) return impossible('The value cannot be carried over unchanged.');
  return checked(converted(convertPath(source.path), op, plain.value));
}

/** `args.a.b` with each part as a key, whatever it holds: Intercept knows no indexes. */
export function convertPath(path: string): string {
  const parts = path.slice('args.'.length).split('.');
  const steps = parts.map((part) =>
    /^[^.[\]"\s]+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`,
  );
  return `args${steps.join('')}`;
}

function converted(path: string, op: string, value: unknown): Condition | 'never' {
  if (op === 'exists') {
    // To Intercept, `null` does not exist.
    if (value === true) return { path, op: 'neq', value: null };
    if (value === false) {
      return {
        any: [
          { path, op: 'exists', value: false },
          { path, op: 'eq', value: null },
        ],
      };
    }
  }
  if (Array.isArray(value) && value.length === 0) {
    if (op === 'in') return 'never';
    if (op === 'not_in') {
      return {
        any: [
          { path, op: 'exists', value: true },
          { path, op: 'eq', value: null },
        ],
      };
    }
  }
  return { path, op, value };
}

function checked(source: Condition | 'never'): Converted {
  if (source === 'never') return { kind: 'never' };
  const result = condition.safeParse(source);
  if (result.success) return { kind: 'condition', condition: source };
  const [issue] = result.error.issues;
  const inner = issue?.code === 'invalid_union' ? issue.errors[0]?.[0] : issue;
  return impossible(inner?.message ?? 'The condition cannot be carried over.');
}

function isBoolean({ value }: InterceptCondition, expected: boolean): boolean {
  return value?.kind === 'value' && value.value === expected;
}

function impossible(message: string): Converted {
  return { kind: 'impossible', message };
}
