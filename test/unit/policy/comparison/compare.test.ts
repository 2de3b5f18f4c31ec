import { describe, expect, it } from 'vitest';
import { compare } from '../../../../src/policy/comparison/compare';
import type { PolicyDocument } from '../../../../src/policy/document';
import { parsePolicy } from '../../../../src/policy/parsePolicy';
import { presets } from '../../../../src/policy/presets';

function document(source: object): PolicyDocument {
  const parsed = parsePolicy(JSON.stringify({ version: '1', default: 'deny', ...source }));
  expect(parsed.problems).toEqual([]);
  return parsed.document!;
}

/** The rule of "pay" alone, in a policy that refuses everything else. */
function pay(rule: object): object {
  return { tools: { pay: rule } };
}

function needs(path: string, op: string, value?: unknown): object {
  return pay({ require: [{ path, op, ...(value === undefined ? {} : { value }) }] });
}

function refuses(...conditions: object[]): object {
  return pay({ deny_if: [{ conditions }] });
}

const lte = (value: number): object => ({ path: 'args.n', op: 'lte', value });
const gt = (value: number): object => ({ path: 'args.n', op: 'gt', value });

describe('an edit that allows nothing new', () => {
  it.each<[string, object, object]>([
    ['the same policy', pay({}), pay({})],
    ['a description', pay({}), { ...pay({}), description: 'Ours.' }],
    ['a reason', pay({ action: 'deny' }), pay({ action: 'deny', reason: 'No.' })],
    [
      'keys in another order',
      { tools: { a: {}, b: { action: 'deny' } } },
      { tools: { b: { action: 'deny' }, a: {} } },
    ],
    ['a default that is closed', { default: 'allow' }, {}],
    ['a default that asks', { default: 'allow' }, { default: 'require_approval' }],
    [
      'a refused tool',
      { default: 'allow' },
      { default: 'allow', tools: { pay: { action: 'deny' } } },
    ],
    [
      'refused tools by pattern',
      { default: 'allow', tools: { pay: {} } },
      { default: 'allow', tools: { pay: {}, 'del_*': { action: 'deny' } } },
    ],
    ['a hidden tool', pay({}), { ...pay({}), hide: ['pay'] }],
    [
      'more hidden tools',
      { default: 'allow', hide: ['pay'] },
      { default: 'allow', hide: ['pa*', 'x'] },
    ],
    [
      'deny for hide',
      { default: 'allow', hide: ['pay'] },
      { default: 'allow', hide: ['pay'], tools: { pay: { action: 'deny' } } },
    ],
    [
      'hide for deny',
      { default: 'allow', tools: { pay: { action: 'deny' } } },
      { default: 'allow', hide: ['pay'] },
    ],
    [
      'a pattern for a refused name',
      { default: 'allow', tools: { pay: { action: 'deny' } } },
      { default: 'allow', tools: { 'pay*': { action: 'deny' } } },
    ],
    ['a rule that asks', pay({}), pay({ action: 'require_approval' })],
    ['a rule that refuses', pay({ action: 'require_approval' }), pay({ action: 'deny' })],
    ['a rule removed under a stricter default', pay({}), {}],
    [
      'a stricter exception from a pattern',
      { tools: { '*': {} } },
      { tools: { '*': {}, pay: { action: 'require_approval' } } },
    ],
    [
      'a rule that is overruled by a hidden name',
      { hide: ['p*'] },
      { hide: ['p*'], tools: { pay: {} } },
    ],
    [
      'a rule that a more specific one keeps out',
      { tools: { 'pay_*': { action: 'deny' } } },
      { tools: { 'pay_*': { action: 'deny' }, pay_me: { action: 'hide' } } },
    ],
    [
      'a rule for a risk',
      { default: 'allow' },
      { default: 'allow', risk: { Destructive: { action: 'deny' } } },
    ],
    [
      'a category that is stricter than its level',
      { risk: { low: {} } },
      { risk: { low: {}, Execute: { action: 'deny' } } },
    ],
    [
      'a server that is only refused',
      { default: 'allow', tools: { pay: { action: 'deny' } } },
      {
        default: 'allow',
        tools: { pay: { action: 'deny' } },
        servers: { web: { default: 'deny', tools: { get: { action: 'deny' } } } },
      },
    ],
    [
      'a server taken out of nothing',
      { default: 'allow', servers: { web: { description: undefined } } },
      { default: 'allow' },
    ],
    [
      'a stricter category for a tool',
      { servers: { s: { risk: { Read: {} } } } },
      { servers: { s: { risk: { Read: {} }, classify: { pay: 'Financial' } } } },
    ],
    [
      'a lower maximum',
      pay({ rate_limit: '10/minute' }),
      pay({ rate_limit: { max: 5, window: 60 } }),
    ],
    ['a longer window', pay({ rate_limit: '10/minute' }), pay({ rate_limit: '10/hour' })],
    [
      'a limit of a broader scope besides',
      pay({ limits: [{ window: 60, max: 5 }] }),
      pay({
        limits: [
          { window: 60, max: 5 },
          { window: 60, max: 5, scope: 'user' },
        ],
      }),
    ],
    [
      'one more limit',
      pay({ rate_limit: '10/minute' }),
      pay({ rate_limit: '10/minute', limits: [{ window: 'day', max: 50 }] }),
    ],
    [
      'the limit in the other notation',
      pay({ rate_limit: '10/minute' }),
      pay({ limits: [{ window: 60, max: 10 }] }),
    ],
    ['a limit for all tools', pay({}), { ...pay({}), all_tools: { rate_limit: '9/minute' } }],
    [
      'the same counter for one more tool',
      { tools: { a: { limits: [{ counter: 'c', window: 60, max: 5 }] }, b: {} } },
      {
        tools: {
          a: { limits: [{ counter: 'c', window: 60, max: 5 }] },
          b: { limits: [{ counter: 'c', window: 60, max: 5 }] },
        },
      },
    ],
    ['a condition', pay({}), needs('args.n', 'lte', 5)],
    ['a smaller lte', needs('args.n', 'lte', 5), needs('args.n', 'lte', 4)],
    ['lt for lte', needs('args.n', 'lte', 5), needs('args.n', 'lt', 5)],
    ['a number instead of a bound', needs('args.n', 'lte', 5), needs('args.n', 'eq', 3)],
    ['a shorter list', needs('args.s', 'in', ['a', 'b']), needs('args.s', 'in', ['b'])],
    [
      'a longer list of what is not',
      needs('args.s', 'not_in', ['a']),
      needs('args.s', 'not_in', ['b', 'a']),
    ],
    [
      'a longer list that refuses',
      refuses({ path: 'args.s', op: 'in', value: ['a'] }),
      refuses({ path: 'args.s', op: 'in', value: ['a', 'b'] }),
    ],
    [
      'fewer kinds of statements',
      needs('args.q', 'sql', ['select', 'insert']),
      needs('args.q', 'sql', ['select']),
    ],
    [
      'a host of a domain',
      needs('args.u', 'host', ['*.example.com']),
      needs('args.u', 'host', 'api.example.com'),
    ],
    [
      'a longer command',
      needs('args.c', 'command', ['git', '**']),
      needs('args.c', 'command', ['git', 'log', '**']),
    ],
    ['fewer folders', needs('args.p', 'under', ['src', 'test']), needs('args.p', 'under', 'src')],
    ['a shorter text', needs('args.s', 'length_lte', 9), needs('args.s', 'length_lte', 3)],
    ['a comparison for a presence', needs('args.s', 'exists'), needs('args.s', 'eq', 'a')],
    ['the same path in another notation', needs('args.n', 'lte', 5), needs('args["n"]', 'lte', 5)],
    [
      'one clause as two',
      pay({ require: [{ conditions: [lte(5), gt(1)] }] }),
      pay({ require: [gt(1), lte(5)] }),
    ],
    [
      'one of two cases less',
      pay({ require: [{ any: [lte(5), gt(9)] }] }),
      pay({ require: [{ any: [lte(4)] }] }),
    ],
    ['a requirement instead of a refusal', refuses(gt(5)), needs('args.n', 'lte', 5)],
    ['a refusal for more', refuses(gt(5)), refuses(gt(4))],
    [
      'a refusal with one condition less',
      refuses(gt(5), { path: 'args.s', op: 'eq', value: 'a' }),
      refuses(gt(5)),
    ],
    ['not for its opposite', refuses({ not: lte(5) }), refuses({ not: lte(4) })],
    ['a question', pay({}), pay({ approve_if: [{ conditions: [gt(5)] }] })],
    [
      'a question always',
      pay({ approve_if: [{ conditions: [gt(5)] }] }),
      pay({ action: 'require_approval' }),
    ],
    [
      'arguments',
      pay({}),
      pay({ args: { type: 'object', properties: { n: { type: 'number', maximum: 5 } } } }),
    ],
    [
      'narrower arguments',
      pay({ args: { properties: { n: { maximum: 5 } } } }),
      pay({ args: { properties: { n: { maximum: 3 } }, required: ['n'] } }),
    ],
    [
      'an answer that holds once',
      pay({ action: 'require_approval' }),
      pay({ action: 'require_approval', approval: { remember: 'never' } }),
    ],
    [
      'more done to results',
      pay({ results: { redact: ['secrets'], max_bytes: 9 } }),
      pay({ results: { redact: ['secrets'], strip: ['hidden'], max_bytes: 8 } }),
    ],
    [
      'a longer wait for the answer',
      pay({ action: 'require_approval', approval: { timeout: 9 } }),
      pay({ action: 'require_approval', approval: { timeout: 90 } }),
    ],
    [
      'enforcing what was observed',
      pay({ action: 'deny', mode: 'observe' }),
      pay({ action: 'deny' }),
    ],
    ['no sampling', { servers: { s: {} } }, { servers: { s: { sampling: 'deny' } } }],
    ['another preset', JSON.parse(presets.permissive.text), JSON.parse(presets.recommended.text)],
  ])('%s', (_name, before, after) => {
    expect(compare(document(before), document(after)).loosenings).toEqual([]);
  });
});

