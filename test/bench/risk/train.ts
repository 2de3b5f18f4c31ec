/** Writes src/risk/confidence.json from the labelled corpus: npm run train:risk [corpusDir]. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { confidenceTable, observations } from './confidenceTable';
import { defaultCorpus, readCorpus } from './corpus';

const seen = observations(readCorpus(process.argv[2] ?? defaultCorpus));
if (seen.length === 0) throw new Error('no labelled tools: nothing is written.');
const table = {
  generatedBy: 'npm run train:risk',
  ...confidenceTable(seen),
};
const path = fileURLToPath(new URL('../../../src/risk/confidence.json', import.meta.url));
writeFileSync(path, `${JSON.stringify(table, undefined, 2)}\n`);
console.log(`${seen.length} observations: ${JSON.stringify(table)}`);
