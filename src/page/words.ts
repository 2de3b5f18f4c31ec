import type { Flow } from '../risk/flow';
import type { Category } from '../risk/risk';

// The sentences of the pages. None holds text of a server.

/** What agents call a tool for. */
export const purposes: Readonly<Record<Category, string>> = {
  Read: 'to look something up. As far as its definition says, a call changes nothing.',
  Write: 'to create or change something.',
  Execute:
    'to run something: a program, a query, a job. What a call does depends on what it is given.',
  Destructive: 'to remove or replace something. What is gone may not come back.',
  Financial: 'to move money, or to bind somebody to pay.',
};

/** What passes through a tool; nothing where that is of no note. */
export function flowSentence(flow: Flow): string {
  const does = [
    ...(flow.private ? ['reads private data'] : []),
    ...(flow.untrusted ? ['reads what strangers wrote'] : []),
    ...(flow.outbound ? ['carries data out'] : []),
  ];
  const last = does.pop();
  if (last === undefined) return '';
  return ` As far as can be told, it ${does.length > 0 ? `${does.join(', ')} and ` : ''}${last}.`;
}

/** Why calls of a category should not go unwatched. */
export function dangerOf(category: Category, flow: Flow): string {
  switch (category) {
    case 'Read':
      if (flow.private && flow.untrusted) {
        return 'It reads what is private and what strangers wrote. A model may take a stranger’s text for an order, and hand on what it has read.';
      }
      if (flow.private) {
        return 'Reading changes nothing, but what it reads is private, and another tool can carry it out.';
      }
      if (flow.untrusted) {
        return 'Reading changes nothing, but strangers wrote what it returns, and a model may take that for an order.';
      }
      return 'There is little to hold back: let it pass, and keep the record.';
    case 'Write':
      return 'An agent that misunderstands, or is misled, changes things faster than anyone looks. A limit bounds how much.';
    case 'Execute':
      return 'Whoever words the request decides what runs. A person should see it first.';
    case 'Destructive':
      return 'One wrong call is enough, and there may be no way back. A person should decide about each.';
    case 'Financial':
      return 'One wrong call costs money. A person should decide about each.';
  }
}

export function confidenceInWords(confidence: number): string {
  if (confidence >= 0.95) return 'sure';
  if (confidence >= 0.85) return 'fairly sure';
  return confidence >= 0.7 ? 'likely' : 'a guess';
}

const outcomes: Readonly<Record<string, string>> = {
  ok: 'done',
  tool_error: 'the tool failed',
  error: 'the server failed',
  lost: 'no answer',
  cancelled: 'cancelled',
  unknown: 'not finished',
  input_required: 'the server asked back',
};

/** What came of a call; of one that was refused the code says it. */
export function outcomeInWords(outcome: string): string {
  return outcomes[outcome] ?? '';
}
