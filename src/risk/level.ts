import { moneyDocuments, remakeable } from './lexicon';
import type { Place } from './parameters';
import { quoteWord, type Reading } from './reading';
import { type Category, type Evidence, type Level, levels } from './risk';
import type { Signals } from './signals';
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
  readonly evidence: Evidence;
}

const secrets = new Set(
  `secret secrets password passwords passwd credential credentials env token tokens apikey vault private
  payroll salary salaries ssn otp mfa seed mnemonic keychain`.split(/\s+/),
);
const access = new Set(
  'auth permission permissions role roles acl policy policies rls firewall admin admins sso grant access collaborator'.split(
    ' ',
  ),
);
const many = new Set('bulk batch mass'.split(' '));
const production = new Set('prod production'.split(' '));
const peopleMessages = new Set(
  'email emails mail message messages dm dms sms broadcast tweet tweets reply whatsapp newsletter invitation invite campaign'.split(
    ' ',
  ),
);
const trifles = new Set(
  'notification notifications unread star reaction favorite favourite bookmark cache screenshot watching'.split(
    ' ',
  ),
);
const shells = new Set('command cli shell bash terminal powershell'.split(' '));
const files = new Set('file files directory directories folder folders'.split(' '));

interface Judged {
  readonly category: Category;
  readonly signals: Signals;
  readonly reading: Reading | undefined;
  /** Words of the description that say the code is anyone's. */
  readonly arbitraryCode: string | undefined;
  /** Whether what is run is what a parameter brings. */
  readonly runsParameter: boolean;
}

/** What moves the level a step away from its category's; the first that holds. */
export function levelMove(judged: Judged): LevelMove | undefined {
  switch (judged.category) {
    case 'Read':
      return readMove(judged);
    case 'Write':
      return writeMove(judged);
    case 'Execute':
      return executeMove(judged);
    case 'Destructive':
      return byName(judged, -1, 'What it removes is easily made again', remakeable);
    case 'Financial':
      return undefined;
    default:
      return judged.category satisfies never;
  }
}

function readMove(judged: Judged): LevelMove | undefined {
  return byName(judged, 1, 'What it reads may be secret', secrets) ?? anyPath(judged);
}

function writeMove(judged: Judged): LevelMove | undefined {
  const message =
    judged.reading?.sense === 'send'
      ? byName(judged, 1, 'It reaches people', peopleMessages)
      : undefined;
  return (
    message ??
    byName(judged, 1, 'What it changes is about money', moneyDocuments) ??
    byName(judged, 1, 'What it changes may be secret', secrets) ??
    byName(judged, 1, 'What it changes is who may do what', access) ??
    byName(judged, -1, 'What it changes is easily changed back', trifles) ??
    byName(judged, 1, 'It changes many things at once', many) ??
    byName(judged, 1, 'It changes what is in use', production) ??
    forced(judged) ??
    anyPath(judged)
  );
}

function executeMove(judged: Judged): LevelMove | undefined {
  const { signals, arbitraryCode, runsParameter } = judged;
  const { commandArguments, program } = signals.parameters;
  const shell = program?.kind === 'shell' && runsParameter ? program : undefined;
  const command = shell ?? (inName(judged, shells) && commandArguments);
  if (command) return byParameter(command, 'takes any command');
  if (arbitraryCode !== undefined) {
    return {
      steps: 1,
      evidence: {
        text: `The description says "${arbitraryCode}".`,
        field: 'description',
        words: [arbitraryCode],
      },
    };
  }
  return byName(judged, 1, 'It acts on what is in use', production) ?? forced(judged);
}

function inName(
  { signals }: Judged,
  words: ReadonlySet<string>,
): { readonly raw: string } | undefined {
  return signals.nameWords.find((word) => words.has(word.text));
}

function byName(
  judged: Judged,
  steps: -1 | 1,
  says: string,
  words: ReadonlySet<string>,
): LevelMove | undefined {
  const word = inName(judged, words);
  if (!word) return undefined;
  const quote = quoteWord(word, judged.signals.name) ?? quotable(judged.signals.name);
  const text = quote ? `${says}: "${quote}".` : `${says}.`;
  return { steps, evidence: { text, field: 'name', words: quote ? [quote] : [] } };
}

function byParameter({ name, field }: Place, does: string): LevelMove {
  return {
    steps: 1,
    evidence: {
      text: `The parameter "${quotable(name) ?? ''}" ${does}.`,
      field,
      words: [name],
    },
  };
}

/** A path that the caller writes, on a tool for files: nothing says that it stays in one folder. */
function anyPath(judged: Judged): LevelMove | undefined {
  const { path } = judged.signals.parameters;
  return path && inName(judged, files) ? byParameter(path, 'takes any path') : undefined;
}

function forced({ signals }: Judged): LevelMove | undefined {
  const { force } = signals.parameters;
  return force && byParameter(force, 'lets a call pass over a check');
}

export function levelOf(category: Category, move: LevelMove | undefined): Level {
  const at = levels.indexOf(base[category]) + (move?.steps ?? 0);
  return levels[Math.min(Math.max(at, 0), levels.length - 1)] ?? base[category];
}
