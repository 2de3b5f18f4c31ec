import { confidenceOf } from './confidence';
import { levelMove, levelOf } from './level';
import { arbitraryCodePhrase } from './phrases';
import type { Risk, ToolContext, ToolDefinition } from './risk';
import { readSignals } from './signals';
import { type Verdict, verdictOf } from './verdict';

/** How dangerous the worst call of a tool is, and the words of its definition that say so. */
export function classify(tool: ToolDefinition, context: ToolContext): Risk {
  const signals = readSignals(tool, context);
  const verdict = withClaims(verdictOf(signals), tool.annotations);
  const move = levelMove({
    category: verdict.category,
    signals,
    reading: verdict.reading,
    arbitraryCode:
      verdict.category === 'Execute' ? arbitraryCodePhrase(signals.description) : undefined,
    runsParameter: verdict.basis === 'program',
  });
  return {
    category: verdict.category,
    level: levelOf(verdict.category, move),
    confidence: confidenceOf(verdict.basis),
    evidence: move ? [...verdict.evidence, move.evidence] : verdict.evidence,
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
        {
          text: 'The server itself says that it is not read-only ("readOnlyHint").',
          field: 'annotations.readOnlyHint',
          words: ['readOnlyHint'],
        },
        ...verdict.evidence,
      ],
    };
  }
  return verdict;
}
