import type { ServerFacts } from '../report/report';
import type { PoliciesInForce } from '../report/reportedTool';
import { type Comparison, findingsOf, noteOf } from './comparison';
import type { CataloguedServer } from './packageCatalogue';

/** A server that has not been asked, as a report takes it. */
export function cataloguedFacts(
  label: string,
  { package: name, version, tools }: CataloguedServer,
  policies: PoliciesInForce,
): ServerFacts {
  return {
    label,
    failure: undefined,
    tools: tools.map(({ digest: _, name: tool, ...risk }) => {
      return { name: tool, risk: { ...risk, evidence: [], contradiction: undefined } };
    }),
    policies,
    notes: [`It was not started. This is from the catalogue: ${name} as version ${version} was.`],
  };
}

/** What a running server is, with what the catalogue says to it. */
export function comparedFacts(facts: ServerFacts, comparison: Comparison): ServerFacts {
  return { ...facts, found: findingsOf(comparison), notes: [noteOf(comparison)] };
}
