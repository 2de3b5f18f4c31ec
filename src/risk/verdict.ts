import type { Basis } from './confidence';
import { verbForm } from './lexicon';
import type { Parameters } from './parameters';
import { namesWritableLanguage, readOnlyPhrase, removalPhrase } from './phrases';
import { isWorse, quoteWord, type Reading } from './reading';
import type { Category, Evidence } from './risk';
import type { Signals } from './signals';
import { quotable } from './words';

/** What the grammar of a definition amounts to. */
export interface Verdict {
  readonly category: Category;
  readonly basis: Basis;
  readonly reading: Reading | undefined;
  readonly evidence: readonly Evidence[];
}

export function verdictOf(signals: Signals): Verdict {
  const { name, description, parameters, byName, byDescription, byTitle } = signals;
  let verdict = weigh(byName ?? readThings(signals), byDescription ?? byTitle, name);
  verdict = withSiblings(verdict, signals);
  verdict = withParameters(verdict, parameters, name, description);
  verdict = withPromise(verdict, byName, parameters, name, description);
  return withRemoval(verdict, description);
}

const narrowing =
  /^(?:.*id|.*ids|uuid|name|slug|page|page_?size|per_?page|limit|offset|cursor|sort.*|order.*|filter.*|fields|since|until|from|to|start.*|end.*|date.*|query|q|format|include.*)$/i;

/** `server_domains`, with nothing but an id to narrow it: the things that a server has. */
function readThings({ name, nameWords, byDescription, parameters }: Signals): Reading | undefined {
  const last = nameWords.at(-1);
  if (last === undefined || byDescription !== undefined || !/[^s]s$/.test(last.text))
    return undefined;
  if (
    verbForm(last.text) !== undefined ||
    !parameters.names.every((name) => narrowing.test(name))
  ) {
    return undefined;
  }
  const quote = quoteWord(last, name) ?? quotable(name);
  const says = 'The name has no verb and ends in things, and no parameter brings anything';
  return {
    category: 'Read',
    sense: 'read',
    clear: false,
    verb: '',
    evidence: {
      text: quote ? `${says}: "${quote}".` : `${says}.`,
      field: 'name',
      words: quote ? [quote] : [],
    },
  };
}

const filtering = new Set(
  'list get search find query count fetch retrieve show view lookup'.split(' '),
);
const billing = new Set('create start renew update upgrade resume'.split(' '));

/** A subscription beside refunds and payments is one that people pay for, not one to a newsletter. */
function withSiblings(verdict: Verdict, { nameWords, paidSibling }: Signals): Verdict {
  const last = nameWords.at(-1)?.text;
  const subscribes = last === 'subscription' || last === 'subscriptions';
  const quote = paidSibling && quotable(paidSibling);
  if (!quote || !subscribes || !billing.has(verdict.reading?.verb ?? '')) return verdict;
  if (verdict.category !== 'Write') return verdict;
  return {
    ...verdict,
    category: 'Financial',
    basis: 'siblings',
    evidence: [
      {
        text: `It changes what is charged: "${last}" beside its sibling "${quote}".`,
        field: 'siblings',
        words: [quote],
      },
      ...verdict.evidence,
    ],
  };
}

function said(phrase: string): Evidence {
  return { text: `The description says "${phrase}".`, field: 'description', words: [phrase] };
}

/** Joins what name and description say: agreement is sure, otherwise the clearer text, otherwise the worse. */
function weigh(
  byName: Reading | undefined,
  byDescription: Reading | undefined,
  name: string,
): Verdict {
  if (byName === undefined && byDescription === undefined) {
    const quote = quotable(name);
    return {
      category: 'Write',
      basis: 'nothing',
      reading: undefined,
      evidence: [
        {
          text: quote
            ? `Neither the name "${quote}" nor the description says what it does, so it may change things.`
            : 'Neither the name nor the description says what it does, so it may change things.',
          field: 'name',
          words: quote ? [quote] : [],
        },
      ],
    };
  }
  if (byName === undefined || byDescription === undefined) {
    const only = (byName ?? byDescription) as Reading;
    return single(only, only.clear ? (byName ? 'name' : 'description') : 'weak');
  }
  if (byName.category === byDescription.category) {
    return {
      category: byName.category,
      basis: byName.clear || byDescription.clear ? 'agree' : 'weak',
      reading: byName,
      evidence: [byName.evidence, byDescription.evidence],
    };
  }
  const [first, second, basis] = order(byName, byDescription);
  return {
    category: first.category,
    basis,
    reading: first,
    evidence: [first.evidence, second.evidence],
  };
}

function single(reading: Reading, basis: Basis): Verdict {
  return { category: reading.category, basis, reading, evidence: [reading.evidence] };
}

