import type { Outlook } from './outlook';

/** What happens to calls of a tool, in one word. */
export type EffectiveAction = 'allow' | 'limited' | 'ask' | 'deny' | 'hidden' | 'no policy';

/** Undefined where no policy can be relied on. */
export function effectiveAction(outlook: Outlook | undefined): EffectiveAction {
  switch (outlook?.action) {
    case undefined:
      return 'no policy';
    case 'hide':
      return 'hidden';
    case 'deny':
      return 'deny';
    case 'require_approval':
      return 'ask';
    case 'allow':
      return outlook.limits.length > 0 ? 'limited' : 'allow';
  }
}

/** What happens to calls of a tool, in a few words. */
export function actionText(outlook: Outlook | undefined): string {
  const action = effectiveAction(outlook);
  if (!outlook || action === 'deny' || action === 'hidden') return action;
  const limits = outlook.limits.map(
    ({ max, windowSeconds, cost }) =>
      `${cost ? `${cost.text} ` : ''}${max}/${windowText(windowSeconds)}`,
  );
  const parts = action === 'limited' ? limits : [action, ...limits];
  if (outlook.conditional) parts.push('conditions');
  if (outlook.observe) parts.push('observed');
  return parts.join(', ');
}

function windowText(seconds: number): string {
  const names = new Map([
    [1, 'second'],
    [60, 'minute'],
    [3600, 'hour'],
    [86_400, 'day'],
  ]);
  return names.get(seconds) ?? `${seconds} s`;
}
