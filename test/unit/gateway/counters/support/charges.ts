import type { Charge } from '../../../../../src/gateway/counters/counterStore';

export function one(cost: string, max: string, windowSeconds = 60, key = 'k'): Charge[] {
  return [{ key, windowSeconds, max, cost }];
}
