import { type Outlook, strictness } from './outlook';

/**
 * Whether a tool’s calls get further than before, as far as can be said before there is one. What
 * cannot be told counts as looser: other conditions, say.
 */
export function isLooser(before: Outlook, after: Outlook): boolean {
  if (strictness[after.action] < strictness[before.action]) return true;
  // Nothing gets through a refusal, whatever held before.
  if (strictness[after.action] >= strictness.deny) return false;
  if (before.conditional || (after.observe && !before.observe)) return true;
  return before.limits.some(
    (limit) =>
      !after.limits.some(
        (other) =>
          other.scope === limit.scope &&
          other.cost?.text === limit.cost?.text &&
          other.windowSeconds >= limit.windowSeconds &&
          other.max <= limit.max,
      ),
  );
}
