import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/policy/comparison/compare';
import { type CallFacts, type Decision, decide } from '../../../src/policy/decide';
import type { PolicyDocument } from '../../../src/policy/document';
import type { Marks } from '../../../src/policy/flows';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy } from '../../../src/policy/policy';
import { presets } from '../../../src/policy/presets';

const both = { private: true, untrusted: true };
const none = { private: false, untrusted: false };
const out: Marks = { private: false, untrusted: false, outbound: true };

function document(parts: object): PolicyDocument {
  const parsed = parsePolicy(JSON.stringify({ version: '1', default: 'allow', ...parts }));
  expect(parsed.problems).toEqual([]);
  return parsed.document!;
}

function judge(parts: object, facts: Partial<CallFacts> = {}, tool = 'post'): Decision {
  return decide(
    [new Policy(document(parts), 'workspace')],
    { server: 's', tool, args: {} },
    {
      category: 'Write',
      level: 'medium',
      client: 'c',
      sessionCalls: 0,
      paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/w', homedir: '/h' },
      marks: out,
      touched: { session: both, grant: both },
      ...facts,
    },
  );
}

describe('flows', () => {
  it.each<[what: string, parts: object, facts: Partial<CallFacts>, rule: string]>([
    ['by what definitions say', { flows: true }, {}, '/flows'],
    ['of one server', { servers: { s: { flows: true } } }, {}, '/servers/s/flows'],
    [
      'by a name that is listed',
      { flows: { outbound: ['po*'] } },
      { marks: { ...out, outbound: false } },
      '/flows',
    ],
    [
      'whatever the rule observes',
      { flows: true, tools: { post: { mode: 'observe' } } },
      {},
      '/flows',
    ],
    [
      'by all sessions of a client',
      { flows: { scope: 'grant' } },
      { touched: { session: none, grant: both } },
      '/flows',
    ],
  ])('ask %s', (_, parts, facts, rule) => {
    expect(judge(parts, facts)).toMatchObject({ verdict: 'require_approval', rule });
  });

  it.each<[what: string, parts: object, facts: Partial<CallFacts>]>([
    ['without a word about them', {}, {}],
    ['for a server that has them off', { flows: true, servers: { s: { flows: false } } }, {}],
    ['of a tool that sends nothing', { flows: true }, { marks: { ...out, outbound: false } }],
    ['of a tool that is not listed', { flows: { outbound: ['other'] } }, {}],
    ['before anything is read', { flows: true }, { touched: { session: none, grant: both } }],
    [
      'before what others wrote is read',
      { flows: true },
      { touched: { session: { private: true, untrusted: false }, grant: none } },
    ],
    [
      'before anything private is read',
      { flows: true },
      { touched: { session: { private: false, untrusted: true }, grant: none } },
    ],
  ])('do not ask %s', (_, parts, facts) => {
    expect(judge(parts, facts)).toMatchObject({ verdict: 'allow', observed: [] });
  });

  it('never take back what a rule says', () => {
    expect(judge({ flows: true, tools: { post: { action: 'deny' } } })).toMatchObject({
      rule: '/tools/post',
    });
    expect(judge({ flows: true, tools: { post: { action: 'require_approval' } } })).toMatchObject({
      rule: '/tools/post',
    });
  });

  it('tell what a call reads, from lists and definitions', () => {
    const reads = (flows: unknown, marks: Marks): unknown => {
      const decision = judge({ flows }, { marks }, 'read');
      return decision.verdict === 'deny' ? undefined : decision.touches;
    };
    const known = { private: true, untrusted: false, outbound: false };
    expect(reads(true, known)).toEqual({ private: true, untrusted: false });
    expect(reads({ untrusted: ['re*'] }, known)).toEqual({ private: true, untrusted: true });
    expect(reads({ private: ['x'] }, known)).toBeUndefined();
  });

  it('are on in strict and recommended, off in permissive, observed in observe', () => {
    const flowsIn = (name: keyof typeof presets): unknown =>
      parsePolicy(presets[name].text).document?.flows;
    expect([
      flowsIn('strict'),
      flowsIn('recommended'),
      flowsIn('permissive'),
      flowsIn('observe'),
    ]).toEqual([{ scope: 'grant' }, true, undefined, { mode: 'observe' }]);
  });

  it.each([
    ['"often"', '{ "version": "1", "default": "deny", "flows": "often" }'],
    ['an unknown mark', '{ "version": "1", "default": "deny", "flows": { "public": ["a"] } }'],
    [
      'a name that hides something',
      '{ "version": "1", "default": "deny", "flows": { "private": ["a\u200b"] } }',
    ],
  ])('cannot be %s', (_, text) => {
    expect(parsePolicy(text).document).toBeUndefined();
  });
});

describe('an edit of flows', () => {
  it.each<[what: string, before: object, after: object, at: string]>([
    ['turns them off', { flows: true }, { flows: false }, '/flows'],
    ['takes them out', { flows: {} }, {}, '/flows'],
    ['only observes', { flows: true }, { flows: { mode: 'observe' } }, '/flows'],
    [
      'takes a name out',
      { flows: { private: ['a', 'b'] } },
      { flows: { private: ['a'] } },
      '/flows',
    ],
    ['lists what was known', { flows: true }, { flows: { outbound: ['a'] } }, '/flows'],
    ['takes a list out', { flows: { outbound: ['a'] } }, { flows: true }, '/flows'],
    ['looks at less', { flows: { scope: 'grant' } }, { flows: true }, '/flows'],
    [
      'takes them out of what lets one tool pass',
      { flows: true },
      { default: 'deny', tools: { 'a*': {} } },
      '/flows',
    ],
    [
      'frees one server',
      { flows: true },
      { flows: true, servers: { s: { flows: false } } },
      '/flows',
    ],
    [
      'frees some servers',
      { servers: { 's*': { flows: true } } },
      { servers: { 's*': {} } },
      '/servers/s*/flows',
    ],
  ])('that %s waits for the person', (_, before, after, at) => {
    const { loosenings } = compare(document(before), document(after));
    expect(loosenings).toMatchObject([{ kind: 'flow', before: at }]);
    expect(loosenings[0]?.message).toMatch(/ask before they carry out what has been read/);
  });

  it.each<[what: string, before: object, after: object]>([
    ['turns them on', {}, { flows: true }],
    ['enforces what was observed', { flows: { mode: 'observe' } }, { flows: true }],
    ['adds a name', { flows: { private: ['a'] } }, { flows: { private: ['a', 'b'] } }],
    ['marks every tool', { flows: true }, { flows: { outbound: ['*'] } }],
    ['looks at more', { flows: true }, { flows: { scope: 'grant' } }],
    ['takes them out of what refuses all', { flows: true }, { default: 'deny' }],
    [
      'takes them out of what asks about all',
      { flows: true },
      { default: 'require_approval', tools: { a: { action: 'deny' } } },
    ],
    ['says the same otherwise', { flows: true }, { flows: {} }],
    ['changes what is not enforced', { flows: { mode: 'observe' } }, { flows: false }],
  ])('that %s counts at once', (_, before, after) => {
    expect(compare(document(before), document(after)).loosenings).toEqual([]);
  });
});
