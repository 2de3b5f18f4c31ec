import fc from 'fast-check';

export interface RandomConfig {
  readonly text: string;
  readonly labels: readonly string[];
  /** As JSON texts. */
  readonly values: ReadonlyMap<string, string>;
  /** Each comment has a number of its own, so that a lost one is noticed. */
  readonly comments: readonly string[];
}

const label = fc.oneof(
  { arbitrary: fc.constantFrom('github', '__proto__', 'constructor', 'toString', ''), weight: 3 },
  { arbitrary: fc.constantFrom('a"b', 'a\\b', '// x', '/* y', '{', '},', 'ü🦊', ' '), weight: 2 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 6 }), weight: 1 },
);

const scalar = fc.oneof(
  fc.constantFrom('npx', '-y', 'a // b', '/* c */', '"', ',}', '\r\n'),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.oneof(
  fc.record({ command: scalar, args: fc.array(scalar, { maxLength: 3 }) }),
  fc.dictionary(fc.constantFrom('url', 'gallery', '__proto__', 'x'), scalar, { maxKeys: 3 }),
);

const space = fc.constantFrom('', '', ' ', '  ', '\t', '\n', '\n  ', '\n\n', '\n\t\t');
const comment = fc.constantFrom('/*#*/', '/*#\n *#*/', '//#\n', '// #\n\t');
const chaos = fc
  .array(fc.oneof({ arbitrary: space, weight: 3 }, { arbitrary: comment, weight: 1 }), {
    maxLength: 4,
  })
  .map((parts) => parts.join(''));

/** The ways of writing that people and tools have: each says what stands before a token. */
const tidy = fc.record({
  step: fc.constantFrom('\t', '  ', '    '),
  above: fc.constantFrom('', '// #', '/* # */', '// #\n@// #', '\n@// #'),
  after: fc.constantFrom('', ' // #', ' /* # */'),
  blank: fc.constantFrom('', '\n'),
});

function numbered(text: string): { text: string; comments: readonly string[] } {
  const comments: string[] = [];
  const out = text.replace(/#/g, () => {
    comments.push(`comment-${comments.length}-`);
    return comments.at(-1)!;
  });
  return { text: out, comments };
}

function escaped(text: string, unicode: boolean): string {
  const json = JSON.stringify(text).replace(/#/g, '\\u0023');
  return unicode && /^[a-z]/.test(text)
    ? `"\\u00${text.charCodeAt(0).toString(16)}${json.slice(2)}`
    : json;
}

/** Configurations in every layout that JSON with comments allows, tidy ones and wild ones. */
export const randomConfig: fc.Arbitrary<RandomConfig> = fc
  .record({
    servers: fc.uniqueArray(fc.record({ label, value, unicode: fc.boolean() }), {
      selector: (server) => server.label,
      maxLength: 6,
    }),
    style: fc.constantFrom('tidy', 'chaos', 'minified', 'oneLine', 'commaFirst'),
    tidy: fc.array(tidy, { minLength: 8, maxLength: 8 }),
    gaps: fc.array(chaos, { minLength: 40, maxLength: 40 }),
    trailing: fc.boolean(),
    inputs: fc.boolean(),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    finalNewline: fc.boolean(),
  })
  .map((c) => {
    let gap = 0;
    const g = (): string => c.gaps[gap++ % c.gaps.length]!;
    const comma = c.trailing && c.servers.length > 0 ? ',' : '';
    let text: string;
    const key = (s: (typeof c.servers)[number]): string => escaped(s.label, s.unicode);
    if (c.style === 'tidy') {
      const step = c.tidy[0]!.step;
      const members = c.servers.map((s, i) => {
        const t = c.tidy[i]!;
        const indent = step.repeat(2);
        const above = t.above && `${t.above.replaceAll('@', indent)}\n${indent}`;
        const json = JSON.stringify(s.value, null, step).replaceAll('\n', `\n${indent}`);
        const last = i === c.servers.length - 1;
        const end = last ? comma : ',';
        return `${t.blank}${indent}${above}${key(s)}: ${json}${end}${t.after}\n`;
      });
      const inputs = c.inputs ? `${step}"inputs": [], // #\n` : '';
      text = `{\n${inputs}${step}"servers": {${c.tidy[7]!.after}\n${members.join('')}${step}}\n}`;
    } else if (c.style === 'commaFirst') {
      const members = c.servers.map(
        (s, i) =>
          `  ${i > 0 ? ', ' : '  '}${key(s)}: ${JSON.stringify(s.value)}${c.tidy[i]!.after}\n`,
      );
      text = `{ "servers": {\n${members.join('')}  }\n}`;
    } else {
      const w = c.style === 'chaos' ? g : () => (c.style === 'oneLine' ? ' ' : '');
      const members = c.servers.map(
        (s) => `${w()}${key(s)}${w()}:${w()}${JSON.stringify(s.value)}${w()}`,
      );
      const inputs = c.inputs ? `"inputs"${w()}:${w()}[]${w()},${w()}` : '';
      const inner = members.join(',') + (comma && `${comma}${w()}`);
      text = `${w()}{${w()}${inputs}"servers"${w()}:${w()}{${inner}${w()}}${w()}}`;
    }
    if (c.finalNewline) text += '\n';
    const done = numbered(text);
    const lines = c.crlf ? done.text.replace(/\n/g, '\r\n') : done.text;
    return {
      text: (c.bom ? '\uFEFF' : '') + lines,
      labels: c.servers.map((s) => s.label),
      values: new Map(c.servers.map((s) => [s.label, JSON.stringify(s.value)])),
      comments: done.comments,
    };
  });
