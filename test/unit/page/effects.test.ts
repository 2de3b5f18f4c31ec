import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathFacts } from '../../../src/gateway/pathFacts';
import { documentWith, effectsOf } from '../../../src/page/effects';
import { serverPageOf } from '../../../src/page/serverPage';
import { serverSections } from '../../../src/page/serverSections';
import { decide } from '../../../src/policy/decide';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { policiesAfter } from '../../../src/policy/policiesAfter';
import type { Policy } from '../../../src/policy/policy';
import { presetEdits } from '../../../src/policy/presetEdits';
import { presetNames, presets } from '../../../src/policy/presets';
import type { Rule } from '../../../src/policy/rule';
import { recommendedRule } from '../../../src/report/recommendedRule';
import { serverReport } from '../../../src/report/report';
import { Surroundings } from '../../../src/risk/findings/surroundings';
import type { ToolDefinition } from '../../../src/risk/risk';
import { drawn, files, judged, policy, recommended } from './support';

const tool = (name: string) => files.find((one) => one.name === name)!;
const pause = async (): Promise<void> => {};

async function rows(name: string, rule: Rule, policies: readonly Policy[] = [recommended]) {
  const { each, loosens } = await effectsOf('files', tool(name), rule, files, policies, pause);
  const shown = each.map(({ tool: { name: of }, now, added, alone, changes }) => [
    of,
    now,
    added,
    alone,
    changes,
  ]);
  return { shown, loosens };
}

describe('what a rule does to the tools of a server', () => {
  it('is what the engine says: added to the policy, and as the whole policy', async () => {
    expect(await rows('delete_file', { action: 'deny' })).toEqual({
      shown: [
        ['delete_file', 'ask', 'deny', 'deny', true],
        ['read_file', 'allow', 'allow', 'deny', false],
        ['write_file', '30/minute', '30/minute', 'deny', false],
        ['run_query', 'ask, 10/minute', 'ask, 10/minute', 'deny', false],
        ['get_time', 'allow', 'allow', 'deny', false],
      ],
      loosens: false,
    });
  });

  it('shows other tools that change first: a first policy beside one of the person’s own', async () => {
    const user = policy('{ "version": "1", "default": "allow" }', 'user');
    const { shown } = await rows('get_time', {}, [user]);
    expect(shown.map(([name, , added, , changes]) => [name, added, changes])).toEqual([
      ['get_time', 'allow', false],
      // With the policy that is created come its rules for the others.
      ['write_file', '30/minute', true],
      ['delete_file', 'ask', true],
      ['run_query', 'ask, 10/minute', true],
      ['read_file', 'allow', false],
    ]);
  });

  it.each([
    [
      'an own limit as large as before',
      'write_file',
      { rate_limit: { max: 30, window: 60 } },
      false,
    ],
    ['a larger limit', 'write_file', { rate_limit: { max: 31, window: 60 } }, true],
    ['no limit', 'write_file', {}, true],
    ['no question', 'delete_file', {}, true],
    ['a refusal', 'run_query', { action: 'deny' }, false],
    ['more conditions', 'read_file', { require: [{ path: 'args.path', op: 'exists' }] }, false],
    ['only recording', 'read_file', { mode: 'observe' }, true],
  ] as const)('takes %s for what it is', async (_, name, rule, loosens) => {
    expect((await rows(name, rule as unknown as Rule)).loosens).toBe(loosens);
  });

  it('takes conditions and treatments that go for a loosening', async () => {
    const under = (rule: object): Policy[] => [
      policy(JSON.stringify(documentWith('files', 'read_file', rule as Rule))),
    ];
    const bound = { require: [{ path: 'args.path', op: 'under', value: '.' }] };
    expect((await rows('read_file', {}, under(bound))).loosens).toBe(true);
    const other = { require: [{ path: 'args.path', op: 'under', value: 'src' }] };
    expect((await rows('read_file', other as Rule, under(bound))).loosens).toBe(true);
    expect((await rows('read_file', bound as Rule, under(bound))).loosens).toBe(false);
    const redacted = { results: { redact: ['secrets'] } };
    expect((await rows('read_file', {}, under(redacted))).loosens).toBe(true);
    expect((await rows('read_file', {}, under({}))).loosens).toBe(false);
  });

  it('sees a loosening behind a policy of the person’s own that hides it', async () => {
    const user = policy('{ "version": "1", "default": "deny" }', 'user');
    const workspace = policy('{ "version": "1", "default": "deny" }');
    const { shown, loosens } = await rows('get_time', {}, [user, workspace]);
    expect(shown[0]).toEqual(['get_time', 'deny', 'deny', 'deny', false]);
    expect(loosens).toBe(true);
  });
});

