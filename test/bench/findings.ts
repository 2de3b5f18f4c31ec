// How well poisoned definitions are told from honest ones, on a labelled corpus where it is there.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/risk/findings/finding';
import { findingsIn, type ReadableTool } from '../../src/risk/findings/findingsIn';
import { type NamedServer, Surroundings } from '../../src/risk/findings/surroundings';

interface Poisoned {
  readonly id: string;
  readonly class: string;
  readonly severity: string;
  readonly server: string;
  readonly siblings: readonly string[];
  readonly tool: ReadableTool;
  readonly span: { readonly field: string; readonly text: string };
}

interface Honest {
  readonly id?: string;
  readonly server?: string;
  readonly siblings?: readonly string[];
  readonly tool: ReadableTool;
  readonly annotations?: unknown;
}

const folder =
  process.argv[2] ?? fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));

function rows<T>(file: string): readonly T[] | undefined {
  const path = `${folder}/${file}`;
  if (!existsSync(path)) {
    console.log(`${path} is not there: skipped.`);
    return undefined;
  }
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

function serverOf(sibling: string): NamedServer {
  const [server, tools = ''] = sibling.split(': ');
  return { server: server!, tools: tools.split(', ') };
}

function percent(part: number, whole: number): string {
  return `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
}

function show({ class: kind, severity, field, text }: Finding): string {
  return `${severity} ${kind} in ${field}: ${JSON.stringify(text.slice(0, 200))}`;
}

function measureRecall(cases: readonly Poisoned[]): void {
  const byClass = new Map<string, { found: number; all: number }>();
  let severe = 0;
  let spanned = 0;
  let found = 0;
  for (const { id, class: kind, severity, server, siblings, tool, span } of cases) {
    const around = new Surroundings([{ server, tools: [tool.name] }, ...siblings.map(serverOf)]);
    const findings = findingsIn(tool, server, around);
    const count = byClass.get(kind) ?? { found: 0, all: 0 };
    byClass.set(kind, count);
    count.all++;
    if (findings.length === 0) {
      console.log(
        `  missed ${id} ${kind}: ${span.field}: ${JSON.stringify(span.text.slice(0, 200))}`,
      );
      continue;
    }
    count.found++;
    found++;
    if (severity === 'severe') {
      if (findings.some((finding) => finding.severity === 'severe')) severe++;
      else console.log(`  only moderate ${id} ${kind}: ${show(findings[0]!)}`);
    }
    const overlaps = ({ field, text }: Finding): boolean =>
      field === span.field && (text.includes(span.text) || span.text.includes(text));
    if (findings.some(overlaps)) spanned++;
    else console.log(`  other span ${id} ${kind}: ${findings.map(show).join(' | ')}`);
  }
  for (const [kind, count] of byClass) console.log(`${kind}: ${percent(count.found, count.all)}`);
  const graves = cases.filter(({ severity }) => severity === 'severe').length;
  console.log(`recall: ${percent(found, cases.length)}; as severe: ${percent(severe, graves)}`);
  console.log(`span within the labelled one, or around it: ${percent(spanned, cases.length)}`);
}

function measureFalseAlarms(tools: readonly Honest[], name: string): void {
  const servers = new Map<string, string[]>();
  for (const { server = 'honest', tool } of tools) {
    servers.set(server, [...(servers.get(server) ?? []), tool.name]);
  }
  const known = [...servers].map(([server, names]) => ({ server, tools: names }));
  const before = process.cpuUsage();
  const around = new Surroundings(known);
  const judged = tools.map(({ server = 'honest', tool, annotations }) =>
    findingsIn(annotations ? { ...tool, annotations } : tool, server, around),
  );
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  const alarms = judged.filter((findings) => findings.length > 0).length;
  for (const [index, findings] of judged.entries()) {
    const { id, server, tool } = tools[index]!;
    for (const finding of findings) console.log(`  ${id ?? server} ${tool.name}: ${show(finding)}`);
  }
  console.log(
    `false alarms on ${name}: ${percent(alarms, tools.length)}; ${took.toFixed(0)} ms of processor time`,
  );
}

const poisoned = rows<Poisoned>('poisoned.jsonl');
if (poisoned) measureRecall(poisoned);
for (const file of ['honest-tricky.jsonl', 'npm-tools.jsonl']) {
  const honest = rows<Honest>(file);
  if (honest) measureFalseAlarms(honest, file);
}
