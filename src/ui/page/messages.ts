import { z } from 'zod';
import { presetNames } from '../../policy/presets';

const simple = [
  'ready',
  'allow',
  'ask',
  'deny',
  'hide',
  'limit',
  'showRule',
  'classify',
  'openServer',
  'openEntry',
  'loadTools',
  'showActivity',
] as const;

// What a page is about, as its host calls it: what was pressed on another page does nothing.
const subject = z.string().max(20_000);

/** What a page asks its host for. It names only what the host has put into the page. */
export const pageMessage = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum(simple), subject }),
  z.strictObject({ do: z.literal('openTool'), subject, tool: z.string().max(20_000) }),
  // The rule as it was shown: nobody adds another than they saw.
  z.strictObject({ do: z.enum(['addRule', 'copyRule']), subject, rule: z.string().max(20_000) }),
  z.strictObject({ do: z.literal('preset'), subject, preset: z.enum(presetNames) }),
]);

export type PageMessage = z.infer<typeof pageMessage>;