const facts = {
  client: 'c',
  sessionCalls: 0,
  paths: pathFacts('/work/project'),
} as const;

describe('the recommended rule', () => {
  const ruleOf = (one: ToolDefinition & { readonly risk: (typeof files)[number]['risk'] }): Rule =>
    recommendedRule(one, one.risk.category, []).rule;

  it.each([
    ['get_time', {}, 'allow'],
    ['read_file', { path: 'notes/a.md' }, 'allow'],
    ['read_file', { path: '/etc/passwd' }, 'require_approval'],
    ['write_file', { path: 'a.md', content: '' }, 'allow'],
    ['write_file', { path: '../a.md', content: '' }, 'require_approval'],
    ['delete_file', { path: 'a.md' }, 'require_approval'],
    ['delete_file', { path: '/etc/passwd' }, 'deny'],
    ['run_query', { sql: 'SELECT name FROM users' }, 'require_approval'],
    ['run_query', { sql: 'DROP TABLE users' }, 'deny'],
  ])('of %s with %o leads to %s', (name, args, verdict) => {
    const one = tool(name);
    const text = JSON.stringify(documentWith('files', name, ruleOf(one)));
    const { category, level } = one.risk;
    const decision = decide(
      [policy(text)],
      { server: 'files', tool: name, args },
      { category, level, ...facts },
    );
    expect(decision.verdict).toBe(verdict);
  });

  it('limits what writes, and leaves a path alone that may be left out', () => {
    expect(ruleOf(tool('write_file'))).toHaveProperty('rate_limit');
    const [one] = judged([
      {
        name: 'list_files',
        inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
      },
    ]);
    const text = JSON.stringify(documentWith('files', 'list_files', ruleOf(one!)));
    const { category, level } = one!.risk;
    const of = (args: Record<string, unknown>): string =>
      decide(
        [policy(text)],
        { server: 'files', tool: 'list_files', args },
        { category, level, ...facts },
      ).verdict;
    expect([of({}), of({ path: 'src' }), of({ path: '/etc' })]).toEqual([
      'allow',
      'allow',
      'require_approval',
    ]);
  });

  it('is a valid policy for every tool of the fixtures', () => {
    for (const one of files) {
      const text = JSON.stringify(documentWith('files', one.name, ruleOf(one)));
      expect([one.name, parsePolicy(text).problems]).toEqual([one.name, []]);
    }
  });

  // Beside the checkout, or beside the folder of a worktree.
  const corpus = ['..', '../..'].map((at) => `${at}/shared/corpus/npm-tools.jsonl`);
  const path = corpus.find((one) => existsSync(one)) ?? '';
  it.skipIf(path === '')('is a valid policy for every tool of the corpus', () => {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(1000);
    for (const line of lines) {
      const { server, tool: definition } = JSON.parse(line) as {
        server: string;
        tool: ToolDefinition;
      };
      const [one] = judged([definition], server);
      const { rule } = recommendedRule(definition, one!.risk.category, []);
      const { problems } = parsePolicy(JSON.stringify(documentWith(server, definition.name, rule)));
      expect([definition.name, problems]).toEqual([definition.name, []]);
    }
  });
});

