import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy, positionAt } from '../../../src/policy/parsePolicy';
import { presets } from '../../../src/policy/presets';

/** Every problem as `line:column message`. */
function problemsOf(text: string): string[] {
  return parsePolicy(text).problems.map(({ offset, message }) => {
    const { line, column } = positionAt(text, offset);
    return `${line}:${column} ${message}`;
  });
}

const policy = (more: string): string => `{ "version": "1", "default": "deny", ${more} }`;

describe('a policy', () => {
  it.each([
    ['of the PolicyLayer site', '{"version":"1","default":"deny","tools":{"get_job":{}}}'],
    [
      'with comments and trailing commas',
      '// c\n{ "version": "1", /* d */ "default": "deny", "hide": ["a",], }',
    ],
    ['with a byte-order mark', '\ufeff{ "version": "1", "default": "deny" }'],
    [
      'with notes of its own',
      policy('"x-owner": { "a": [1] }, "$schema": "s", "description": "d"'),
    ],
    [
      'with notes in a schema',
      policy('"tools": { "t": { "args": { "x-a": 1, "properties": { "n": { "x-b": 1 } } } } }'),
    ],
    ['with notes in a rule', policy('"tools": { "t": { "x-why": 1 } }')],
    ['with a tool named like a note', policy('"tools": { "x-ray": { "action": "deny" } }')],
    [
      'with every action',
      policy(
        '"tools": { "a": { "action": "allow" }, "b": { "action": "deny" }, "c": { "action": "require_approval" }, "d": { "action": "hide" } }',
      ),
    ],
    [
      'with every form of limit',
      policy(
        '"tools": { "a": { "rate_limit": "10/minute" }, "b": { "rate_limit": "1/hour" }, "c": { "rate_limit": "500/day" }, "d": { "rate_limit": { "max": 1, "window": 0.5 } }, "e": { "rate_limit": { "max": 1, "window": "day" } } }',
      ),
    ],
    ['with rules by risk', policy('"risk": { "Read": {}, "critical": { "action": "deny" } }')],
    [
      'with servers',
      policy(
        '"servers": { "a*": { "default": "allow", "hide": ["*"], "tools": {}, "risk": {} }, "b": {} }',
      ),
    ],
    [
      'with either name of the reason',
      policy('"tools": { "a": { "reason": "r" }, "b": { "on_deny": "r" } }'),
    ],
    [
      'with tools named like what objects have',
      policy('"tools": { "constructor": {}, "toString": { "action": "deny" } }'),
    ],
    ['with CRLF', '{\r\n"version": "1",\r\n"default": "deny"\r\n}\r\n'],
  ])('%s is accepted', (_, text) => {
    const { document, problems } = parsePolicy(text);
    expect(problems).toEqual([]);
    expect(document?.default).toBe('deny');
  });

  it.each(Object.values(presets).map(({ name, text }) => [name, text]))(
    'that is the preset %s is accepted',
    (_, text) => {
      expect(parsePolicy(text).problems).toEqual([]);
    },
  );

  it('keeps what names a tool, and drops the notes of its reader', () => {
    const { document } = parsePolicy(policy('"x-a": 1, "tools": { "x-ray": { "x-b": 2 } }'));
    expect(document).toEqual({ version: '1', default: 'deny', tools: { 'x-ray': {} } });
  });

  it.each([
    ['', ['1:1 A value is missing here.']],
    [
      '[]',
      [
        '1:1 A policy must be an object, such as { "version": "1", "default": "deny", "tools": {} }.',
      ],
    ],
    [
      '{}',
      [
        '1:1 "version" is missing. Write "version": "1".',
        '1:1 "default" is missing. "default" must be "allow", "deny" or "require_approval".',
      ],
    ],
    ['{ "version": 1, "default": "deny" }', ['1:14 Write "version": "1".']],
    [
      '{ "version": "1", "default": "hide" }',
      ['1:30 "default" must be "allow", "deny" or "require_approval".'],
    ],
    [
      policy('"defualt": "allow"'),
      [
        '1:38 "defualt" is not a key of the policy language here. Remove it, or begin it with "x-" if it is a note of your own.',
      ],
    ],
    [
      policy('"Hide": []'),
      [
        '1:38 "Hide" is not a key of the policy language here. Remove it, or begin it with "x-" if it is a note of your own.',
      ],
    ],
    [policy('"default": "allow"'), ['1:38 "default" is written twice. Keep one of them.']],
    [
      policy('"tools": { "a": {}, "\\u0061": {} }'),
      ['1:58 "a" is written twice. Keep one of them.'],
    ],
    [policy('"__proto__": {}'), ['1:38 "__proto__" cannot be a key of a policy.']],
    [
      policy('"tools": { "__proto__": { "action": "deny" } }'),
      ['1:49 "__proto__" cannot be a key of a policy.'],
    ],
    [
      policy('"hide": "a"'),
      ['1:46 "hide" must be a list of tool names, such as ["delete_repo", "admin_*"].'],
    ],
    [policy('"hide": ["a", ""]'), ['1:52 A name cannot be empty.']],
    [
      policy('"hide": ["a\\u200b"]'),
      ['1:47 This name holds an invisible character. Type it again by hand.'],
    ],
    [policy('"tools": { "": {} }'), ['1:49 A name cannot be empty.']],
    [
      policy('"tools": { "a\\u202e": {} }'),
      ['1:49 This name holds an invisible character. Type it again by hand.'],
    ],
    [
      policy('"tools": []'),
      ['1:47 "tools" must be an object: a tool name or pattern to its rule.'],
    ],
    [
      policy('"tools": { "a": "deny" }'),
      ['1:54 A rule must be an object, such as {} (allow) or { "action": "deny" }.'],
    ],
    [
      policy('"tools": { "a": { "action": "block" } }'),
      ['1:66 "action" must be "allow", "deny", "require_approval" or "hide".'],
    ],
    [policy('"tools": { "a": { "reason": 1 } }'), ['1:66 The reason must be a text.']],
    [
      policy('"tools": { "a": { "reason": "r", "on_deny": "r" } }'),
      ['1:82 "reason" and "on_deny" mean the same. Keep one of them.'],
    ],
    [
      policy('"tools": { "a": { "rate_limit": { "max": 0, "window": 1 } } }'),
      ['1:79 "max" must be at least 1. To allow no call at all, write "action": "deny".'],
    ],
    [
      policy('"risk": { "read": {} }'),
      [
        '1:48 "read" is not a key of the policy language here. Remove it, or begin it with "x-" if it is a note of your own.',
      ],
    ],
    [
      policy('"servers": { "s": { "version": "1" } }'),
      [
        '1:58 "version" is not a key of the policy language here. Remove it, or begin it with "x-" if it is a note of your own.',
      ],
    ],
    [`${policy('"hide": []')} {}`, ['1:51 The policy has ended; nothing may follow it.']],
  ])('%s is refused, and all that is wrong with it is told', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
    expect(parsePolicy(text).document).toBeUndefined();
  });

  it.each([
    '10/second',
    '0/minute',
    '-1/minute',
    '1.5/minute',
    '10',
    '10/ minute',
    '100001/minute',
    '1e3/day',
    ' 1/day',
  ])('with the limit "%s" is refused', (limit) => {
    const text = policy(`"tools": { "a": { "rate_limit": ${JSON.stringify(limit)} } }`);
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^1:70 "rate_limit" /)]);
  });

  it.each([
    ['{ "max": 1 }'],
    ['{ "max": 1, "window": 0 }'],
    ['{ "max": 1, "window": -5 }'],
    ['{ "max": 1.5, "window": 5 }'],
    ['{ "max": "1", "window": 5 }'],
    ['{ "max": 1, "window": "week" }'],
    ['{ "max": 1, "window": 1e9 }'],
    ['{ "max": 1e9, "window": 1 }'],
    ['{ "max": 1, "window": 5, "scope": "session" }'],
    ['{ "max": 1, "window": 1e999 }'],
    ['10'],
    ['null'],
  ])('with the limit %s is refused', (limit) => {
    expect(
      parsePolicy(policy(`"tools": { "a": { "rate_limit": ${limit} } }`)).document,
    ).toBeUndefined();
  });

  it('tells of many mistakes at once, each in its place and in the order of the text', () => {
    const text = [
      '{',
      '  "version": "2",',
      '  "default": "maybe",',
      '  "hide": ["", 5],',
      '  "tools": {',
      '    "a": { "action": "no", "actoin": "deny" },',
      '    "b": { "rate_limit": "often" },',
      '    "a": {},',
      '  },',
      '  "serverz": {}',
      '}',
    ].join('\n');
    const lines = problemsOf(text).map((problem) => problem.split(' ')[0]);
    expect(lines).toEqual(['2:14', '3:14', '4:12', '4:16', '6:22', '6:28', '7:26', '8:5', '10:3']);
  });

  it('that was cut short at any byte is refused', () => {
    for (const { text } of Object.values(presets)) {
      const whole = text.trimEnd();
      for (let end = 0; end < whole.length; end++) {
        const { document, problems } = parsePolicy(whole.slice(0, end));
        expect(document, whole.slice(0, end)).toBeUndefined();
        expect(problems.length).toBeGreaterThan(0);
      }
    }
  });

  it.each([
    ['opening brackets', '['.repeat(100_000)],
    ['opening braces', '{"a":'.repeat(100_000)],
    ['brackets after a comment with a quote in it', `/*"*/${'['.repeat(100_000)}`],
    ['brackets after a line comment', `// "\r${'['.repeat(100_000)}`],
    ['brackets after a string without an end', `"\r${'['.repeat(100_000)}`],
    [
      'brackets after closing ones that close nothing',
      `[${'}'.repeat(100_000)},${'['.repeat(100_000)}`,
    ],
    ['a string in the place of a key', `{"a"\r${'{"a":'.repeat(100_000)}`],
  ])('nested beyond reason (%s) is refused and breaks no reader', (_, text) => {
    const { document, problems } = parsePolicy(text);
    expect(document).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
  });

  it('may hold any number of brackets in its comments and texts', () => {
    const many = '[{'.repeat(100);
    const text = policy(`/* ${many} */ "description": "${many}", // ${many}\n "hide": []`);
    expect(problemsOf(text)).toEqual([]);
  });

  it('never makes the reader throw, however it is mutated', () => {
    const texts = Object.values(presets).map(({ text }) => text);
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '\\',
        '/*',
        '*/',
        '//',
        '\n',
        'null',
        '1e999',
        '"default"',
        '"__proto__"',
        '"tools":',
        '"hide":',
      ),
    );
    const edit = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), piece);
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        (text, edits) => {
          const mutated = edits.reduce((before, [place, length, insert]) => {
            const at = Math.floor(place * before.length);
            return before.slice(0, at) + insert + before.slice(at + length);
          }, text);
          const { document, problems } = parsePolicy(mutated);
          expect(document === undefined).toBe(
            problems.some(({ severity }) => severity === 'error'),
          );
          for (const { offset, length } of problems) {
            expect(offset).toBeGreaterThanOrEqual(0);
            expect(length).toBeGreaterThan(0);
            expect(offset).toBeLessThanOrEqual(mutated.length);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('a place in a text', () => {
  it.each([
    ['', 0, 1, 1],
    ['abc', 2, 1, 3],
    ['a\nb', 2, 2, 1],
    ['a\r\nb', 3, 2, 1],
    ['a\rb', 2, 2, 1],
    ['a\n\nb', 3, 3, 1],
    ['😀b', 2, 1, 3],
  ])('%j at %i is line %i, column %i', (text, offset, line, column) => {
    expect(positionAt(text, offset)).toEqual({ line, column });
  });
});

// "x-" begins a note beside the language's keys. Where keys are names or data, nothing may be lost.
it.each([
  ['a tool', '"tools": { "x-ray": { "action": "deny" } }'],
  ['a server', '"servers": { "x-s": { "default": "deny" } }'],
  ['a tool of a server', '"servers": { "s": { "tools": { "x-ray": { "action": "deny" } } } }'],
  ['a tool with a category', '"servers": { "s": { "classify": { "x-ray": "Destructive" } } }'],
  ['an argument', '"tools": { "t": { "args": { "properties": { "x-n": { "maximum": 5 } } } } }'],
  [
    'an argument within others',
    '"risk": { "Read": { "args": { "allOf": [{ "items": { "dependentSchemas": { "x-n": {} } } }] } } }',
  ],
  [
    'a value in a schema',
    '"tools": { "t": { "args": { "properties": { "o": { "const": { "x-a": 1 } } } } } }',
  ],
  [
    'the value of a condition',
    '"tools": { "t": { "require": [{ "not": { "path": "args.o", "op": "eq", "value": { "x-a": 1 } } }] } }',
  ],
  [
    'a list of values',
    '"tools": { "t": { "deny_if": [{ "conditions": [{ "path": "args.o", "op": "in", "value": [{ "x-a": 1 }] }] }] } }',
  ],
])('keeps a name like that of a note: %s', (_, more) => {
  const text = policy(more);
  const { document, problems } = parsePolicy(text);
  expect(problems).toEqual([]);
  expect(document).toEqual(JSON.parse(text));
});

it.each([
  ['a server', '"servers": { "s": { "x-a": 1 } }'],
  ['a rule', '"risk": { "Read": { "x-a": 1 } }'],
  ['all tools', '"all_tools": { "x-a": 1 }'],
  [
    'a condition',
    '"tools": { "t": { "require": [{ "path": "args.o", "op": "eq", "value": 1, "x-a": 1 }] } }',
  ],
  [
    'a schema',
    '"tools": { "t": { "args": { "not": { "x-a": 1 }, "properties": { "n": { "x-a": 1 } } } } }',
  ],
])('leaves out a note in %s', (_, more) => {
  const { document, problems } = parsePolicy(policy(more));
  expect(problems).toEqual([]);
  expect(JSON.stringify(document)).not.toContain('x-a');
});

it.each([
  ['{ "max": 1e300, "window": "day", "cost": "args.n" }', 'at most 9007199254740991'],
  ['{ "max": 5, "window": 1e-9 }', '"window" must be a number of seconds (0.001 to'],
  ['{ "max": 5, "window": 1e400 }', '"window" must be a number of seconds'],
])('a limit that no counter can keep is an error: %s', (limit, message) => {
  const [problem] = problemsOf(policy(`"tools": { "a": { "limits": [${limit}] } }`));
  expect(problem).toContain(message);
});
