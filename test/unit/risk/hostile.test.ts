// A server chooses every text here. It must not be able to stop the window, to crash the classifier, or to put
// words into the evidence that it could not be quoted with.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/risk/classify';
import { categories, levels, type ToolDefinition } from '../../../src/risk/risk';

function timed(tool: ToolDefinition, siblings: readonly string[] = []): number {
  classify(tool, { siblings });
  const start = performance.now();
  classify(tool, { siblings });
  return performance.now() - start;
}

describe('names of the prototype', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', ''])(
    '%j',
    (name) => {
      const inputSchema = JSON.parse(
        `{"properties": {"${name || 'x'}": {"enum": ["__proto__", "constructor"]}}}`,
      );
      const risk = classify(
        { name, title: name, description: name, inputSchema },
        { siblings: [name] },
      );
      expect(['Write', 'Read']).toContain(risk.category);
      expect(risk.evidence[0]).toBeTruthy();
    },
  );
});

describe('size', () => {
  const rows: readonly (readonly [string, ToolDefinition])[] = [
    ['a long name', { name: 'a'.repeat(100_000) }],
    ['a long name of many words', { name: 'get_'.repeat(25_000) }],
    ['a long name of capitals', { name: 'A'.repeat(100_000) }],
    ['a long description', { name: 'x', description: 'delete '.repeat(700_000) }],
    ['a description of spaces', { name: 'x', description: ' '.repeat(5_000_000) }],
    ['a description of brackets', { name: 'x', description: '[('.repeat(2_500_000) }],
    ['a description of commas', { name: 'x', description: 'get,'.repeat(1_000_000) }],
    ['a description of labels', { name: 'x', description: 'Purpose: '.repeat(500_000) }],
    ['a description of adverbs', { name: 'x', description: 'permanently  '.repeat(400_000) }],
    ['a description of Chinese', { name: 'x', description: '删除的'.repeat(1_000_000) }],
    [
      'many parameters and values',
      {
        name: 'x',
        inputSchema: {
          properties: Object.fromEntries(
            Array.from({ length: 20_000 }, (_, i) => [`action${i}`, { enum: ['delete'] }]),
          ),
        },
      },
    ],
    [
      'a large enum',
      { name: 'x', inputSchema: { properties: { action: { enum: Array(500_000).fill('get') } } } },
    ],
  ];
  it.each(rows)('%s costs no time', (_, tool) => {
    expect(timed(tool)).toBeLessThan(1000);
  });

  it('a hundred thousand siblings cost no time', () => {
    expect(
      timed(
        { name: 'x_y' },
        Array.from({ length: 100_000 }, (_, i) => `x_${i}`),
      ),
    ).toBeLessThan(1000);
  });
});

describe('Unicode', () => {
  it.each(['del\u200bete_note', 'ｄｅｌｅｔｅ_note', '\u202edelete_note'])(
    'does not hide a verb: %j',
    (name) => {
      expect(classify({ name }, {}).category).toBe('Destructive');
    },
  );

  it('keeps quotation marks, line breaks and direction marks out of the evidence', () => {
    const name = 'frob "quoted"\n\u202e\u0007<b>';
    const first = classify({ name, description: '"\n\u202e' }, {}).evidence[0]?.text;
    expect(first).toContain('"frob"');
    expect(first).not.toMatch(/[\n\u0007\u202e<]/);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        'get',
        'delete',
        'Deletes',
        'permanently',
        'and',
        'or',
        'manage',
        'run',
        'SQL',
        'the',
        'note',
        'payment',
        'create',
        'not',
        'read-only',
        ',',
        '.',
        ':',
        '_',
        '-',
        '\n',
        '"',
        '**',
        '删除',
        'ます',
        '\ud83d',
        'Ünï',
      ),
      { maxLength: 20 },
    )
    .map((parts) => parts.join(' ')),
);
const anyTool: fc.Arbitrary<ToolDefinition> = fc.record({
  name: fc.oneof(
    anyText,
    fc
      .array(fc.constantFrom('get', 'x', 'delete', 'or', 'Post', 'list'), { maxLength: 6 })
      .map((parts) => parts.join('_')),
  ),
  title: fc.option(anyText, { nil: undefined }),
  description: fc.option(anyText, { nil: undefined }),
  inputSchema: fc.oneof(
    fc.anything(),
    fc.record({
      properties: fc.dictionary(
        fc.constantFrom('action', 'sql', 'command', 'overwrite', '__proto__', 'q"x'),
        fc.anything(),
      ),
    }),
  ),
  annotations: fc.anything(),
});

describe('any definition', () => {
  it('gets a category, a level and evidence, twice the same', () => {
    fc.assert(
      fc.property(anyTool, fc.array(anyText), (tool, siblings) => {
        const risk = classify(tool, { siblings });
        expect(categories).toContain(risk.category);
        expect(levels).toContain(risk.level);
        expect(risk.confidence).toBeGreaterThan(0);
        expect(risk.confidence).toBeLessThanOrEqual(1);
        expect(risk.evidence[0]).toBeTruthy();
        expect(classify(tool, { siblings })).toEqual(risk);
      }),
      { numRuns: 1000 },
    );
  });

  it('is quoted with words that it contains, at most 60 characters at a time', () => {
    fc.assert(
      fc.property(anyTool, ({ annotations: _, ...tool }) => {
        const texts = [
          tool.name,
          tool.title ?? '',
          tool.description ?? '',
          JSON.stringify(tool.inputSchema) ?? '',
          ...Object.keys((tool.inputSchema as { properties?: object } | null)?.properties ?? {}),
        ];
        for (const sentence of classify(tool, {}).evidence) {
          for (const [, quote = ''] of sentence.text.matchAll(/"([^"]*)"/g)) {
            expect(quote.length).toBeLessThanOrEqual(60);
            expect(texts.some((text) => text.toLowerCase().includes(quote.toLowerCase()))).toBe(
              true,
            );
          }
          for (const word of sentence.words) {
            expect(texts.some((text) => text.includes(word))).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['㎰', 'ｇｅｔ＿ｓｅｃｒｅｔ', 'ｂｕｌｋ_update_notes'])(
    '%s is quoted as it is written',
    (name) => {
      const { evidence } = classify({ name }, {});
      for (const { words } of evidence) for (const word of words) expect(name).toContain(word);
    },
  );

  it('takes values that are not text for empty ones', () => {
    const tool = { name: 7, title: {}, description: ['x'] } as unknown as ToolDefinition;
    expect(classify(tool, {}).category).toBe('Write');
  });
});