describe('a preset for one server', () => {
  const format = { insertSpaces: true, tabSize: 2, eol: '\n' };

  it.each(presetNames)('%s decides about each tool as the plain preset does', (name) => {
    const before = policy(
      `{ "version": "1", "default": "deny", "tools": { "get_*": { "action": "deny" } },
         "risk": { "Write": { "action": "deny" }, "high": { "action": "deny" } },
         "servers": { "fi*": { "hide": ["secret"], "tools": { "read_file": { "action": "deny" } } } } }`,
    );
    const after = policiesAfter([before], (text) => presetEdits(text, 'files', name, format));
    const plain = [policy(presets[name].text)];
    for (const one of files) {
      const judge = (policies: readonly Policy[]): string =>
        decide(policies, { server: 'files', tool: one.name, args: {} }, { ...one.risk, ...facts })
          .verdict;
      expect([one.name, judge(after)]).toEqual([one.name, judge(plain)]);
    }
    // What is hidden stays so, and other servers keep what they had.
    const [now] = after;
    expect(now!.ruleFor('files', 'secret', tool('get_time').risk).action).toBe('hide');
    expect(now!.ruleFor('fibre', 'read_file', tool('get_time').risk).action).toBe('deny');
  });

  it('keeps comments and changes nothing twice', () => {
    const text = '// Ours.\n{\n  "version": "1",\n  "default": "deny" // Strict.\n}\n';
    const [edit] = presetEdits(text, 'files', 'strict', format);
    const after =
      text.slice(0, edit!.offset) + edit!.content + text.slice(edit!.offset + edit!.length);
    expect(after).toMatch(/^\/\/ Ours\..*\/\/ Strict\./s);
    expect(presetEdits(after, 'files', 'strict', format)).toEqual([]);
  });
});

describe('the page of a server', () => {
  async function page(policies: readonly Policy[] | undefined) {
    const surroundings = new Surroundings([
      { server: 'files', tools: files.map(({ name }) => name) },
    ]);
    const report = await serverReport(
      { label: 'files', failure: undefined, tools: files, policies },
      surroundings,
    );
    return serverPageOf({
      label: 'files',
      state: 'running',
      trouble: undefined,
      canLoad: true,
      launch: 'Started on this machine as node',
      given: ['API_KEY'],
      known: { tools: files, left: 0, policies, report },
    });
  }

  it('says the grade, the totals, the worst tools and what each preset would change', async () => {
    const one = await page([recommended]);
    const sections = serverSections(one);
    expect(drawn(sections, 'grade').text).toContain(`${one.known!.report.grade}: `);
    expect(drawn(sections, 'totals').all('tr').at(-1)).toMatch(/^All.*5$/);
    expect(drawn(sections, 'worst').all('button')[0]).toBe('delete_file');
    expect(one.presets.map(({ name, changes }) => [name, changes])).toEqual([
      ['strict', 3],
      ['recommended', 0],
      ['permissive', 2],
      ['observe', 3],
    ]);
    expect(one.now).toMatchObject({ allow: 2, limited: 1, ask: 2 });
    expect(one.presets[0]!.after).toMatchObject({ allow: 2, ask: 2, deny: 1 });
  });

  it('is there without tools, without a policy, and in trouble', async () => {
    const bare = await serverPageOf({
      label: '<b>x</b>',
      state: 'failed',
      trouble: '<script>no such program</script>',
      canLoad: true,
      launch: 'Started on this machine as node',
      given: [],
      known: undefined,
    });
    const { text, all, elements } = drawn(serverSections(bare));
    expect(text).toContain('Its tools are not known yet.');
    expect(text).toContain('<script>no such program</script>');
    expect(elements).not.toContain('script');
    expect(all('button')).toContain('Load Tools');
    const without = await page(undefined);
    expect(without.presets.every(({ after }) => after === undefined)).toBe(true);
    expect(without.now).toMatchObject({ 'no policy': 5 });
  });
});
