import type { JudgedTool } from '../report/reportedTool';
import { verbForm } from '../risk/lexicon';
import { nameWords } from '../risk/words';

const mostRelated = 8;
// Less than any noun: it only adds to the list where there is room.
const sameVerb = 1e-6;

/**
 * The siblings that are about the same things, by the nouns of their names, then those that do the
 * same to others; the closest first.
 */
export function relatedTools(
  tool: JudgedTool,
  tools: readonly JudgedTool[],
): readonly JudgedTool[] {
  const nouns = new Map(tools.map((one) => [one, nounsOf(one.name)]));
  const spread = new Map<string, number>();
  for (const some of nouns.values()) {
    for (const noun of some) spread.set(noun, (spread.get(noun) ?? 0) + 1);
  }
  const own = nounsOf(tool.name);
  const verb = verbOf(tool.name);
  return tools
    .filter(({ name }) => name !== tool.name)
    .map((one) => {
      const shared = [...nouns.get(one)!].filter((noun) => own.has(noun));
      // What every tool is about tells nothing: the more names share a noun, the less it counts.
      const tells = (noun: string): boolean => tools.length < 4 || spread.get(noun)! < tools.length;
      const things = shared.filter(tells).reduce((sum, noun) => sum + 1 / spread.get(noun)!, 0);
      const isLike = verb !== undefined && verbOf(one.name) === verb;
      return { one, score: things + (isLike ? sameVerb : 0) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.one.name < b.one.name ? -1 : 1))
    .slice(0, mostRelated)
    .map(({ one }) => one);
}

function nounsOf(name: string): ReadonlySet<string> {
  const words = nameWords(name).map(({ text }) => text);
  const nouns = words.filter((word) => word.length > 2 && verbForm(word)?.noun !== false);
  return new Set(nouns.map((word) => word.replace(/(?<=..[^s])s$|(?<=.ie)s$/, '')));
}

function verbOf(name: string): string | undefined {
  return nameWords(name)
    .map(({ text }) => verbForm(text))
    .find((form) => form?.noun === false)?.base;
}
