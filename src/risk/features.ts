import { verbForm } from './lexicon';
import type { Reading } from './reading';
import type { Signals } from './signals';
import type { Verdict } from './verdict';
import { sentenceWords } from './words';

const parameterLimit = 40;

/**
 * What the model is asked about: each feature names something that a person can point at in the definition, and
 * none comes from annotations.
 */
export function featuresOf(signals: Signals, verdict: Verdict): readonly string[] {
  const { parameters, byName, byDescription, byTitle, nameWords } = signals;
  const features = [`rule:${verdict.category}`, `rule:${verdict.category}:${verdict.basis}`];
  reading(features, 'name', byName);
  reading(features, 'description', byDescription ?? byTitle);
  const seen = new Set<string>();
  const once = (feature: string): void => {
    if (seen.has(feature)) return;
    seen.add(feature);
    features.push(feature);
  };
  for (const [at, word] of nameWords.entries()) {
    once(`name has ${word.text}`);
    if (at === 0) once(`name begins ${word.text}`);
    if (at === nameWords.length - 1) once(`name ends ${word.text}`);
  }
  const first = signals.sentences[0];
  if (first === undefined) features.push('no description');
  else for (const word of sentenceWords(first)) once(`says ${word.text}`);
  if (parameters.names.length === 0) features.push('no parameters');
  for (const name of parameters.names.slice(0, parameterLimit)) {
    if (name.length <= 40) once(`takes ${name.toLowerCase().replace(/[^a-z0-9]/g, '')}`);
  }
  if (parameters.program) features.push(`program:${parameters.program.kind}`);
  if (parameters.action) features.push(`action:${parameters.action.category}`);
  if (parameters.removalSwitch) features.push('removal switch');
  if (parameters.writesFile) features.push('writes file');
  return features;
}

function reading(features: string[], where: string, of: Reading | undefined): void {
  if (of === undefined) {
    features.push(`${where}:nothing`);
    return;
  }
  features.push(`${where}:${of.category}${of.clear ? '' : '?'}`, `${where}.sense:${of.sense}`);
  if (of.verb !== '' && verbForm(of.verb)) features.push(`${where}.verb:${of.verb}`);
}
