import type { ToolFacts } from '../policy';
import { type Category, categories, type Level, levels } from '../vocabulary';

/** A set of risks: a bit for each pair of category and level. */
export type RiskMask = number;

export const everyRisk: RiskMask = 2 ** (categories.length * levels.length) - 1;

/** The risks that a key of `risk` speaks of. */
export function risksOf(key: Category | Level): RiskMask {
  let mask = 0;
  for (const [at, category] of categories.entries()) {
    for (const [step, level] of levels.entries()) {
      if (category === key || level === key) mask |= 1 << (at * levels.length + step);
    }
  }
  return mask;
}

/** The first risk of a set that is not empty. */
export function someRisk(mask: RiskMask): ToolFacts {
  const at = 31 - Math.clz32(mask & -mask);
  return {
    category: categories[Math.floor(at / levels.length)]!,
    level: levels[at % levels.length]!,
  };
}
