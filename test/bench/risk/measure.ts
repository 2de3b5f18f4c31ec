/**
 * Measures the risk classifier against labelled tools: npm run bench:risk [corpusDir] [-- --errors]. Annotations
 * are not shown to it. The rules are not trained, but they were written while looking at the corpus's servers, so
 * only other servers say how well they hold. The table of confidences is trained: each server is judged with the
 * table that its fold had no part in.
 */
import { classify } from '../../../src/risk/classify';
import type { Basis } from '../../../src/risk/confidence';
import { type Category, categories, type Risk } from '../../../src/risk/risk';
import { readSignals } from '../../../src/risk/signals';
import { verdictOf } from '../../../src/risk/verdict';
import { confidenceTable, observations } from './confidenceTable';
import { type Corpus, defaultCorpus, readCorpus, type ShownTool } from './corpus';

const folds = 8;
const args = process.argv.slice(2);
const showErrors = args.includes('--errors');
const corpus = readCorpus(args.find((arg) => !arg.startsWith('--')) ?? defaultCorpus);

function percent(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`;
}

function error(what: string, { tool, context }: ShownTool, risk: Risk): void {
  if (!showErrors) return;
  const said = (tool.description ?? '').replace(/\s+/g, ' ').slice(0, 90);
  const why = risk.evidence[0]?.text ?? '';
  console.log(`  - ${what}: ${context.server} ${tool.name} | ${said} | ${why}`);
}

function judge({ tool, context }: ShownTool): Risk {
  return classify(tool, context);
}

function fold(server: string): number {
  let hash = 0;
  for (let i = 0; i < server.length; i++) hash = (hash * 31 + server.charCodeAt(i)) >>> 0;
  return hash % folds;
}

function reportCategories({ labelled }: Corpus): void {
  const cells = new Map<string, number>();
  const count = (label: Category, said: Category): number => cells.get(`${label}>${said}`) ?? 0;
  let right = 0;
  let rightOrSecond = 0;
  let levelled = 0;
  let levelRight = 0;
  for (const row of labelled) {
    const { label } = row;
    const risk = judge(row);
    cells.set(`${label.category}>${risk.category}`, count(label.category, risk.category) + 1);
    const hit = risk.category === label.category;
    if (hit) right++;
    else error(`${label.category}, said ${risk.category} (sure ${label.sure})`, row, risk);
    if (hit || risk.category === label.second) rightOrSecond++;
    if (label.level === null) continue;
    levelled++;
    if (risk.level === label.level) levelRight++;
    else error(`${label.category} ${label.level}, said ${risk.level}`, row, risk);
  }
  console.log(`Categories (${labelled.length} tools)`);
  console.log(`accuracy       ${percent(right, labelled.length)}`);
  console.log(`or the second  ${percent(rightOrSecond, labelled.length)}`);
  console.log(
    `label \\ said  ${categories.map((name) => name.slice(0, 5).padStart(6)).join('')}     F1`,
  );
  const scores: number[] = [];
  for (const label of categories) {
    const row = categories.map((said) => count(label, said));
    const said = categories.reduce((sum, other) => sum + count(other, label), 0);
    const all = row.reduce((sum, one) => sum + one, 0) + said;
    if (all > 0) scores.push((2 * count(label, label)) / all);
    const f1 = all > 0 ? scores.at(-1)?.toFixed(3) : '-';
    console.log(`${label.padEnd(13)} ${row.map((one) => String(one).padStart(6)).join('')}  ${f1}`);
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  console.log(`macro-F1       ${mean.toFixed(3)}`);
  console.log(`level          ${percent(levelRight, levelled)}`);
}

/** The gap between confidence and being right, over ten bins. */
function reportCalibration({ labelled, ...rest }: Corpus): void {
  const seen = observations({ labelled, ...rest });
  const bins = new Map<number, { all: number; right: number; said: number }>();
  for (let held = 0; held < folds; held++) {
    const table = confidenceTable(seen.filter(({ server }) => fold(server) !== held));
    for (const row of labelled) {
      if (fold(row.context.server) !== held) continue;
      const { category, basis } = verdictOf(readSignals(row.tool, row.context));
      const said = table[basis satisfies Basis];
      const bin = Math.min(9, Math.floor(said * 10));
      const sum = bins.get(bin) ?? { all: 0, right: 0, said: 0 };
      sum.all++;
      sum.said += said;
      if (category === row.label.category) sum.right++;
      bins.set(bin, sum);
    }
  }
  let gap = 0;
  for (const [bin, { all, right, said }] of [...bins].sort(([a], [b]) => a - b)) {
    gap += Math.abs(right - said);
    console.log(`  said ${(bin / 10).toFixed(1)} and up: right ${percent(right, all)}`);
  }
  console.log(`calibration error, by server ${(gap / labelled.length).toFixed(3)}`);
}

function reportReadOnly({ tools }: Corpus): void {
  let all = 0;
  let right = 0;
  let misses = 0;
  const byServer = new Map<string, { right: number; all: number }>();
  for (const row of tools) {
    if (row.readOnly === null) continue;
    const risk = judge(row);
    const read = risk.category === 'Read';
    const hit = read === row.readOnly;
    const server = byServer.get(row.context.server) ?? { right: 0, all: 0 };
    byServer.set(row.context.server, { right: server.right + Number(hit), all: server.all + 1 });
    all++;
    if (hit) right++;
    else if (read) misses++;
    if (!hit) error(read ? 'dangerous miss' : 'too strict', row, risk);
  }
  const rates = [...byServer.values()].map((server) => server.right / server.all);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / (rates.length || 1);
  console.log(`\nRead-only or not, by the authors' hints`);
  console.log(`accuracy         ${percent(right, all)}`);
  console.log(`mean of servers  ${(100 * mean).toFixed(1)} % (${rates.length} servers)`);
  console.log(`dangerous misses ${percent(misses, all)}`);
}

function reportPolicyLayer({ policyLayer }: Corpus): void {
  const tally = new Map<string, { right: number; all: number }>();
  for (const row of policyLayer) {
    const risk = judge(row);
    const hit = risk.category === row.category;
    for (const key of [
      'all',
      row.origin,
      row.category === 'Financial' ? '' : 'without Financial',
    ]) {
      const entry = tally.get(key) ?? { right: 0, all: 0 };
      tally.set(key, { right: entry.right + Number(hit), all: entry.all + 1 });
    }
    if (!hit) error(`${row.category}, said ${risk.category}`, row, risk);
  }
  tally.delete('');
  console.log(`\nPolicyLayer's labels`);
  for (const [key, { right, all }] of tally) {
    console.log(`${key.padEnd(22)} ${percent(right, all)}`);
  }
}

function reportTime({ tools }: Corpus): void {
  const elapsed: number[] = [];
  const used: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    for (let i = 0; i < 10_000; i++) {
      const row = tools[i % tools.length];
      if (row) judge(row);
    }
    used.push(process.cpuUsage(cpu).user / 1000);
    elapsed.push(performance.now() - start);
  }
  console.log(
    `\n10,000 tools: first ${elapsed[0]?.toFixed(0)} ms, best of 5 ${Math.min(...elapsed).toFixed(0)} ms` +
      ` (${Math.min(...used).toFixed(0)} ms of one processor)`,
  );
}

if (corpus.labelled.length > 0) {
  reportCategories(corpus);
  reportCalibration(corpus);
}
if (corpus.tools.length > 0) reportReadOnly(corpus);
if (corpus.policyLayer.length > 0) reportPolicyLayer(corpus);
if (corpus.tools.length > 0) reportTime(corpus);
