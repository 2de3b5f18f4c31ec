import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallFacts, type Decision, decide as decideCall } from '../../../src/policy/decide';
import { outlook } from '../../../src/policy/outlook';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { type Layer, Policy, type ToolFacts } from '../../../src/policy/policy';
import { presets } from '../../../src/policy/presets';
import { ruleInWords } from '../../../src/policy/ruleInWords';
import { categories, levels } from '../../../src/policy/vocabulary';
import * as risk from '../../../src/risk/risk';

const read: ToolFacts = { category: 'Read', level: 'low' };
const destructive: ToolFacts = { category: 'Destructive', level: 'critical' };

const facts: Omit<CallFacts, 'category' | 'level'> = {
  client: 'test',
  sessionCalls: 0,
  paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/w', homedir: '/home/me' },
};

function decide(
  policies: readonly Policy[],
  call: { server: string; tool: string; args?: Record<string, unknown> },
  risk: ToolFacts,
): Decision {
  return decideCall(policies, { args: {}, ...call }, { ...facts, ...risk });
}

function policy(document: object, layer: Layer = 'workspace'): Policy {
  const parsed = parsePolicy(JSON.stringify({ version: '1', default: 'deny', ...document }));
  expect(parsed.problems).toEqual([]);
  return new Policy(parsed.document!, layer);
}

function judge(document: object, tool: string, server = 's', facts: ToolFacts = read): Decision {
  return decide([policy(document)], { server, tool }, facts);
}

describe('the rule that governs a call', () => {
  const everywhere = {
    hide: ['hidden_top'],
    tools: { exact: {}, 'ex*': {}, 'e*': {} },
    risk: { Read: {}, low: {} },
    servers: {
      s: {
        default: 'deny',
        hide: ['hidden_here'],
        tools: { exact: {}, 'exa*': {}, 'ex*': {} },
        risk: { Destructive: {}, critical: {} },
      },
      'git*': { tools: { 'list_*': {} } },
      'github-*': { tools: { list_issues: {} } },
    },
  } as const;

  it.each([
    ['hidden_top', 's', read, '/hide/0'],
    ['hidden_here', 's', read, '/servers/s/hide/0'],
    ['hidden_here', 'other', read, '/risk/Read'],
    ['exact', 's', read, '/servers/s/tools/exact'],
    ['exactly', 's', read, '/servers/s/tools/exa*'],
    ['extra', 's', read, '/servers/s/tools/ex*'],
    ['zap', 's', destructive, '/servers/s/risk/Destructive'],
    ['exact', 'other', destructive, '/tools/exact'],
    ['extra', 'other', read, '/tools/ex*'],
    ['echo', 'other', read, '/tools/e*'],
    ['zap', 's', { category: 'Read', level: 'high' }, '/risk/Read'],
    ['zap', 's', { category: 'Write', level: 'low' }, '/risk/low'],
    ['zap', 's', { category: 'Write', level: 'medium' }, '/servers/s/default'],
    ['zap', 'other', { category: 'Write', level: 'medium' }, '/default'],
    ['list_issues', 'github-work', read, '/servers/github-*/tools/list_issues'],
    ['list_pages', 'github-work', read, '/risk/Read'],
    ['list_pages', 'gitlab', read, '/servers/git*/tools/list_*'],
  ] as const)('%s on %s (%o) is %s', (tool, server, facts, rule) => {
    expect(judge(everywhere, tool, server, facts).rule).toBe(rule);
  });

  it('is the first in the file of two equally specific patterns', () => {
    expect(judge({ tools: { 'a*c': {}, 'ac*': { action: 'deny' } } }, 'acc').rule).toBe(
      '/tools/a*c',
    );
  });

  it('is chosen again for a tool that became riskier', () => {
    const both = policy({ risk: { Read: {}, Destructive: { action: 'deny' } } });
    expect(decide([both], { server: 's', tool: 't' }, read).verdict).toBe('allow');
    expect(decide([both], { server: 's', tool: 't' }, destructive).verdict).toBe('deny');
  });
});

