/**
 * Measures the risk classifier against labelled tools: npx tsx test/bench/risk.ts [corpusDir] [--errors]
 * [--half dev|seen|kept]. Annotations are not shown to the classifier. Rules were developed on the servers of
 * `dev`, then `seen`; `kept` was scored apart until two of its errors were mended at the end: only servers
 * outside the corpus say whether the rules hold.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classify } from '../../src/risk/classify';
import {
  type Category,
  categories,
  type Level,
  type Risk,
  type ToolDefinition,
} from '../../src/risk/risk';

interface NpmTool {
  readonly server: string;
  readonly tool: ToolDefinition;
  readonly readOnly: boolean | null;
}
interface Label {
  readonly server: string;
  readonly name: string;
  readonly category: Category;
  readonly second: Category | null;
  readonly level: Level | null;
  readonly sure: number;
}
interface PolicyLabel {
  readonly server: string;
  readonly tool: string;
  readonly description: string;
  readonly category: Category;
  readonly label_origin: string;
}

const args = process.argv.slice(2);
const repo = resolve(fileURLToPath(import.meta.url), '../../..');
const half = args.includes('--half') ? args[args.indexOf('--half') + 1] : 'all';
const corpus = resolve(
  args.find((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--half') ??
    join(repo, '../shared/corpus'),
);
const showErrors = args.includes('--errors');

function isInHalf(server: string): boolean {
  if (half === 'all') return true;
  let hash = 0;
  for (let i = 0; i < server.length; i++) hash = (hash * 31 + server.charCodeAt(i)) >>> 0;
  const kept = hash % 4 === 3;
  return half === 'kept' ? kept : half === 'dev' ? hash % 2 === 0 : hash % 2 === 1 && !kept;
}

function load<T extends { readonly server: string }>(file: string): readonly T[] | undefined {
  const path = join(corpus, file);
  if (!existsSync(path)) {
    console.log(`skipped: ${path} is not there`);
    return undefined;
  }
  const rows = readFileSync(path, 'utf8').trim().split('\n');
  return rows.map((row) => JSON.parse(row) as T).filter((row) => isInHalf(row.server));
}

function percent(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`;
}

function error(...parts: readonly unknown[]): void {
  if (showErrors)
    console.log('  -', ...parts.map((part) => String(part).replace(/\s+/g, ' ').slice(0, 200)));
}

const bins = new Map<string, { right: number; all: number; sum: number }>();
const tools = load<NpmTool>('npm-tools.jsonl');
const siblings = new Map<string, string[]>();
for (const { server, tool } of tools ?? []) {
  siblings.set(server, [...(siblings.get(server) ?? []), tool.name]);
}
const risks = new Map<string, Risk>();
const definitions = new Map<string, ToolDefinition>();
for (const { server, tool } of tools ?? []) {
  const { annotations: _, ...shown } = tool;
  definitions.set(`${server} ${tool.name}`, shown);
  risks.set(`${server} ${tool.name}`, classify(shown, { server, siblings: siblings.get(server) }));
}

const labels = tools && load<Label>('categories.jsonl');
if (labels !== undefined) {
  console.log(`\nCategories (${labels.length} tools, half: ${half})`);
  const matrix = new Map<string, number>();
  let right = 0;
  let rightOrSecond = 0;
  let levelRight = 0;
  let levelled = 0;
  const moves = new Map<string, number>();
  for (const label of labels) {
    const key = `${label.server} ${label.name}`;
    const risk = risks.get(key);
    if (risk === undefined) continue;
    const cell = `${label.category}>${risk.category}`;
    matrix.set(cell, (matrix.get(cell) ?? 0) + 1);
    const hit = risk.category === label.category;
    if (hit) right++;
    if (hit || risk.category === label.second) rightOrSecond++;
    const bin = bins.get(risk.confidence.toFixed(2)) ?? { right: 0, all: 0, sum: 0 };
    bins.set(risk.confidence.toFixed(2), {
      right: bin.right + Number(hit),
      all: bin.all + 1,
      sum: bin.sum + risk.confidence,
    });
    if (!hit) {
      error(
        `${label.category}→${risk.category} sure=${label.sure} second=${label.second}`,
        key,
        risk.confidence,
        definitions.get(key)?.description?.slice(0, 120),
        '|',
        risk.evidence.map((item) => item.text).join(' '),
      );
    }
    if (label.level !== null) {
      levelled++;
      const move = `${label.category}: ${label.level}→${risk.level}`;
      if (hit && risk.level !== label.level) moves.set(move, (moves.get(move) ?? 0) + 1);
      if (risk.level === label.level) levelRight++;
      else if (hit) error(`level ${label.level}→${risk.level}`, label.category, key);
    }
  }
  console.log(`accuracy       ${percent(right, labels.length)}`);
  console.log(`or second      ${percent(rightOrSecond, labels.length)}`);
  const f1: number[] = [];
  const head = categories.map((category) => category.slice(0, 5).padStart(6)).join('');
  console.log(`label \\ said  ${head}     F1`);
  for (const row of categories) {
    const counts = categories.map((column) => matrix.get(`${row}>${column}`) ?? 0);
    const hits = matrix.get(`${row}>${row}`) ?? 0;
    const labelled = counts.reduce((sum, count) => sum + count, 0);
    const said = categories.reduce((sum, other) => sum + (matrix.get(`${other}>${row}`) ?? 0), 0);
    const score = labelled + said === 0 ? undefined : (2 * hits) / (labelled + said);
    if (score !== undefined) f1.push(score);
    const cells = counts.map((count) => String(count).padStart(6)).join('');
    console.log(`${row.padEnd(13)} ${cells}  ${score?.toFixed(3) ?? '-'}`);
  }
  console.log(
    `macro-F1       ${(f1.reduce((sum, score) => sum + score, 0) / f1.length).toFixed(3)}`,
  );
  console.log(`level          ${percent(levelRight, levelled)}`);
  console.log(
    `wrong level in the right category: ${[...moves].map(([move, count]) => `${move} ${count}`).join(', ')}`,
  );
  let gap = 0;
  for (const [confidence, bin] of [...bins].sort()) {
    gap += Math.abs(bin.right - bin.sum);
    console.log(`  said ${confidence}: right ${percent(bin.right, bin.all)}`);
  }
  console.log(`calibration error ${(gap / labels.length).toFixed(3)}`);
}

if (tools !== undefined) {
  const hinted = tools.filter((row) => row.readOnly !== null);
  let right = 0;
  let misses = 0;
  for (const { server, tool, readOnly } of hinted) {
    const risk = risks.get(`${server} ${tool.name}`);
    const read = risk?.category === 'Read';
    if (read === readOnly) right++;
    else
      error(
        read ? 'MISS' : 'too strict',
        server,
        tool.name,
        '|',
        tool.description?.slice(0, 100),
        '|',
        risk?.category,
        risk?.evidence[0]?.text,
      );
    if (read && !readOnly) misses++;
  }
  console.log(`\nRead-only or not, by the authors' hints`);
  console.log(`accuracy         ${percent(right, hinted.length)}`);
  const byServer = new Map<string, { right: number; all: number }>();
  for (const { server, tool, readOnly } of hinted) {
    const entry = byServer.get(server) ?? { right: 0, all: 0 };
    const read = risks.get(`${server} ${tool.name}`)?.category === 'Read';
    byServer.set(server, { right: entry.right + Number(read === readOnly), all: entry.all + 1 });
  }
  const rates = [...byServer.values()].map((entry) => entry.right / entry.all);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / (rates.length || 1);
  console.log(`mean of servers  ${(100 * mean).toFixed(1)} % (${rates.length} servers)`);
  console.log(`dangerous misses ${percent(misses, hinted.length)}`);
}

const policy = load<PolicyLabel>('policylayer.jsonl');
if (policy !== undefined) {
  const names = new Map<string, string[]>();
  const wrong = new Map<string, number>();
  for (const row of policy) names.set(row.server, [...(names.get(row.server) ?? []), row.tool]);
  const tally = new Map<string, { right: number; all: number }>();
  if (showErrors) console.log('\nPolicyLayer');
  for (const row of policy) {
    const tool = { name: row.tool, description: row.description };
    const risk = classify(tool, { server: row.server, siblings: names.get(row.server) });
    const hit = risk.category === row.category;
    for (const key of ['all', row.label_origin]) {
      const entry = tally.get(key) ?? { right: 0, all: 0 };
      tally.set(key, { right: entry.right + Number(hit), all: entry.all + 1 });
    }
    const cell = `${row.category}→${risk.category}`;
    if (!hit) wrong.set(cell, (wrong.get(cell) ?? 0) + 1);
    if (!hit) error(cell, row.server, row.tool, '|', row.description);
  }
  console.log(`\nPolicyLayer's labels`);
  for (const [key, { right, all }] of tally)
    console.log(`${key.padEnd(22)} ${percent(right, all)}`);
  console.log([...wrong].map(([cell, count]) => `${cell} ${count}`).join(', '));
}

if (tools !== undefined && tools.length > 0) {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let i = 0; i < 10_000; i++) {
      const row = tools[i % tools.length];
      if (row) classify(row.tool, { server: row.server, siblings: siblings.get(row.server) });
    }
    times.push(performance.now() - start);
  }
  console.log(
    `\n10,000 tools: first ${times[0]?.toFixed(0)} ms, best of 5 ${Math.min(...times).toFixed(0)} ms`,
  );
}
