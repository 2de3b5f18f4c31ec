import table from './confidence.json';

/** On what a category rests. */
export const bases = [
  'agree',
  'name',
  'description',
  'nameOverDescription',
  'descriptionOverName',
  'worseOfTwo',
  'weak',
  'program',
  'action',
  'savesFile',
  'siblings',
  'promise',
  'removal',
  'claim',
  'nothing',
] as const;
export type Basis = (typeof bases)[number];

/** How often a category that rests on such grounds was right on labelled tools. */
export function confidenceOf(basis: Basis): number {
  return table[basis];
}
