import { contradiction, withClaims } from './claims';
import { confidenceOf } from './confidence';
import { levelMove, levelOf } from './level';
import { arbitraryCodePhrase } from './phrases';
import type { Risk, ToolContext, ToolDefinition } from './risk';
import { readSignals } from './signals';
import { verdictOf } from './verdict';

/** How dangerous the worst call of a tool is, and the words of its definition that say so. */
export function classify(tool: ToolDefinition, context: ToolContext): Risk {
  const signals = readSignals(tool, context);
  const verdict = withClaims(verdictOf(signals), tool.annotations);
  const { category, basis } = verdict;
  const move = levelMove({
    category,
    signals,
    reading: verdict.reading,
    arbitraryCode: category === 'Execute' ? arbitraryCodePhrase(signals.description) : undefined,
    runsParameter: basis === 'program',
  });
  const contradicted = contradiction(verdict, tool.annotations);
  return {
    category,
    level: levelOf(category, move),
    confidence: confidenceOf(basis),
    evidence: [
      ...verdict.evidence,
      ...(move ? [move.evidence] : []),
      ...(contradicted ? [contradicted] : []),
    ],
    contradiction: contradicted,
  };
}
