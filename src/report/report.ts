import type { Finding } from '../risk/findings/finding';
import { type NamedServer, Surroundings } from '../risk/findings/surroundings';
import { type Level, levels } from '../risk/risk';
import { type Grade, type Grading, gradeOf, worstGrade } from './grade';
import {
  type JudgedTool,
  type PoliciesInForce,
  type ReportedTool,
  reportedTool,
} from './reportedTool';

/** What a report is made from. */
export interface ServerFacts {
  readonly label: string;
  /** Why its tools are not known. */
  readonly failure: string | undefined;
  readonly tools: readonly JudgedTool[];
  readonly policies: PoliciesInForce;
  /** Findings that rest on more than the definition, by the name of the tool. */
  readonly found?: ReadonlyMap<string, Finding>;
  /** What else is to be said: sentences that hold no text of the server. */
  readonly notes?: readonly string[];
}

export type LevelCounts = Readonly<Record<Level, number>>;

export interface ReportedServer extends Grading {
  readonly label: string;
  readonly failure: string | undefined;
  readonly notes: readonly string[];
  readonly counts: LevelCounts;
  readonly findings: number;
  /** The gravest first. */
  readonly tools: readonly ReportedTool[];
}

export interface Report {
  readonly grade: Grade | undefined;
  readonly counts: LevelCounts;
  readonly findings: number;
  readonly worst: readonly { readonly server: string; readonly tool: ReportedTool }[];
  readonly servers: readonly ReportedServer[];
}

const mostWorst = 10;

/**
 * What the servers let an agent do. `pause` is awaited after each tool, so that a program with other
 * things to do can see to them. The same facts give the same report.
 */
export async function reportOf(
  facts: readonly ServerFacts[],
  pause: () => Promise<void> = async () => {},
): Promise<Report> {
  const surroundings = new Surroundings(facts.map(named));
  const servers: ReportedServer[] = [];
  for (const server of facts) servers.push(await serverReport(server, surroundings, pause));
  const worst = servers
    .flatMap(({ label, tools }) => tools.map((tool) => ({ server: label, tool })))
    .filter(({ tool }) => isGrave(tool))
    .sort((a, b) => byGravity(a.tool, b.tool))
    .slice(0, mostWorst);
  return {
    grade: worstGrade(servers.flatMap(({ grade }) => grade ?? [])),
    counts: countsOf(servers.flatMap(({ tools }) => tools)),
    findings: servers.reduce((sum, { findings }) => sum + findings, 0),
    worst,
    servers,
  };
}

/** The part of one server, among the names of all. */
export async function serverReport(
  server: ServerFacts,
  surroundings: Surroundings,
  pause: () => Promise<void> = async () => {},
): Promise<ReportedServer> {
  const tools: ReportedTool[] = [];
  for (const tool of server.tools) {
    const found = server.found?.get(tool.name);
    const further = found ? [found] : [];
    tools.push(reportedTool(tool, server.label, server.policies, surroundings, further));
    await pause();
  }
  return reportedServer(server, tools);
}

function named({ label, tools }: ServerFacts): NamedServer {
  return { server: label, tools: tools.map(({ name }) => name) };
}

function reportedServer(
  { label, failure, policies, notes = [] }: ServerFacts,
  tools: readonly ReportedTool[],
): ReportedServer {
  const sorted = [...tools].sort(byGravity);
  // A part of a listing would be graded as if it were the whole.
  const grading =
    failure === undefined ? gradeOf(tools, label, policies) : { grade: undefined, reasons: [] };
  return {
    label,
    failure,
    ...grading,
    notes,
    counts: countsOf(tools),
    findings: tools.reduce((sum, { findings }) => sum + findings.length, 0),
    tools: sorted,
  };
}

/** Whether a tool belongs before a person’s eyes: high or critical, or with findings. */
export function isGrave({ level, findings }: ReportedTool): boolean {
  return level === 'high' || level === 'critical' || findings.length > 0;
}

function byGravity(a: ReportedTool, b: ReportedTool): number {
  return gravity(b) - gravity(a) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function gravity({ level, findings }: ReportedTool): number {
  const severe = findings.some(({ severity }) => severity === 'severe');
  return levels.indexOf(level) + (severe ? 8 : findings.length > 0 ? 4 : 0);
}

function countsOf(tools: readonly ReportedTool[]): LevelCounts {
  const counts = { low: 0, medium: 0, high: 0, critical: 0 };
  for (const { level } of tools) counts[level]++;
  return counts;
}
