import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decide } from '../../../src/policy/decide';
import type { PathFacts } from '../../../src/policy/operators/under';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy } from '../../../src/policy/policy';
import { type PresetServer, type PresetTool, presetFor } from '../../../src/policy/presetFor';
import { presetNames, presets } from '../../../src/policy/presets';
import { categories, exchanges, levels } from '../../../src/policy/vocabulary';

const paths = {
  platform: 'posix',
  caseInsensitive: false,
  workspaceFolder: '/work',
  homedir: '/home/me',
  realpath: () => undefined,
} as PathFacts;

function policy(text: string): Policy {
  const { document, problems } = parsePolicy(text);
  expect(problems).toEqual([]);
  return new Policy(document!, 'workspace');
}

function judge(in_: Policy, server: string, { name, category, level }: PresetTool): Decision {
  return decide(
    [in_],
    { server, tool: name, args: {} },
    { category, level, client: 'test', sessionCalls: 0, paths },
  );
}

/** All of a decision that does not say in which line it was found. */
function verdictOf(decision: Decision): unknown {
  const observed = decision.observed.map(({ verdict, code }) => ({ verdict, code }));
  if (decision.verdict === 'deny') {
    return { verdict: 'deny', code: decision.code, reason: decision.reason, observed };
  }
  const { verdict, reason, approval } = decision;
  const limits = decision.limits.map(({ max, windowSeconds, scope, cost, observe }) => {
    return { max, windowSeconds, scope, cost, observe };
  });
  return { verdict, reason, approval, limits, observed };
}

const risk = {
  Read: 'low',
  Write: 'medium',
  Execute: 'high',
  Destructive: 'critical',
  Financial: 'critical',
} as const;
const tool = (name: string, category: PresetTool['category'], evidence = ''): PresetTool => ({
  name,
  category,
  level: risk[category],
  evidence: [evidence],
});
const known: PresetServer[] = [
  {
    label: 'github',
    tools: [
      tool('delete_repo', 'Destructive', 'The name\'s "delete" loses data.'),
      tool('get_me', 'Read'),
      tool('create_issue', 'Write'),
      tool('close_issue', 'Write'),
      tool('run', 'Execute'),
      tool('pay', 'Financial'),
    ],
  },
  { label: 'empty', tools: [] },
];

