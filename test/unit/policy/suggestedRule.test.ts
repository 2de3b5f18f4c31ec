import fc from 'fast-check';
import { applyEdits } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/policy/comparison/compare';
import { type CallFacts, decide } from '../../../src/policy/decide';
import type { PolicyDocument } from '../../../src/policy/document';
import { likenessOf } from '../../../src/policy/likeness';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy } from '../../../src/policy/policy';
import type { Rule } from '../../../src/policy/rule';
import { ruleEdits } from '../../../src/policy/ruleEdits';
import { suggestedRule } from '../../../src/policy/suggestedRule';

type Arguments = Readonly<Record<string, unknown>>;

const facts: CallFacts = {
  category: 'Write',
  level: 'medium',
  client: 'c',
  sessionCalls: 0,
  paths: {
    platform: 'posix',
    caseInsensitive: false,
    workspaceFolder: '/home/me/shop',
    homedir: '/home/me',
  },
};
const format = { insertSpaces: true, tabSize: 2, eol: '\n' };
const long = 'Lorem ipsum. '.repeat(20);
const likeFacts = {
  category: facts.category,
  paths: facts.paths,
  known: [] as string[],
  relative: true,
  isSecret: (): boolean => false,
};

function suggestion(document: object, args: Arguments, known: readonly string[] = []) {
  const text = JSON.stringify({ version: '1', default: 'deny', ...document }, undefined, 2);
  const before = parsePolicy(text).document!;
  const call = { server: 's', tool: 't', args };
  const governing = new Policy(before, 'workspace').ruleFor('s', 't', facts);
  const likeness = likenessOf([args], { ...likeFacts, known });
  if (likeness.kind !== 'alike') return undefined;
  const rule = suggestedRule(governing, likeness.conditions, call, facts);
  if (!rule) return undefined;
  const edits = ruleEdits(text, 's', 't', { kind: 'rule', rule }, governing, format);
  const after = parsePolicy(applyEdits(text, edits));
  expect(after.problems).toEqual([]);
  return { before, after: after.document!, rule };
}

function verdict(document: PolicyDocument, args: Arguments): string {
  const policy = new Policy(document, 'workspace');
  return decide([policy], { server: 's', tool: 't', args }, facts).verdict;
}

const ask: Rule = { action: 'require_approval' };
const asking = { tools: { t: ask } };

describe('the rule that calls like one suggest', () => {
  const args = { path: 'notes/a.md', content: long, mode: 'w' };
  const { after, rule } = suggestion(asking, args, ['path', 'content', 'mode', 'force'])!;

  it('reads as a person would write it', () => {
    expect(rule).toEqual({
      approve_if: [
        {
          conditions: [
            {
              not: {
                all: [
                  { path: 'args.path', op: 'under', value: 'notes' },
                  { path: 'args.mode', op: 'eq', value: 'w' },
                  { path: 'args.force', op: 'exists', value: false },
                ],
              },
            },
          ],
        },
      ],
    });
  });

  it.each<[string, Arguments, string]>([
    ['the call itself', args, 'allow'],
    ['another file of the folder', { ...args, path: 'notes/deep/b.md' }, 'allow'],
    ['other text', { ...args, content: 'x' }, 'allow'],
    ['a file elsewhere', { ...args, path: 'src/a.ts' }, 'require_approval'],
    ['a file that climbs out', { ...args, path: 'notes/../src/a.ts' }, 'require_approval'],
    ['a path that cannot be judged', { ...args, path: 'notes/\u202Ea.md' }, 'require_approval'],
    ['no path', { content: long, mode: 'w' }, 'require_approval'],
    ['a path that is no text', { ...args, path: ['notes/a.md'] }, 'require_approval'],
    ['the path under two keys', { ...args, PATH: '/etc/passwd' }, 'require_approval'],
    ['another value', { ...args, mode: 'a' }, 'require_approval'],
    ['no value', { path: 'notes/a.md', content: long }, 'require_approval'],
    ['an argument that was not there', { ...args, force: true }, 'require_approval'],
  ])('judges %s', (_, other, expected) => {
    expect(verdict(after, other)).toBe(expected);
  });

  it('keeps everything else that the deciding rule says', () => {
    const source: Rule = {
      action: 'require_approval',
      reason: 'Look first.',
      rate_limit: { max: 5, window: 60 },
      args: { properties: { mode: { enum: ['w', 'a'] } } },
      require: [{ path: 'args.content', op: 'length_lte', value: 1000 }],
      deny_if: [{ conditions: [{ path: 'args.path', op: 'glob', value: '**/secret/**' }] }],
      approval: { timeout: 30 },
    };
    const suggested = suggestion({ tools: { 't*': source } }, args)!;
    const { action: _, ...kept } = source;
    expect(suggested.rule).toMatchObject(kept);
    expect(suggested.after.servers?.s?.tools).toHaveProperty('t');
    expect(verdict(suggested.after, { ...args, path: 'notes/secret/x' })).toBe('deny');
    expect(verdict(suggested.after, { ...args, mode: 'x' })).toBe('deny');
  });

  it('takes back only the questions that the call meets', () => {
    const amount = (op: string, value: number): object => ({
      conditions: [{ path: 'args.amount', op, value }],
    });
    const document = { tools: { t: { approve_if: [amount('gt', 10), amount('gt', 500)] } } };
    const { after } = suggestion(document, { to: 'eva', amount: 20 })!;
    expect(verdict(after, { to: 'eva', amount: 20 })).toBe('allow');
    expect(verdict(after, { to: 'eva', amount: 21 })).toBe('require_approval');
    expect(verdict(after, { to: 'eva', amount: 501 })).toBe('require_approval');
    expect(verdict(after, { to: 'eva', amount: 5 })).toBe('allow');
  });

  it.each([
    ['a default', { default: 'require_approval' }],
    ['a rule about the risk', { risk: { Write: { ...ask, rate_limit: '5/minute' } } }],
    ['the default of a pattern of servers', { servers: { '*': { default: 'require_approval' } } }],
  ])('is one of the tool’s own where %s decided', (_, document) => {
    const { after } = suggestion(document, { id: 1 })!;
    expect(verdict(after, { id: 1 })).toBe('allow');
    expect(verdict(after, { id: 2 })).toBe('require_approval');
    const other = decide(
      [new Policy(after, 'workspace')],
      { server: 's', tool: 'u', args: {} },
      facts,
    );
    expect(other.verdict).toBe('require_approval');
  });

  it('is none for a rule that refuses', () => {
    expect(suggestion({ tools: { t: { action: 'deny' } } }, { id: 1 })).toBeUndefined();
    expect(suggestion({ tools: { t: {} } }, { id: 1 })).toBeUndefined();
  });
});

