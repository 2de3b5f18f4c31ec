import { moneyDocuments, remakeable } from './lexicon';
import type { Reading } from './reading';
import { type Category, type Level, levels } from './risk';
import { quotable } from './words';

const base: Readonly<Record<Category, Level>> = {
  Read: 'low',
  Write: 'medium',
  Execute: 'high',
  Destructive: 'critical',
  Financial: 'critical',
};

export interface LevelMove {
  readonly steps: -1 | 1;
  readonly evidence: string;
}

const secrets = new Set(
  'secret secrets password passwords credential credentials env token tokens apikey vault private'.split(
    ' ',
  ),
);
const peopleMessages = new Set(
  'email emails mail message messages dm sms broadcast tweet reply whatsapp newsletter invitation'.split(
    ' ',
  ),
);

const trifles = new Set(
  'notification notifications unread star reaction favorite bookmark'.split(' '),
);

export interface LevelInput {
  readonly category: Category;
  readonly nameWords: readonly string[];
  readonly reading: Reading | undefined;
  readonly arbitraryCode: string | undefined;
  readonly shell: string | undefined;
}

/** What moves the level a step away from its category's. */
export function levelMove(input: LevelInput): LevelMove | undefined {
  const { category, nameWords, reading, arbitraryCode, shell } = input;
  if (category === 'Read') {
    const secret = nameWords.find((word) => secrets.has(word));
    if (secret !== undefined)
      return { steps: 1, evidence: `What it reads may be secret: "${secret}".` };
  }
  if (category === 'Write' && reading?.sense === 'send') {
    const message = nameWords.find((word) => peopleMessages.has(word));
    if (message !== undefined) return { steps: 1, evidence: `It reaches people: "${message}".` };
  }
  if (category === 'Write') {
    const document = nameWords.find((word) => moneyDocuments.has(word));
    if (document !== undefined) {
      return { steps: 1, evidence: `What it changes is about money: "${document}".` };
    }
    const secret = nameWords.find((word) => secrets.has(word));
    if (secret !== undefined)
      return { steps: 1, evidence: `What it changes may be secret: "${secret}".` };
    const trifle = nameWords.find((word) => trifles.has(word));
    if (trifle !== undefined) {
      return { steps: -1, evidence: `What it changes is easily changed back: "${trifle}".` };
    }
  }
  if (category === 'Execute' && shell !== undefined) {
    return { steps: 1, evidence: `The parameter "${quotable(shell) ?? ''}" takes any command.` };
  }
  if (category === 'Destructive') {
    const object = nameWords.find((word) => remakeable.has(word));
    if (object !== undefined) {
      return { steps: -1, evidence: `What it removes is easily made again: "${object}".` };
    }
  }
  if (category === 'Execute' && arbitraryCode !== undefined) {
    return { steps: 1, evidence: `The description says "${arbitraryCode}".` };
  }
  return undefined;
}

export function levelOf(category: Category, move: LevelMove | undefined): Level {
  const at = levels.indexOf(base[category]) + (move?.steps ?? 0);
  return levels[Math.min(Math.max(at, 0), levels.length - 1)] ?? base[category];
}
