import type { PolicyDocument } from './document';
import { isGlob } from './glob';
import { nameProblem } from './imports/importResult';
import { inlineJson } from './imports/layOut';
import { foldName, hasInvisibleCharacters } from './names';
import { parsePolicy } from './parsePolicy';
import { type PresetName, presets } from './presets';
import type { Rule } from './rule';
import { type Category, categories, type Level, levels } from './vocabulary';

/** A server whose tools are known. */
export interface PresetServer {
  readonly label: string;
  readonly tools: readonly PresetTool[];
}

export interface PresetTool {
  readonly name: string;
  readonly category: Category;
  readonly level: Level;
  /** Why it has this category, the weightiest reason first. */
  readonly evidence: readonly string[];
}

/**
 * A preset written out: each tool under its server with the rule that the preset gives it, so that
 * there is a line to change for each. The verdicts are those of the plain preset.
 */
export function presetFor(name: PresetName, servers: readonly PresetServer[]): string {
  const preset = withSharedCounts(parsePolicy(presets[name].text).document!);
  const everywhere = preset.servers?.['*'] ?? {};
  const blocks: string[] = [];
  const seen = new Set<string>();
  let unlisted = 0;
  for (const { label, tools } of servers) {
    if (seen.has(label) || !canBeKey(label)) unlisted++;
    else {
      seen.add(label);
      blocks.push(serverBlock(label, tools, preset, everywhere));
    }
  }
  const risk = Object.entries(preset.risk ?? {}).map(
    ([key, rule]) => `    ${JSON.stringify(key)}: ${inlineJson(rule)}`,
  );
  // Blocks do not merge: what holds for all servers stands in each of them as well.
  if (Object.keys(everywhere).length > 0) blocks.push(`    "*": ${inlineJson(everywhere)}`);
  const note = unlisted > 0 ? [`    // ${leftToRisk(unlisted, 'server')}`] : [];
  return [
    '{',
    '  "version": "1",',
    `  "description": ${JSON.stringify(preset.description ?? '')},`,
    `  "default": ${JSON.stringify(preset.default)},`,
    '  // What holds for tools that are not listed below, by what their definitions say.',
    '  "risk": {',
    risk.join(',\n'),
    '  },',
    ...(preset.flows === undefined ? [] : [`  "flows": ${inlineJson(preset.flows)},`]),
    '  "servers": {',
    ...note,
    ...(blocks.length > 0 ? [blocks.join(',\n')] : []),
    '  }',
    '}',
    '',
  ].join('\n');
}

function serverBlock(
  label: string,
  tools: readonly PresetTool[],
  preset: PolicyDocument,
  everywhere: object,
): string {
  const { listed, unlisted } = sorted(tools, preset);
  const lines: string[] = [];
  if (unlisted > 0) lines.push(`        // ${leftToRisk(unlisted, 'tool')}`);
  for (const [index, { name, category, level, evidence }] of listed.entries()) {
    const before = listed[index - 1];
    if (before?.category !== category || before.level !== level) {
      lines.push(`        // ${category}, ${level}`);
    }
    const comma = index < listed.length - 1 ? ',' : '';
    const reason = comment(evidence[0] ?? '');
    const rule = inlineJson(presetRule(preset, category));
    const member = `        ${JSON.stringify(name)}: ${rule}${comma}`;
    lines.push(reason === '' ? member : `${member} // ${reason}`);
  }
  const others = Object.entries(everywhere).map(
    ([key, value]) => `      ${JSON.stringify(key)}: ${inlineJson(value)},`,
  );
  return [
    `    ${JSON.stringify(label)}: {`,
    ...others,
    '      "tools": {',
    ...lines,
    '      }',
    '    }',
  ].join('\n');
}

/** The tools that can be listed, by category, level and name. */
function sorted(
  tools: readonly PresetTool[],
  preset: PolicyDocument,
): { readonly listed: readonly PresetTool[]; readonly unlisted: number } {
  const byName = new Map<string, PresetTool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  const alike = new Map<string, number>();
  for (const name of byName.keys()) {
    const folded = foldName(name);
    alike.set(folded, (alike.get(folded) ?? 0) + 1);
  }
  const listed = [...byName.values()].filter(({ name, category }) => {
    // A name that is refused takes the names that look like it along, which "risk" does not.
    const takesAlong =
      presetRule(preset, category).action === 'deny' && alike.get(foldName(name))! > 1;
    return canBeKey(name) && !takesAlong;
  });
  listed.sort(
    (a, b) =>
      categories.indexOf(a.category) - categories.indexOf(b.category) ||
      levels.indexOf(a.level) - levels.indexOf(b.level) ||
      (a.name < b.name ? -1 : 1),
  );
  return { listed, unlisted: byName.size - listed.length };
}

export function presetRule(preset: PolicyDocument, category: Category): Rule {
  const rule = preset.risk?.[category];
  if (rule) return rule;
  return preset.default === 'allow' ? {} : { action: preset.default };
}

/**
 * The preset with a name for each count, so that all tools of a category use up one limit together
 * as they do under the rule of the category.
 */
function withSharedCounts(preset: PolicyDocument): PolicyDocument {
  const risk: PolicyDocument['risk'] = {};
  for (const category of categories) {
    const rule = preset.risk?.[category];
    if (!rule) continue;
    const { action, rate_limit: rate, mode, ...rest } = rule;
    risk[category] = {
      ...(action && { action }),
      ...rest,
      ...(typeof rate === 'object' && {
        limits: [{ counter: `preset.${category}`, max: rate.max, window: rate.window }],
      }),
      ...(mode && { mode }),
    };
  }
  return { ...preset, risk };
}

/** Whether a name of a tool or server can stand in a policy for itself. */
export function canBeKey(name: string): boolean {
  return nameProblem(name) === undefined && !isGlob(name);
}

function leftToRisk(count: number, what: 'server' | 'tool'): string {
  const who = count === 1 ? `One ${what} is` : `${count} ${what}s are`;
  return `${who} left to "risk": a name that no key can hold, or that is like another.`;
}

const longestComment = 120;

/** Text of a server in a comment: one line, with nothing in it that cannot be seen. */
function comment(text: string): string {
  const visible = [...text.slice(0, 4 * longestComment)]
    .map((letter) => (hasInvisibleCharacters(letter) ? ' ' : letter))
    .slice(0, longestComment)
    .join('');
  return visible.trim();
}
