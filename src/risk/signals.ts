import { readName, withoutPrefix } from './nameReading';
import { type Parameters, readParameters } from './parameters';
import type { Reading, Surroundings } from './reading';
import type { ToolContext, ToolDefinition } from './risk';
import { readScript } from './scriptReading';
import { readSentence } from './sentenceReading';
import { firstSentences, nameWords, sentenceWords, type Word } from './words';

const sampledSiblings = 48;
const paid = new Set('refund refunds payment payments payout payouts charge charges'.split(' '));

/** All that is read from one definition, before anything is concluded from it. */
export interface Signals {
  readonly name: string;
  readonly description: string;
  readonly nameWords: readonly Word[];
  readonly sentences: readonly string[];
  readonly parameters: Parameters;
  readonly byName: Reading | undefined;
  readonly byDescription: Reading | undefined;
  /** The sibling that shows the server to move money; looked for only where that decides. */
  readonly paidSibling: string | undefined;
  /** Read only where name and description say nothing. */
  readonly byTitle: Reading | undefined;
}

export function readSignals(tool: ToolDefinition, context: ToolContext): Signals {
  const name = text(tool.name);
  const description = text(tool.description);
  const words = withoutPrefix(nameWords(name), context);
  const parameters = readParameters(tool.inputSchema);
  const sentences = firstSentences(description, 2);
  // Few verbs need their surroundings, so they are gathered when asked for.
  let gathered: ReadonlySet<string> | undefined;
  const nearby = (): ReadonlySet<string> => {
    gathered ??= nearbyWords(words, sentences[0], parameters);
    return gathered;
  };
  const surroundings = { nearby, writesFile: parameters.writesFile };
  const byName = readName(name, words, surroundings) ?? readScript(name, 'name');
  const byDescription = readDescription(sentences, description, surroundings);
  const byTitle = byName || byDescription ? undefined : readTitle(text(tool.title), surroundings);
  return {
    name,
    description,
    nameWords: words,
    sentences,
    parameters,
    byName,
    byDescription,
    byTitle,
    paidSibling: words.some(({ text }) => plans.has(text)) ? moneyMover(context) : undefined,
  };
}

const plans = new Set(['subscription', 'subscriptions']);

/** A sibling whose name speaks of moving money. A sample keeps thousands of siblings from costing time. */
function moneyMover({ siblings = [] }: ToolContext): string | undefined {
  const step = Math.max(1, Math.floor(siblings.length / sampledSiblings));
  for (let i = 0; i < siblings.length; i += step) {
    const sibling = siblings[i] ?? '';
    if (nameWords(sibling).some(({ text }) => paid.has(text))) return sibling;
  }
  return undefined;
}

// A server may send anything where the protocol says string.
function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function nearbyWords(
  words: readonly Word[],
  sentence: string | undefined,
  parameters: Parameters,
): ReadonlySet<string> {
  const nearby = new Set<string>();
  for (const name of parameters.names) for (const word of nameWords(name)) nearby.add(word.text);
  for (const word of words) nearby.add(word.text);
  if (sentence !== undefined) for (const word of sentenceWords(sentence)) nearby.add(word.text);
  return nearby;
}

function readDescription(
  sentences: readonly string[],
  description: string,
  surroundings: Omit<Surroundings, 'objects'>,
): Reading | undefined {
  for (const [at, sentence] of sentences.entries()) {
    const reading = readSentence(sentence, surroundings);
    // A later sentence is often advice, and never as sure.
    if (reading !== undefined) return at === 0 ? reading : { ...reading, clear: false };
  }
  return readScript(description, 'description');
}

function readTitle(
  title: string,
  surroundings: Omit<Surroundings, 'objects'>,
): Reading | undefined {
  const words = nameWords(title);
  const reading = readName(title, words, surroundings);
  return (
    reading && {
      ...reading,
      clear: false,
      evidence: {
        ...reading.evidence,
        text: reading.evidence.text.replace('The name', 'The title'),
        field: 'title',
      },
    }
  );
}
