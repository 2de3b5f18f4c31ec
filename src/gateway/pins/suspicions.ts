import { visibleLine } from '../../common/visibleText';
import type { Finding, FindingClass } from '../../risk/findings/finding';
import { findingsIn, findingsInText, type ReadableTool } from '../../risk/findings/findingsIn';
import type { Surroundings } from '../../risk/findings/surroundings';
import type { Offer } from './offer';

const longestSpan = 200;
const mostReasons = 10;

const inWords: Readonly<Record<FindingClass, string>> = {
  'hidden-chars': 'It holds hidden characters',
  'look-alike': 'It looks like the name of something else',
  shadowing: 'It speaks of a tool of another server',
  'secret-exfil': 'It asks for secrets',
  'encoded-exfil': 'It asks for data in disguise',
  'line-jumping': 'It gives the model orders',
  concealment: 'It wants something kept from you',
  'consent-bypass': 'It wants you not to be asked',
  'policy-tamper': 'It wants rules changed',
  'fake-authority': 'It speaks as if it had authority',
  'rug-pull': 'It announces that it will be something else',
  'tool-preference': 'It wants to be used instead of others',
  oversized: 'It is longer than a person can read',
  'not-as-published': 'It is not as it was published',
};

/**
 * Why a person has to look at what a server offers even when it is seen for the first time, with
 * the words that it rests on. Empty for what is only odd.
 */
export function suspicionsOf(
  { kind, definition }: Offer,
  server: string,
  surroundings: Surroundings,
): readonly string[] {
  const findings =
    kind === 'tool'
      ? findingsIn(definition as ReadableTool, server, surroundings)
      : findingsInText(definition, kind, server, surroundings);
  const severe = findings.filter(({ severity }) => severity === 'severe');
  return severe.slice(0, mostReasons).map(reason);
}

function reason({ class: kind, field, text }: Finding): string {
  const span = text === '' ? '' : `: “${visibleLine(text.slice(0, longestSpan))}”`;
  return `${inWords[kind]} (${visibleLine(field)})${span}`;
}