describe('an edit that allows more', () => {
  it.each<[string, object, object, string | undefined, string | undefined, string]>([
    [
      'the default',
      {},
      { default: 'allow' },
      '/default',
      '/default',
      'Calls of tools that no rule names were refused and now pass.',
    ],
    [
      'a weaker action',
      pay({ action: 'require_approval' }),
      pay({}),
      '/tools/pay',
      '/tools/pay',
      'Calls of "pay" asked and now pass.',
    ],
    [
      'a refusal that asks',
      pay({ action: 'deny' }),
      pay({ action: 'require_approval' }),
      '/tools/pay',
      '/tools/pay',
      'Calls of "pay" were refused and now ask.',
    ],
    [
      'a rule for a name',
      {},
      pay({}),
      '/default',
      '/tools/pay',
      'Calls of "pay" were refused and now pass.',
    ],
    [
      'a rule removed',
      { default: 'allow', tools: { pay: { action: 'deny' } } },
      { default: 'allow' },
      '/tools/pay',
      '/default',
      'Calls of "pay" were refused and now pass.',
    ],
    [
      'a hide lifted',
      { ...pay({}), hide: ['pay'] },
      pay({}),
      '/hide/0',
      '/tools/pay',
      'Calls of "pay" were refused and now pass.',
    ],
    [
      'fewer hidden tools',
      { default: 'allow', hide: ['pa*'] },
      { default: 'allow', hide: ['pay'] },
      '/hide/0',
      '/default',
      'Calls of tools like "pa*" were refused and now pass.',
    ],
    [
      'an exception from a refusal',
      { tools: { 'p*': { action: 'deny' } } },
      { tools: { 'p*': { action: 'deny' }, 'pay*': {} } },
      '/tools/p*',
      '/tools/pay*',
      'Calls of tools like "pay*" were refused and now pass.',
    ],
    [
      'a category',
      { risk: { Write: { action: 'require_approval' } } },
      { risk: { Write: {} } },
      '/risk/Write',
      '/risk/Write',
      'Calls of Write tools asked and now pass.',
    ],
    [
      'a category that overrules its level',
      { risk: { high: { action: 'deny' } } },
      { risk: { high: { action: 'deny' }, Execute: {} } },
      '/risk/high',
      '/risk/Execute',
      'Calls of Execute tools were refused and now pass.',
    ],
    [
      'a rule of a server',
      {},
      { servers: { web: { tools: { get: {} } } } },
      '/default',
      '/servers/web/tools/get',
      'Calls of "get" on server "web" were refused and now pass.',
    ],
    [
      'a server block that keeps another out',
      { servers: { 'w*': { tools: { get: { action: 'deny' } } } }, default: 'allow' },
      { servers: { 'w*': { tools: { get: { action: 'deny' } } }, web: {} }, default: 'allow' },
      '/servers/w*/tools/get',
      '/default',
      'Calls of "get" on server "web" were refused and now pass.',
    ],
    [
      'a server block removed',
      { default: 'allow', servers: { 'w*': { default: 'deny' } } },
      { default: 'allow' },
      '/servers/w*/default',
      '/default',
      'Calls of tools that no rule names on servers like "w*" were refused and now pass.',
    ],
    [
      'a milder category for a tool',
      { servers: { s: { risk: { Read: {} }, classify: { pay: 'Financial' } } } },
      { servers: { s: { risk: { Read: {} }, classify: { pay: 'Read' } } } },
      '/default',
      '/servers/s/risk/Read',
      'Calls of "pay" on server "s" were refused and now pass.',
    ],
    [
      'a higher maximum',
      pay({ rate_limit: '10/minute' }),
      pay({ rate_limit: '11/minute' }),
      '/tools/pay/rate_limit',
      '/tools/pay/rate_limit',
      'The limit of 10 calls in 60 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      'a shorter window',
      pay({ rate_limit: '10/hour' }),
      pay({ rate_limit: '10/minute' }),
      '/tools/pay/rate_limit',
      '/tools/pay/rate_limit',
      'The limit of 10 calls in 3600 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      'a limit dropped',
      pay({ limits: [{ window: 60, max: 9, cost: 'args.n' }] }),
      pay({}),
      '/tools/pay/limits/0',
      '/tools/pay',
      'The limit of 9 of "args.n" in 60 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      'a tool that leaves a common limit',
      { tools: { '*': { rate_limit: '9/minute' } } },
      { tools: { '*': { rate_limit: '9/minute' }, pay: { rate_limit: '5/minute' } } },
      '/tools/*/rate_limit',
      '/tools/pay',
      'The limit of 9 calls in 60 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      // What the session has used up is not counted there.
      'a broader scope',
      pay({ limits: [{ window: 60, max: 5 }] }),
      pay({ limits: [{ window: 60, max: 5, scope: 'user' }] }),
      '/tools/pay/limits/0',
      '/tools/pay/limits/0',
      'The limit of 5 calls in 60 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      'a narrower scope',
      pay({ limits: [{ window: 60, max: 5, scope: 'user' }] }),
      pay({ limits: [{ window: 60, max: 5 }] }),
      '/tools/pay/limits/0',
      '/tools/pay/limits/0',
      'The limit of 5 calls in 60 seconds for calls of "pay" is gone, wider or counted anew.',
    ],
    [
      'a limit for all tools',
      { ...pay({}), all_tools: { rate_limit: '1/day' } },
      pay({}),
      '/all_tools/rate_limit',
      undefined,
      'The limit of 1 call in 86400 seconds for all tools is gone, wider or counted anew.',
    ],
    [
      'a condition dropped',
      needs('args.n', 'lte', 5),
      pay({}),
      '/tools/pay/require/0',
      '/tools/pay',
      'The condition on "args.n" that calls of "pay" must meet is gone or weaker.',
    ],
    [
      'a greater lte',
      needs('args.n', 'lte', 5),
      needs('args.n', 'lte', 6),
      '/tools/pay/require/0',
      '/tools/pay',
      'The condition on "args.n" that calls of "pay" must meet is gone or weaker.',
    ],
    [
      'a longer list',
      needs('args.s', 'in', ['a']),
      needs('args.s', 'in', ['a', 'b']),
      '/tools/pay/require/0',
      '/tools/pay',
      'The condition on "args.s" that calls of "pay" must meet is gone or weaker.',
    ],
    [
      'a refusal of what was required',
      needs('args.n', 'lte', 5),
      refuses({ path: 'args.n', op: 'gt', value: 5 }),
      '/tools/pay/require/0',
      '/tools/pay',
      'The condition on "args.n" that calls of "pay" must meet is gone or weaker.',
    ],
    [
      'a refusal with one condition more',
      refuses(gt(5)),
      refuses(gt(5), lte(9)),
      '/tools/pay/deny_if/0',
      '/tools/pay',
      'The condition on "args.n" that refuses calls of "pay" is gone or weaker.',
    ],
    [
      'a question less',
      pay({ approve_if: [{ conditions: [gt(5)] }] }),
      pay({}),
      '/tools/pay/approve_if/0',
      '/tools/pay',
      'The condition on "args.n" under which calls of "pay" ask is gone or weaker.',
    ],
    [
      'wider arguments',
      pay({ args: { properties: { n: { maximum: 5 } } } }),
      pay({ args: { properties: { n: { maximum: 6 } } } }),
      '/tools/pay/args',
      '/tools/pay',
      'The schema that the arguments of calls of "pay" must fit is gone or wider.',
    ],
    [
      'an answer that lasts',
      pay({ action: 'require_approval', approval: { remember: 'never' } }),
      pay({ action: 'require_approval' }),
      '/tools/pay/approval',
      '/tools/pay',
      'An answer about calls of "pay" may now be given for the whole session.',
    ],
    [
      'results as they come',
      pay({ results: { redact: ['secrets'], max_bytes: 9 } }),
      pay({ results: {} }),
      '/tools/pay/results',
      '/tools/pay',
      'Less is done to the results of calls of "pay".',
    ],
    [
      'larger results',
      pay({ results: { redact: ['secrets'], max_bytes: 9 } }),
      pay({ results: { redact: ['secrets'], max_bytes: 10 } }),
      '/tools/pay/results',
      '/tools/pay',
      'Less is done to the results of calls of "pay".',
    ],
    [
      'observing only',
      pay({ action: 'deny' }),
      pay({ action: 'deny', mode: 'observe' }),
      '/tools/pay',
      '/tools/pay',
      'Calls of "pay" were refused and now pass.',
    ],
    [
      'sampling',
      { servers: { s: { sampling: 'deny' } } },
      { servers: { s: {} } },
      '/servers/s/sampling',
      undefined,
      'Requests for sampling from server "s" were refused and now pass.',
    ],
    [
      'resources',
      { servers: { s: { resources: 'deny' } } },
      { servers: { s: { resources: 'require_approval' } } },
      '/servers/s/resources',
      '/servers/s/resources',
      'Reading the resources of server "s" was refused and now asks.',
    ],
  ])('%s', (_name, before, after, pointer, successor, message) => {
    const { loosenings } = compare(document(before), document(after));
    expect(loosenings.map((one) => [one.before, one.after, one.message])).toContainEqual([
      pointer,
      successor,
      message,
    ]);
    expect(loosenings.filter(({ certain }) => certain)).toEqual(loosenings);
  });

  it('is shown by a call that both policies judge', () => {
    const rule = (most: number): object => ({
      servers: { 'st*': { tools: { 'pay_*': { require: [lte(most)] } } } },
    });
    const { loosenings } = compare(document(rule(5)), document(rule(6)));
    expect(loosenings).toEqual([
      {
        kind: 'requirement',
        message:
          'The condition on "args.n" that calls of tools like "pay_*" on servers like "st*" must meet is gone or weaker.',
        before: '/servers/st*/tools/pay_*/require/0',
        after: '/servers/st*/tools/pay_*',
        example: { server: 'st', tool: 'pay_', args: { n: 6 } },
        certain: true,
      },
    ]);
  });

  it('says what the tool has to be taken for', () => {
    const [loosening] = compare(document({}), document({ risk: { Read: {} } })).loosenings;
    expect(loosening?.example.risk?.category).toBe('Read');
  });

  it('is not certain where no call shows it', () => {
    const { loosenings } = compare(
      document(needs('args.s', 'regex', '^a{40}$')),
      document(needs('args.s', 'matches', 'a{40}')),
    );
    expect(loosenings).toMatchObject([{ kind: 'requirement', certain: false }]);
  });
});

