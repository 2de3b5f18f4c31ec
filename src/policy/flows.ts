import { z } from 'zod';
import { compileGlob } from './glob';
import { hasInvisibleCharacters } from './names';
import { type Path, type Pointer, toPointer } from './pointer';

/** What passes through a tool. */
export interface Marks {
  /** It gives the agent what is not public. */
  readonly private: boolean;
  /** It gives the agent what others have written, and may have written for the agent. */
  readonly untrusted: boolean;
  /** It carries something to others. */
  readonly outbound: boolean;
}

/** What an agent has read. */
export type Touched = Pick<Marks, 'private' | 'untrusted'>;

export const flowScopes = ['session', 'grant'] as const;
export type FlowScope = (typeof flowScopes)[number];

const names = z
  .array(
    z.string().refine((text) => text !== '' && !hasInvisibleCharacters(text), {
      error: 'A name cannot be empty or hold an invisible character.',
    }),
    'Write a list of tool names, such as ["read_*"].',
  )
  .optional();

/** Whether data may flow from what is private, past what is untrusted, to the outside. */
export const flows = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        private: names.describe(
          'Tools that read what is not public, instead of those known as such.',
        ),
        untrusted: names.describe(
          'Tools that read what others wrote, instead of those known as such.',
        ),
        outbound: names.describe('Tools that send something out, instead of those known as such.'),
        scope: z
          .enum(flowScopes, { error: '"scope" must be "session" or "grant".' })
          .describe('Whose reading counts: this session’s (the default), or all of the client’s.')
          .optional(),
        mode: z
          .enum(['enforce', 'observe'], { error: '"mode" must be "enforce" or "observe".' })
          .describe('observe: that it would have asked is recorded and the call passes.')
          .optional(),
      }),
    ],
    '"flows" must be true, false, or an object with "private", "untrusted" or "outbound".',
  )
  .describe(
    'Once a session has read private data and untrusted data, tools that send something out wait for you.',
  );

export type Flows = z.infer<typeof flows>;

/** The same in the form that is enforced. */
export interface CompiledFlows {
  readonly pointer: Pointer;
  readonly scope: FlowScope;
  readonly effect: 'ask' | 'observe' | 'none';
  /** `known` is what its definition says. */
  marksOf(tool: string, known: Marks): Marks;
}

const nothing: Marks = { private: false, untrusted: false, outbound: false };

export const noMarks = nothing;
export const untouched: Readonly<Record<FlowScope, Touched>> = {
  session: nothing,
  grant: nothing,
};

/** Without a word about flows what is read is noted all the same, for the day they are turned on. */
export function compileFlows(written: Flows | undefined, path: Path): CompiledFlows {
  const pointer = toPointer([...path, 'flows']);
  if (typeof written !== 'object') {
    const effect = written ? 'ask' : 'none';
    return { pointer, scope: 'session', effect, marksOf: (_, known) => known };
  }
  const among = (
    patterns: readonly string[] | undefined,
  ): ((tool: string) => boolean) | undefined => {
    const globs = patterns?.map(compileGlob);
    return globs && ((tool) => globs.some((glob) => glob.matches(tool)));
  };
  const listed = {
    private: among(written.private),
    untrusted: among(written.untrusted),
    outbound: among(written.outbound),
  };
  return {
    pointer,
    scope: written.scope ?? 'session',
    effect: written.mode === 'observe' ? 'observe' : 'ask',
    marksOf: (tool, known) => ({
      private: listed.private?.(tool) ?? known.private,
      untrusted: listed.untrusted?.(tool) ?? known.untrusted,
      outbound: listed.outbound?.(tool) ?? known.outbound,
    }),
  };
}

/** Whether `after` surely asks about every call that `before` asks about. */
export function asksAsMuch(after: Flows | undefined, before: Flows | undefined): boolean {
  const [now, then] = [asObject(after), asObject(before)];
  if (!then || then.mode === 'observe') return true;
  if (!now || now.mode === 'observe') return false;
  if (then.scope === 'grant' && now.scope !== 'grant') return false;
  return (['private', 'untrusted', 'outbound'] as const).every((mark) => {
    const [wide, narrow] = [now[mark], then[mark]];
    if (wide?.includes('*')) return true;
    // What definitions say, and a list, cannot be compared.
    if (!wide || !narrow) return !wide && !narrow;
    return narrow.every((pattern) => wide.includes(pattern));
  });
}

function asObject(written: Flows | undefined): Exclude<Flows, boolean> | undefined {
  return typeof written === 'object' ? written : written ? {} : undefined;
}

/** What is already read, both at once. */
export function bothTouched(a: Touched, b: Touched): Touched {
  return { private: a.private || b.private, untrusted: a.untrusted || b.untrusted };
}
