import type { Edit, FormattingOptions } from 'jsonc-parser';
import type { ServerPolicy } from './document';
import { editsBetween, setValue } from './jsoncEdit';
import { parsePolicy } from './parsePolicy';
import { Policy } from './policy';
import { presetRule } from './presetFor';
import { type PresetName, presets } from './presets';
import { categories } from './vocabulary';

/**
 * The text edit that puts a server under a preset: from then on the preset decides about each of its
 * tools, and rules for single tools of it are gone. What is hidden, the limits of all tools and the
 * person's own categories stay. `text` has to be a valid policy.
 */
export function presetEdits(
  text: string,
  server: string,
  name: PresetName,
  format: FormattingOptions,
): Edit[] {
  const { document } = parsePolicy(text);
  if (!document) throw new TypeError('the policy is not valid');
  const label = new Policy(document, 'workspace').labelFor(server);
  const before: ServerPolicy = label === undefined ? {} : document.servers![label]!;
  const preset = parsePolicy(presets[name].text).document!;
  const after: ServerPolicy = {
    ...before,
    ...preset.servers?.['*'],
    default: preset.default,
    // Every category, since what a block leaves open is decided by the rules for all servers.
    risk: Object.fromEntries(
      categories.map((category) => [category, presetRule(preset, category)]),
    ),
    flows: preset.flows,
    tools: undefined,
  };
  let result = text;
  const isOwn = label === server;
  if (!isOwn) {
    result = setValue(result, ['servers', server], defined(after), format);
  } else {
    for (const key of Object.keys(after) as (keyof ServerPolicy)[]) {
      if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
      result = setValue(result, ['servers', server, key], after[key], format);
    }
  }
  return editsBetween(text, result);
}

function defined(block: ServerPolicy): ServerPolicy {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
}
