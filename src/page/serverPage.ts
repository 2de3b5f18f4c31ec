import type { ReportedServer } from '../report/report';
import type { JudgedTool, PoliciesInForce } from '../report/reportedTool';
import { type Category, categories, type Level, levels } from '../risk/risk';
import type { Pause } from './effects';
import { type ActionCounts, actionCounts, type PresetEffect, presetEffects } from './presetEffects';

/** What the page of a server is made from. */
export interface ServerPageFacts {
  readonly label: string;
  /** Where it stands, in words of ours: `running`, `not guarded`. */
  readonly state: string;
  /** Why its tools are not known, or what is in the way; it may quote the server. */
  readonly trouble: string | undefined;
  /** Whether its tools can be asked for. */
  readonly canLoad: boolean;
  /** How it is started or reached, in words, without secrets. */
  readonly launch: string;
  /** The names of the variables or headers that it is given. */
  readonly given: readonly string[];
  /** Undefined as long as its tools are not known. */
  readonly known: KnownServer | undefined;
}

export interface KnownServer {
  readonly tools: readonly JudgedTool[];
  /** How many more there are that nothing is said about. */
  readonly left: number;
  readonly policies: PoliciesInForce;
  readonly report: ReportedServer;
}

export interface ServerPage extends ServerPageFacts {
  readonly now: ActionCounts;
  readonly presets: readonly PresetEffect[];
  /** How many tools there are of each category and level. */
  readonly totals: readonly CategoryTotals[];
}

export interface CategoryTotals {
  readonly category: Category;
  readonly byLevel: Readonly<Record<Level, number>>;
  readonly all: number;
}

/** Everything that the page of a server says. The same facts give the same page. */
export async function serverPageOf(
  facts: ServerPageFacts,
  pause: Pause = async () => {},
): Promise<ServerPage> {
  const { label, known } = facts;
  const tools = known?.tools ?? [];
  return {
    ...facts,
    now: actionCounts(label, tools, known?.policies),
    presets: await presetEffects(label, tools, known?.policies, pause),
    totals: categories.map((category) => {
      const some = known?.report.tools.filter((tool) => tool.category === category) ?? [];
      const count = (level: Level): number => some.filter((tool) => tool.level === level).length;
      const byLevel = Object.fromEntries(levels.map((level) => [level, count(level)]));
      return { category, byLevel: byLevel as Record<Level, number>, all: some.length };
    }),
  };
}