function order(byName: Reading, byDescription: Reading): readonly [Reading, Reading, Basis] {
  const nameFirst = [byName, byDescription] as const;
  const descriptionFirst = [byDescription, byName] as const;
  // Names made from HTTP methods say POST for searches too.
  const method = byName.verb === 'post' || byName.verb === 'put';
  if (method && byDescription.clear) return [...descriptionFirst, 'descriptionOverName'];
  if (byName.clear !== byDescription.clear) {
    return byName.clear
      ? [...nameFirst, 'nameOverDescription']
      : [...descriptionFirst, 'descriptionOverName'];
  }
  // "Remove a label from a mail" says more than `remove_label`.
  if (byName.verb === 'remove' && byDescription.verb === 'remove') {
    return [...descriptionFirst, 'descriptionOverName'];
  }
  const worse = isWorse(byDescription.category, byName.category) ? descriptionFirst : nameFirst;
  return [...worse, 'worseOfTwo'];
}

function withParameters(
  verdict: Verdict,
  parameters: Parameters,
  name: string,
  description: string,
): Verdict {
  const { action, program, removalSwitch, savesTo } = parameters;
  if (action !== undefined) {
    const unsure = verdict.basis !== 'agree' && verdict.basis !== 'name';
    // On a tool that plainly reads, an action is what it filters by.
    const filter =
      verdict.category === 'Read' &&
      !action.method &&
      !action.dispatches &&
      filtering.has(verdict.reading?.verb ?? '');
    const counts = action.grave || action.dispatches || unsure || verdict.category === 'Read';
    if (isWorse(action.category, verdict.category) && !filter && counts) {
      return {
        ...verdict,
        category: action.category,
        basis: 'action',
        evidence: [action.evidence, ...verdict.evidence],
      };
    }
  }
  if (removalSwitch !== undefined && verdict.category === 'Write') {
    return {
      ...verdict,
      category: 'Destructive',
      basis: 'removal',
      evidence: [
        {
          text: `The parameter "${quotable(removalSwitch.name) ?? ''}" lets a call lose data.`,
          field: removalSwitch.field,
          words: [removalSwitch.name],
        },
        ...verdict.evidence,
      ],
    };
  }
  if (savesTo !== undefined && verdict.category === 'Read') {
    return {
      ...verdict,
      category: 'Write',
      basis: 'savesFile',
      evidence: [
        {
          text: `The parameter "${quotable(savesTo.name) ?? ''}" takes a path that is written to.`,
          field: savesTo.field,
          words: [savesTo.name],
        },
        ...verdict.evidence,
      ],
    };
  }
  if (program === undefined || !mayRun(verdict)) return verdict;
  if (
    program.kind === 'query' &&
    !namesWritableLanguage(`${name.slice(0, 256)} ${description.slice(0, 400)}`)
  ) {
    return verdict;
  }
  if (isWorse('Execute', verdict.category) || verdict.category === 'Execute') {
    const quote = quotable(program.name) ?? '';
    return {
      ...verdict,
      category: 'Execute',
      basis: 'program',
      evidence: [
        {
          text: `The parameter "${quote}" takes a program that the caller writes.`,
          field: program.field,
          words: [program.name],
        },
        ...verdict.evidence,
      ],
    };
  }
  return verdict;
}

/** Whether the verbs leave room for running what a parameter brings. */
function mayRun({ reading, basis }: Verdict): boolean {
  if (reading === undefined) return true;
  return (
    reading.sense === 'run' ||
    reading.sense === 'query' ||
    (reading.sense === 'manage' && basis === 'weak')
  );
}

/** A promise to read only counts for queries and for what is unclear; nobody can promise it for a shell. */
function withPromise(
  verdict: Verdict,
  byName: Reading | undefined,
  parameters: Parameters,
  name: string,
  description: string,
): Verdict {
  if (verdict.category === 'Read' || verdict.category === 'Financial') return verdict;
  // A promise does not undo a name that says the opposite.
  if (byName?.clear && byName.category !== 'Read' && byName.sense !== 'run') return verdict;
  if (verdict.category === 'Execute') {
    const kind = parameters.program?.kind;
    if (kind === 'shell' || kind === 'code') return verdict;
    if (kind !== 'sql' && !mentionsQuery(name, description)) return verdict;
  }
  // "Read-only unless submit": the promise is about one side of the switch.
  if (parameters.actingSwitch !== undefined) return verdict;
  const phrase = readOnlyPhrase(description);
  if (phrase === undefined) return verdict;
  return {
    ...verdict,
    category: 'Read',
    basis: 'promise',
    evidence: [said(phrase), ...verdict.evidence],
  };
}

function mentionsQuery(name: string, description: string): boolean {
  const text = `${name.slice(0, 256)} ${description.slice(0, 400)}`;
  return namesWritableLanguage(text) || /quer(?:y|ies)|select/i.test(text);
}

function withRemoval(verdict: Verdict, description: string): Verdict {
  if (verdict.category === 'Destructive' || verdict.category === 'Financial') return verdict;
  const phrase = removalPhrase(description);
  if (phrase === undefined) return verdict;
  return {
    ...verdict,
    category: 'Destructive',
    basis: 'removal',
    evidence: [said(phrase), ...verdict.evidence],
  };
}