describe('a verdict', () => {
  it.each([
    [{}, 'allow', undefined],
    [{ action: 'allow' }, 'allow', undefined],
    [{ action: 'deny' }, 'deny', 'denied'],
    [{ action: 'hide' }, 'deny', 'hidden'],
    [{ action: 'require_approval' }, 'require_approval', undefined],
  ])('of the rule %o is %s', (rule, verdict, code) => {
    const decision = judge({ tools: { t: rule } }, 't');
    expect([decision.verdict, 'code' in decision ? decision.code : undefined]).toEqual([
      verdict,
      code,
    ]);
  });

  it('carries the reason, under either of its names', () => {
    expect(judge({ tools: { t: { action: 'deny', reason: 'No.' } } }, 't').reason).toBe('No.');
    expect(judge({ tools: { t: { action: 'deny', on_deny: 'No.' } } }, 't').reason).toBe('No.');
  });

  it.each([
    [{ max: 5, window: 60 }, 5, 60],
    [{ max: 5, window: 'minute' }, 5, 60],
    ['10/minute', 10, 60],
    ['100/hour', 100, 3600],
    ['500/day', 500, 86_400],
  ])('of an allowed call names the limit %o', (rate_limit, max, windowSeconds) => {
    const decision = judge({ tools: { t: { rate_limit } } }, 't');
    expect(decision).toMatchObject({
      verdict: 'allow',
      limits: [
        {
          max,
          windowSeconds,
          pointer: '/tools/t/rate_limit',
          layer: 'workspace',
          scope: 'session',
        },
      ],
    });
  });

  it('of the page that started it all allows its one tool and refuses the rest', () => {
    const page = { tools: { get_job: {} } };
    expect(judge(page, 'get_job').verdict).toBe('allow');
    expect(judge(page, 'cancel_job')).toMatchObject({ verdict: 'deny', rule: '/default' });
  });
});

describe('names that only look different', () => {
  const guarded = {
    default: 'allow',
    hide: ['delete_repo', 'admin_*'],
    tools: { drop_table: { action: 'deny' } },
  };

  it.each([
    ['Delete_Repo', 'another case'],
    ['ｄｅｌｅｔｅ_ｒｅｐｏ', 'full width'],
    ['dеlеtе_rеpо', 'Cyrillic letters'],
    ['ADMIN_users', 'another case of a pattern'],
    ['DROP_TABLE', 'another case of a denied tool'],
  ])('%s (%s) is refused', (tool) => {
    expect(judge(guarded, tool).verdict).toBe('deny');
  });

  it.each([
    ['delete\u200b_repo', 'zero width'],
    ['list\u202e_repos', 'bidi override'],
    ['list\u{E0041}', 'tag character'],
    ['list\n', 'line feed'],
  ])('%j (%s) is refused whatever the policy', (tool) => {
    expect(judge({ default: 'allow' }, tool)).toMatchObject({ verdict: 'deny', layer: 'gateway' });
  });

  it('that are too long to be held against every pattern are refused, and not shown', () => {
    const [short, long] = ['ab'.repeat(512), 'ab'.repeat(2_000_000)];
    const document = { default: 'allow', tools: { 'a*b*c*d*': { action: 'deny' } } };
    expect(judge(document, short).verdict).toBe('allow');
    const before = performance.now();
    expect(judge(document, long)).toMatchObject({ verdict: 'deny', layer: 'gateway' });
    expect(outlook([policy(document)], 's', long, read).action).toBe('hide');
    expect(performance.now() - before).toBeLessThan(500);
  });

  it.each(['list_repos', 'delete_repository', 'administer', 'drop_tables', 'löschen', '一覧'])(
    '%s is another tool and passes',
    (tool) => {
      expect(judge(guarded, tool).verdict).toBe('allow');
    },
  );

  it('do not make "*" under deny refuse what another rule allows', () => {
    const document = { tools: { '*': { action: 'deny' }, Get_Job: {} } };
    expect(judge(document, 'Get_Job').verdict).toBe('allow');
    expect(judge(document, 'get_job').verdict).toBe('deny');
  });

  it('of objects are names like any other', () => {
    for (const tool of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(judge({ tools: { t: {} } }, tool).verdict).toBe('deny');
    }
  });
});

describe('two layers', () => {
  const allow = { verdict: 'allow', document: { tools: { t: {} } } };
  const ask = {
    verdict: 'require_approval',
    document: { tools: { t: { action: 'require_approval' } } },
  };
  const deny = { verdict: 'deny', document: { tools: { t: { action: 'deny' } } } };
  const order = ['allow', 'require_approval', 'deny'];

  it.each(
    [allow, ask, deny].flatMap((user) => [allow, ask, deny].map((workspace) => [user, workspace])),
  )('$verdict and $verdict give the stricter', (user, workspace) => {
    const decision = decide(
      [policy(user!.document, 'user'), policy(workspace!.document)],
      { server: 's', tool: 't' },
      read,
    );
    const stricter = order.indexOf(workspace!.verdict) > order.indexOf(user!.verdict);
    expect(decision.verdict).toBe((stricter ? workspace! : user!).verdict);
    expect(decision.layer).toBe(stricter ? 'workspace' : 'user');
  });

  it('hold the limits of both', () => {
    const decision = decide(
      [
        policy({ tools: { t: { rate_limit: '5/minute' } } }, 'user'),
        policy({ tools: { t: { rate_limit: '9/hour' } } }),
      ],
      { server: 's', tool: 't' },
      read,
    );
    expect(decision).toMatchObject({ limits: [{ max: 5 }, { max: 9 }] });
  });
});