describe('the list of loosenings', () => {
  const names = Array.from({ length: 150 }, (_, index) => `tool_${index + 100}`);
  const all = (rule: object): object => ({
    tools: Object.fromEntries(names.map((name) => [name, rule])),
  });

  it('is in the order of the pointers and ends at a hundred', () => {
    const { loosenings } = compare(document(all({ action: 'deny' })), document(all({})));
    const pointers = loosenings.map(({ before }) => before!);
    expect(pointers).toEqual(pointers.toSorted());
    expect(pointers).toHaveLength(100);
    expect(pointers[0]).toBe('/tools/tool_100');
  });

  it('has one entry for a rule, however many servers and tools it concerns', () => {
    const servers = Object.fromEntries(names.map((name) => [name, { tools: { x: {} } }]));
    const before = document({ servers, tools: { pay: { action: 'deny' } } });
    const after = document({ servers, tools: { pay: {} } });
    expect(compare(before, after).loosenings).toHaveLength(1);
  });
});

describe('large policies', () => {
  const many = (
    count: number,
    prefix: string,
    make: (index: number) => object,
    suffix = '',
  ): object =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`${prefix}${at}${suffix}`, make(at)]),
    );
  const limited = (at: number): object => ({
    rate_limit: { max: 9 + (at % 7), window: 60 },
    require: [lte(at)],
  });
  const source = (value: object): PolicyDocument =>
    ({ version: '1', default: 'deny', ...value }) as PolicyDocument;

  it.each<[string, object, object, number]>([
    [
      '10,000 tools',
      { tools: many(10_000, 'tool_', limited) },
      { tools: { ...many(10_000, 'tool_', limited), tool_9: {} } },
      2,
    ],
    [
      '10,000 refused tools',
      { default: 'allow', tools: many(10_000, 'tool_', () => ({ action: 'deny' })) },
      {
        default: 'allow',
        tools: { ...many(10_000, 'tool_', () => ({ action: 'deny' })), tool_9: {} },
      },
      2,
    ],
    [
      '100 servers of 100 tools',
      { servers: many(100, 's_', () => ({ tools: many(100, 'tool_', limited) })) },
      { servers: { ...many(100, 's_', () => ({ tools: many(100, 'tool_', limited) })), s_9: {} } },
      0,
    ],
    [
      '10,000 patterns',
      { tools: many(10_000, 'tool_', limited, '_*') },
      { tools: many(10_000, 'tool_', limited, '_*'), hide: ['x'] },
      0,
    ],
  ])('of %s are compared in seconds', { timeout: 60_000 }, (_name, before, after, count) => {
    // Time of the processor, since the machine may have other things to do.
    const start = process.cpuUsage();
    const { loosenings } = compare(source(before), source(after));
    const { user, system } = process.cpuUsage(start);
    expect(loosenings.length).toBe(count);
    expect((user + system) / 1e6).toBeLessThan(4);
  });

  it('are looser for all that is known, where comparing them would take too long', () => {
    const tools = many(10_000, '*_', limited);
    const start = process.cpuUsage();
    const { loosenings } = compare(source({ tools }), source({ tools: { ...tools, x: {} } }));
    expect(loosenings[0]).toMatchObject({ kind: 'size', before: '', after: '', certain: false });
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(12);
  });
});
