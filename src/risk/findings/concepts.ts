/**
 * What words are about, as bits of a set. A judgement rests on several concepts in one sentence,
 * never on one word, so the lists of words may be rough.
 */
export const concept = {
  neg: 1 << 0,
  tell: 1 << 1,
  user: 1 << 2,
  ask: 1 << 3,
  silent: 1 << 4,
  every: 1 << 5,
  turn: 1 << 6,
  before: 1 << 7,
  nowOn: 1 << 8,
  ignore: 1 << 9,
  rules: 1 << 10,
  previous: 1 << 11,
  model: 1 << 12,
  tool: 1 << 13,
  config: 1 << 14,
  change: 1 << 15,
  run: 1 << 16,
  already: 1 << 17,
  instead: 1 << 18,
  prefer: 1 << 19,
  must: 1 << 20,
  here: 1 << 21,
  trust: 1 << 22,
  read: 1 << 23,
  give: 1 << 24,
  content: 1 << 25,
  secret: 1 << 26,
  talk: 1 << 27,
  follow: 1 << 28,
  encode: 1 << 29,
  authority: 1 << 30,
} as const;

export type Concept = keyof typeof concept;
