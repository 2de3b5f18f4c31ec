import { claimsAuthority, followsElsewhere, overridesRules } from './authority';
import { coversUp, keepsFromUser, skipsConsent } from './consent';
import { changesControls } from './controls';
import type { FindingClass, Severity } from './finding';
import { praisesItself, pushesAhead, reachesFurther } from './reach';
import { carriesOut, takesSecrets } from './secrets';
import type { Sentence } from './sentences';

/** A kind of instruction that has no place in a definition. */
interface Cue {
  readonly class: FindingClass;
  readonly severity: Severity;
  fits(sentence: Sentence, next: Sentence | undefined): boolean;
}

/** By what they would have the model do. The first that fits names the sentence. */
const cues: readonly Cue[] = [
  {
    class: 'fake-authority',
    severity: 'severe',
    fits: (s) => overridesRules(s) || claimsAuthority(s),
  },
  { class: 'concealment', severity: 'severe', fits: (s) => keepsFromUser(s) || coversUp(s) },
  { class: 'secret-exfil', severity: 'severe', fits: takesSecrets },
  { class: 'consent-bypass', severity: 'severe', fits: skipsConsent },
  { class: 'policy-tamper', severity: 'severe', fits: changesControls },
  { class: 'rug-pull', severity: 'severe', fits: followsElsewhere },
  { class: 'encoded-exfil', severity: 'severe', fits: carriesOut },
  { class: 'line-jumping', severity: 'severe', fits: reachesFurther },
  { class: 'line-jumping', severity: 'moderate', fits: pushesAhead },
  { class: 'tool-preference', severity: 'moderate', fits: praisesItself },
];

/** What is wrong with a sentence; `next` is the one after it, which may go on with what it begins. */
export function cueOf(sentence: Sentence, next: Sentence | undefined): Cue | undefined {
  const found = cues.find((cue) => cue.fits(sentence, next));
  return found && isQuotation(sentence) ? undefined : found;
}

const quoted = /["“«‘][^"”»’]{4,}["”»’]/;
const aboutPhrases =
  /\b(?:flags?|detects?|scans?|blocks?|phrases?|such as|looks? for|matches|patterns?|examples? of)\b/i;

/** A tool that finds such sentences quotes them. */
function isQuotation({ text }: Sentence): boolean {
  return aboutPhrases.test(text) && quoted.test(text) && !/[~$][/\w]|:\/\//.test(text);
}
