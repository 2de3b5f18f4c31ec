import { type Basis, confidenceOf } from './confidence';
import { levelMove, levelOf } from './level';
import { readName, withoutPrefix } from './nameReading';
import { type Parameters, readParameters } from './parameters';
import {
  arbitraryCodePhrase,
  namesWritableLanguage,
  readOnlyPhrase,
  removalPhrase,
} from './phrases';
import { isWorse, type Reading, type Surroundings } from './reading';
import type { Category, Risk, ToolContext, ToolDefinition } from './risk';
import { readScript } from './scriptReading';
import { readSentence } from './sentenceReading';
import { firstSentences, nameWords, quotable, sentenceWords, type Word } from './words';

interface Verdict {
  readonly category: Category;
  readonly basis: Basis;
  readonly reading: Reading | undefined;
  readonly evidence: readonly string[];
}

/** How dangerous the worst call of a tool is, and the words of its definition that say so. */
export function classify(tool: ToolDefinition, context: ToolContext): Risk {
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
  let verdict = weigh(byName, byDescription ?? byTitle, name);
  verdict = withParameters(verdict, parameters, name, description);
  verdict = withPromise(verdict, byName, parameters, name, description);
  verdict = withRemoval(verdict, description);
  verdict = withClaims(verdict, tool.annotations);

  const move = levelMove({
    category: verdict.category,
    nameWords: words.map((word) => word.text),
    reading: verdict.reading,
    arbitraryCode: verdict.category === 'Execute' ? arbitraryCodePhrase(description) : undefined,
    shell:
      verdict.basis === 'program' && parameters.program?.kind === 'shell'
        ? parameters.program.name
        : undefined,
  });
  return {
    category: verdict.category,
    level: levelOf(verdict.category, move),
    confidence: confidenceOf(verdict.basis),
    evidence: move ? [...verdict.evidence, move.evidence] : verdict.evidence,
  };
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
      evidence: reading.evidence.replace("The name's", "The title's"),
    }
  );
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
        quote
          ? `Neither the name "${quote}" nor the description says what it does, so it may change things.`
          : 'Neither the name nor the description says what it does, so it may change things.',
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
  const worse = isWorse(byDescription.category, byName.category) ? descriptionFirst : nameFirst;
  return [...worse, 'worseOfTwo'];
}

function withParameters(
  verdict: Verdict,
  parameters: Parameters,
  name: string,
  description: string,
): Verdict {
  const { action, program, removalSwitch } = parameters;
  if (action !== undefined) {
    const unsure = verdict.basis !== 'agree' && verdict.basis !== 'name';
    // On a tool that plainly reads, an action is what it filters by.
    const filter = verdict.category === 'Read' && !unsure && !action.method;
    if (isWorse(action.category, verdict.category) && !filter && (action.grave || unsure)) {
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
        `The parameter "${quotable(removalSwitch) ?? ''}" lets a call lose data.`,
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
        `The parameter "${quote}" takes a program that the caller writes.`,
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
  const phrase = readOnlyPhrase(description);
  if (phrase === undefined) return verdict;
  return {
    ...verdict,
    category: 'Read',
    basis: 'promise',
    evidence: [`The description says "${phrase}".`, ...verdict.evidence],
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
    evidence: [`The description says "${phrase}".`, ...verdict.evidence],
  };
}

/** Annotations are the server's claims: they may raise what the words leave open, and never lower it. */
function withClaims(verdict: Verdict, annotations: unknown): Verdict {
  if (typeof annotations !== 'object' || annotations === null) return verdict;
  const claims = annotations as { readonly readOnlyHint?: unknown };
  if (verdict.category === 'Read' && verdict.basis !== 'agree' && claims.readOnlyHint === false) {
    return {
      ...verdict,
      category: 'Write',
      basis: 'claim',
      evidence: [
        'The server itself says that it is not read-only ("readOnlyHint").',
        ...verdict.evidence,
      ],
    };
  }
  return verdict;
}