const names = fc.constantFrom(
  'notes',
  'src',
  'a',
  'b.d',
  'shop',
  'me',
  'home',
  '..',
  '.',
  '~',
  'tmp',
);
const paths = fc
  .tuple(fc.constantFrom('', '/', '/home/me/shop/'), fc.array(names, { maxLength: 4 }))
  .map(([root, parts]) => root + parts.join('/'));
const urls = fc
  .tuple(
    fc.constantFrom('https://', 'http://', 'file:///', 'https://u@'),
    fc.constantFrom('a.example', 'api.a.example', '127.0.0.1', '[::1]'),
    fc.constantFrom('', '/x', ':8080/', '/?a=@b'),
  )
  .map((parts) => parts.join(''));
const scalars = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('', 'w', 'x y', '5', 'true', '/etc/passwd', long),
);
const value = fc.oneof(paths, urls, scalars, fc.array(fc.oneof(paths, scalars), { maxLength: 3 }));
const calls = fc.dictionary(fc.constantFrom('path', 'Path', 'url', 'mode', 'a b', 'cwd'), value, {
  maxKeys: 3,
});

describe('a suggested rule, for any call', () => {
  const documents = fc.constantFrom(
    asking,
    { default: 'require_approval' },
    {
      tools: {
        't*': { ...ask, deny_if: [{ conditions: [{ path: 'args.mode', op: 'eq', value: 5 }] }] },
      },
    },
  );

  it('allows the call, and no call that differs in what the rule names', () => {
    fc.assert(
      fc.property(documents, calls, calls, fc.boolean(), (document, args, changes, merge) => {
        const made = suggestion(document, args);
        // What is refused is not asked about.
        if (!made || verdict(made.before, args) === 'deny') return;
        expect(verdict(made.after, args)).toBe('allow');
        const other = merge ? { ...args, ...changes } : changes;
        if (verdict(made.after, other) !== 'allow') return;
        // Judged anew, by hand: each argument that the rule names is there, and alike.
        const likeness = likenessOf([args], likeFacts);
        if (likeness.kind !== 'alike') throw new Error('no likeness');
        for (const condition of likeness.conditions) {
          if (!('path' in condition)) throw new Error('not a plain condition');
          if (condition.path === 'args') {
            expect(other).toEqual(args);
            continue;
          }
          const key = condition.path.startsWith('args.')
            ? condition.path.slice(5).replace('[*]', '')
            : (JSON.parse(condition.path.slice(5).replace('[*]', '').slice(0, -1)) as string);
          expect(Object.keys(other)).toContain(key);
          if (condition.op === 'eq') expect(other[key]).toEqual(args[key]);
          if (condition.op === 'host') {
            expect(new URL(other[key] as string).hostname).toBe(condition.value);
          }
          if (condition.op === 'under') {
            for (const path of [other[key]].flat() as string[]) {
              const at = new URL(path, 'file:///home/me/shop/').pathname;
              const folders = [condition.value].flat() as string[];
              const isInside = folders.some((folder) => {
                const base = new URL(folder, 'file:///home/me/shop/').pathname.replace(/\/$/, '');
                return at === base || at.startsWith(`${base}/`);
              });
              expect({ path, folders, isInside }).toMatchObject({ isInside: true });
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is a loosening that the comparison shows with a call like it, and nothing stricter is lost', () => {
    fc.assert(
      fc.property(documents, calls, (document, args) => {
        const made = suggestion(document, args);
        // What is refused is not asked about.
        if (!made || verdict(made.before, args) === 'deny') return;
        const { loosenings } = compare(made.before, made.after);
        expect(loosenings.length).toBeGreaterThan(0);
        for (const { example, certain } of loosenings) {
          expect(example).toMatchObject({ server: 's', tool: 't' });
          if (!certain || !example.args) continue;
          expect(verdict(made.before, example.args)).toBe('require_approval');
          expect(verdict(made.after, example.args)).toBe('allow');
        }
        expect(compare(made.after, made.before).loosenings).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
