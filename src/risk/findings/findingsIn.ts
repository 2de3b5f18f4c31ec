import { cueOf } from './cues';
import { encodedParts } from './encoded';
import { type Field, type Fields, fieldsOf } from './fields';
import type { Finding, FindingClass, Severity } from './finding';
import { hiddenSpans } from './hidden';
import { mixedWords, nameSeverity, shadowOf } from './names';
import { roleSpans } from './roleMarkers';
import { type Sentence, sentencesOf } from './sentences';
import type { Surroundings } from './surroundings';

/** Everything of a tool that a model gets to read. Unknown members are read too. */
export interface ReadableTool {
  readonly name: string;
  readonly [member: string]: unknown;
}

// A person is not helped by more.
const mostFindings = 50;

/**
 * What in a tool's definition hides something, speaks to the model past the person, or passes for
 * another server's tool. Deterministic, and linear in the size of the definition.
 */
export function findingsIn(
  tool: ReadableTool,
  server: string,
  surroundings: Surroundings,
): readonly Finding[] {
  const { name, ...rest } = tool;
  const parts = Object.entries(rest).map(([member, value]) => fieldsOf(value, member));
  const fields = parts.flatMap((part) => part.fields);
  const reader = new Reader(server, surroundings, ownWords(tool, fields));
  const found = [...nameFindings(name, server, surroundings), ...parts.flatMap(unreadFindings)];
  for (const field of fields) {
    found.push(...reader.findingsIn(field));
    if (found.length >= mostFindings) break;
  }
  return found.slice(0, mostFindings);
}

/** The same for a text that belongs to no tool: a server's `instructions`, a prompt. */
export function findingsInText(
  value: unknown,
  field: string,
  server: string,
  surroundings: Surroundings,
): readonly Finding[] {
  const reader = new Reader(server, surroundings, new Set());
  const part = fieldsOf(value, field);
  return [...unreadFindings(part), ...part.fields.flatMap((text) => reader.findingsIn(text))].slice(
    0,
    mostFindings,
  );
}

// More than this nobody reads, and something may be buried in it.
const longestField = 100_000;

function unreadFindings({ unread }: Fields): readonly Finding[] {
  return unread === undefined ? [] : [finding('oversized', 'severe', unread, '', 0)];
}

function nameFindings(
  name: string,
  server: string,
  surroundings: Surroundings,
): readonly Finding[] {
  const hidden = hiddenSpans(name).map(({ offset, text }) =>
    // No name needs any.
    finding('hidden-chars', 'severe', 'name', text, offset),
  );
  if (hidden.length > 0) return hidden;
  const severity = nameSeverity(name, server, surroundings);
  return severity ? [finding('look-alike', severity, 'name', name, 0)] : [];
}

const identifier = /^[\w.-]{1,64}$/;

/** Words that the tool itself defines: values it takes and names of its parameters. */
function ownWords(tool: ReadableTool, fields: readonly Field[]): ReadonlySet<string> {
  const own = new Set<string>();
  for (const { path, text } of fields) {
    if (path.includes('.enum[') && identifier.test(text)) own.add(text);
    for (const key of path.split(/[.[\]]/)) own.add(key);
  }
  own.add(tool.name);
  return own;
}

// A word says nothing, unless it is long enough to hold a message.
const isText = /\s|.{36}|[^\x00-\x7F]/;

/** Reads the texts of one tool. */
class Reader {
  constructor(
    private readonly server: string,
    private readonly surroundings: Surroundings,
    private readonly own: ReadonlySet<string>,
  ) {}

  findingsIn({ path, text }: Field): readonly Finding[] {
    if (text.length > longestField) {
      const rest = text.slice(longestField, longestField + 80);
      return [finding('oversized', 'severe', path, rest, longestField)];
    }
    const found = hiddenSpans(text).map((span) =>
      finding('hidden-chars', span.severity, path, span.text, span.offset),
    );
    if (!isText.test(text)) return found;
    for (const word of mixedWords(text)) {
      found.push(finding('hidden-chars', 'moderate', path, word.text, word.offset));
    }
    for (const span of roleSpans(text)) {
      found.push(finding('fake-authority', span.severity, path, span.text, span.offset));
    }
    for (const part of encodedParts(text)) {
      const hides = this.instructionsIn(part.decoded, path).length > 0;
      if (hides) found.push(finding('encoded-exfil', 'severe', path, part.text, part.offset));
    }
    found.push(...this.instructionsIn(text, path));
    return found;
  }

  private instructionsIn(text: string, path: string): readonly Finding[] {
    const sentences = sentencesOf(text, this.surroundings.lexicon);
    return sentences.flatMap((sentence, index) => {
      const judged = this.judge(sentence, sentences[index + 1]);
      return judged
        ? [finding(judged.class, judged.severity, path, sentence.text, sentence.offset)]
        : [];
    });
  }

  private judge(
    sentence: Sentence,
    next: Sentence | undefined,
  ): Pick<Finding, 'class' | 'severity'> | undefined {
    const shadow = shadowOf(sentence, this.server, this.surroundings, this.own);
    if (shadow?.severity === 'severe') return shadow;
    return cueOf(sentence, next) ?? shadow;
  }
}

function finding(
  kind: FindingClass,
  severity: Severity,
  field: string,
  text: string,
  offset: number,
): Finding {
  return { severity, class: kind, field, text, offset };
}
