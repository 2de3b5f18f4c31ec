/** On what a category rests; each kind is about as often right as the table says. */
export type Basis =
  | 'agree'
  | 'name'
  | 'description'
  | 'nameOverDescription'
  | 'descriptionOverName'
  | 'worseOfTwo'
  | 'weak'
  | 'program'
  | 'action'
  | 'savesFile'
  | 'siblings'
  | 'promise'
  | 'removal'
  | 'claim'
  | 'nothing';

// Set after the bins of test/bench/risk.ts, and below them where they hold few tools: the bench's tools shaped the
// rules, others will fit less well. `agree` is the only bin with more than a dozen labels.
const table: Readonly<Record<Basis, number>> = {
  agree: 0.96,
  name: 0.93,
  description: 0.92,
  nameOverDescription: 0.88,
  descriptionOverName: 0.88,
  worseOfTwo: 0.82,
  weak: 0.82,
  program: 0.9,
  action: 0.85,
  savesFile: 0.85,
  siblings: 0.8,
  promise: 0.88,
  removal: 0.75,
  claim: 0.55,
  nothing: 0.5,
};

export function confidenceOf(basis: Basis): number {
  return table[basis];
}