describe.each(presetNames)('the preset %s', (name) => {
  const plain = policy(presets[name].text);

  it('gives every tool that it lists the verdict of the plain preset', () => {
    const written = policy(presetFor(name, known));
    for (const { label, tools } of known) {
      for (const item of tools) {
        expect(verdictOf(judge(written, label, item))).toEqual(
          verdictOf(judge(plain, label, item)),
        );
        const { rule } = judge(written, label, item);
        expect(rule).toBe(`/servers/${label}/tools/${item.name}`);
      }
    }
  });

  it('does so whatever the names, and for tools that it does not list', () => {
    const odd = fc.constantFrom(
      '__proto__',
      'constructor',
      '*',
      'a*',
      '?',
      '',
      'a\u200bb',
      '*/ "x": {',
      '// x',
      'a\nb',
      'a\u2028b',
      '"',
      '\\',
      'x-note',
      '$schema',
      'Delete',
      'delete',
      'dеlete',
      'ＤELETE',
      '7',
      '01',
    );
    const anyTool: fc.Arbitrary<PresetTool> = fc.record({
      name: fc.oneof(odd, fc.string({ maxLength: 6, unit: 'binary' })),
      category: fc.constantFrom(...categories),
      level: fc.constantFrom(...levels),
      evidence: fc.array(fc.oneof(odd, fc.string({ unit: 'binary' })), { maxLength: 2 }),
    });
    // A listing names a tool once.
    const tools = fc.uniqueArray(anyTool, { maxLength: 8, selector: (item) => item.name });
    const label = fc.oneof(odd, fc.string({ maxLength: 6, unit: 'binary' }));
    const servers = fc.uniqueArray(fc.record({ label, tools }), {
      maxLength: 3,
      selector: (server) => server.label,
    });
    fc.assert(
      fc.property(servers, anyTool, (some, other) => {
        const written = policy(presetFor(name, some));
        for (const server of some) {
          for (const item of server.tools) {
            const said = [item.name, verdictOf(judge(written, server.label, item))];
            expect(said).toEqual([item.name, verdictOf(judge(plain, server.label, item))]);
          }
          for (const kind of exchanges) {
            const { access } = written.accessTo(kind, server.label);
            expect(access).toBe(plain.accessTo(kind, server.label).access);
          }
        }
        expect(verdictOf(judge(written, 'unknown', other))).toEqual(
          verdictOf(judge(plain, 'unknown', other)),
        );
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});

it('lists the tools by category, each group under its risk, each with the reason', () => {
  expect(presetFor('strict', known)).toBe(`{
  "version": "1",
  "description": "Strict: reading passes, the rest asks, destructive and financial tools are refused.",
  "default": "deny",
  // What holds for tools that are not listed below, by what their definitions say.
  "risk": {
    "Read": {},
    "Write": { "action": "require_approval" },
    "Execute": { "action": "require_approval" },
    "Destructive": { "action": "deny", "reason": "This workspace does not let agents destroy data." },
    "Financial": { "action": "deny", "reason": "This workspace does not let agents move money." }
  },
  "flows": { "scope": "grant" },
  "servers": {
    "github": {
      "sampling": "require_approval",
      "tools": {
        // Read, low
        "get_me": {},
        // Write, medium
        "close_issue": { "action": "require_approval" },
        "create_issue": { "action": "require_approval" },
        // Execute, high
        "run": { "action": "require_approval" },
        // Destructive, critical
        "delete_repo": { "action": "deny", "reason": "This workspace does not let agents destroy data." }, // The name's "delete" loses data.
        // Financial, critical
        "pay": { "action": "deny", "reason": "This workspace does not let agents move money." }
      }
    },
    "empty": {
      "sampling": "require_approval",
      "tools": {
      }
    },
    "*": { "sampling": "require_approval" }
  }
}
`);
});

it('counts the tools of a category together, as the rule of the category does', () => {
  const written = policy(presetFor('recommended', known));
  const counters = ['close_issue', 'create_issue', 'not_listed'].map((name) => {
    const decision = judge(written, 'github', tool(name, 'Write'));
    return decision.verdict === 'deny' ? [] : decision.limits.map(({ counter }) => counter);
  });
  expect(counters).toEqual([['preset.Write'], ['preset.Write'], ['preset.Write']]);
});

it('lets nothing of a tool out of a comment', () => {
  const evidence = 'a\n"evil": {}, // b\r\u2028"evil2": {}, */ "evil3": {}\u202e';
  const text = presetFor('observe', [{ label: 's', tools: [tool('t', 'Write', evidence)] }]);
  expect(Object.keys(parsePolicy(text).document?.servers?.s?.tools ?? {})).toEqual(['t']);
  expect(text).not.toMatch(/[\u2028\u202e\r]/);
});

it('says how many tools and servers it does not list', () => {
  const text = presetFor('strict', [
    { label: 's', tools: [tool('__proto__', 'Read'), tool('a*', 'Read')] },
    { label: 'b*', tools: [] },
    { label: 's', tools: [] },
  ]);
  expect(text).toContain('// 2 tools are left to "risk"');
  expect(text).toContain('// 2 servers are left to "risk"');
});

describe('the preset observe', () => {
  it('lets everything pass and records what recommended would have said', () => {
    const observe = policy(presets.observe.text);
    const recommended = policy(presets.recommended.text);
    for (const category of categories) {
      const item = tool('t', category);
      const decision = judge(observe, 's', item);
      const wanted = judge(recommended, 's', item);
      expect(decision.verdict).toBe('allow');
      const held = wanted.verdict === 'allow' ? [] : [wanted.verdict];
      expect(decision.observed.map(({ verdict }) => verdict)).toEqual(held);
      if (decision.verdict !== 'deny' && wanted.verdict !== 'deny') {
        const limits = decision.limits.map(({ max, windowSeconds, observe: only }) => [
          max,
          windowSeconds,
          only,
        ]);
        expect(limits).toEqual(
          wanted.limits.map(({ max, windowSeconds }) => [max, windowSeconds, true]),
        );
      }
    }
  });
});