const anyName = fc.constantFrom('a', 'b', 'ab', 'a*', '*', '*b', 'A');
const anyRule = fc.record(
  {
    action: fc.constantFrom('allow', 'deny', 'require_approval', 'hide'),
    rate_limit: fc.constantFrom('1/minute', { max: 2, window: 3 }),
  },
  { requiredKeys: [] },
);
const anyBlock = {
  hide: fc.array(anyName, { maxLength: 2 }),
  tools: fc.dictionary(anyName, anyRule),
  risk: fc.dictionary(fc.constantFrom(...categories, ...levels), anyRule),
};
const anyDefault = fc.constantFrom('allow', 'deny', 'require_approval');
const anyDocument = fc.record(
  {
    default: anyDefault,
    ...anyBlock,
    servers: fc.dictionary(
      anyName,
      fc.record({ default: anyDefault, ...anyBlock }, { requiredKeys: [] }),
    ),
  },
  { requiredKeys: ['default'] },
);
const anyCall = fc.record({
  server: fc.constantFrom('a', 'ab', 'b'),
  tool: fc.constantFrom('a', 'b', 'ab', 'bb'),
});
const anyFacts = fc.record({
  category: fc.constantFrom(...categories),
  level: fc.constantFrom(...levels),
});

describe('for any policies and calls', () => {
  const strictness = { allow: 0, require_approval: 1, deny: 2 };

  it('a second layer never makes the verdict weaker', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, anyCall, anyFacts, (user, workspace, call, facts) => {
        const alone = decide([policy(user, 'user')], call, facts);
        const both = decide([policy(user, 'user'), policy(workspace)], call, facts);
        expect(strictness[both.verdict]).toBeGreaterThanOrEqual(strictness[alone.verdict]);
      }),
    );
  });

  it('the same inputs give the same decision, and its rule stands in the document', () => {
    fc.assert(
      fc.property(anyDocument, anyCall, anyFacts, (document, call, facts) => {
        const once = policy(document);
        const decision = decide([once], call, facts);
        expect(decide([once], call, facts)).toEqual(decision);
        expect(decide([policy(document)], call, facts)).toEqual(decision);
        const keys = decision.rule.slice(1).split('/');
        const found = keys.reduce<unknown>(
          (value, key) => Reflect.get(Object(value), key),
          document,
        );
        expect(found).toBeDefined();
      }),
    );
  });

  it('what is hidden is never allowed', () => {
    fc.assert(
      fc.property(anyDocument, anyCall, anyFacts, (document, call, facts) => {
        const hidden = { ...document, hide: [...(document.hide ?? []), call.tool] };
        expect(decide([policy(hidden)], call, facts)).toMatchObject({ code: 'hidden' });
      }),
    );
  });
});

it('a rule is put in plain words', () => {
  expect(
    [
      '/tools/get_*',
      '/servers/a~1b/tools/x',
      '/risk/Read',
      '/servers/s/hide/0',
      '/default',
      '/servers/s/default',
      '/tools/x/rate_limit',
      '',
    ].map(ruleInWords),
  ).toEqual([
    'the rule "get_*"',
    'the rule "x" of server "a/b"',
    'the rule for Read tools',
    'the list of hidden tools of server "s"',
    'the default of the policy',
    'the default of server "s"',
    'the rule "x"',
    'Toolgate itself',
  ]);
});

it.each(Object.values(presets))('the preset $name is a valid policy', ({ text }) => {
  expect(parsePolicy(text).problems).toEqual([]);
});

it.each([
  ['strict', 'Read', 'allow'],
  ['strict', 'Write', 'require_approval'],
  ['strict', 'Execute', 'require_approval'],
  ['strict', 'Destructive', 'deny'],
  ['strict', 'Financial', 'deny'],
  ['recommended', 'Read', 'allow'],
  ['recommended', 'Write', 'allow'],
  ['recommended', 'Execute', 'require_approval'],
  ['recommended', 'Destructive', 'require_approval'],
  ['recommended', 'Financial', 'require_approval'],
  ['permissive', 'Execute', 'allow'],
  ['permissive', 'Destructive', 'require_approval'],
] as const)('under %s, %s is %s', (name, category, verdict) => {
  const preset = new Policy(parsePolicy(presets[name].text).document!, 'preset');
  const decision = decide([preset], { server: 's', tool: 't' }, { category, level: 'low' });
  expect(decision.verdict).toBe(verdict);
});

it('the policy speaks of the same categories and levels as the risk', () => {
  expect([categories, levels]).toEqual([risk.categories, risk.levels]);
});

it('arguments that the schema engine fails to judge do not fit', () => {
  const args = {
    patternProperties: { '^a': {} },
    if: { items: { if: { type: 'string' }, else: { type: 'string' } } },
    else: { const: 1, additionalProperties: false, type: 'number' },
  };
  const decision = decide(
    [policy({ tools: { t: { args } } })],
    { server: 's', tool: 't', args: { a: 1 } },
    read,
  );
  expect(decision).toMatchObject({ verdict: 'deny', code: 'invalid_arguments' });
});
