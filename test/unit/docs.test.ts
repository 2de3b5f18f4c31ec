import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathFacts } from '../../src/gateway/pathFacts';
import { refusalResult } from '../../src/gateway/refusal';
import { type Decision, decide } from '../../src/policy/decide';
import { parsePolicy } from '../../src/policy/parsePolicy';
import { Policy } from '../../src/policy/policy';
import { parsePolicyTest } from '../../src/policy/policyTest';
import { settings } from '../../src/ui/ids';

const read: (file: string) => string = (file) => readFileSync(file, 'utf8');

function examples(file: string): string[] {
  return [...read(file).matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => match[1]!);
}

const policies = ['README.md', 'docs/policy.md', 'docs/approvals.md'].flatMap((file) =>
  examples(file)
    .filter((text) => text.includes('"version"'))
    .map((text) => ({ file, text })),
);

const facts = {
  category: 'Write',
  level: 'medium',
  client: 'c',
  sessionCalls: 0,
  paths: pathFacts(process.cwd()),
} as const;

function judge(policy: Policy, tool: string, args: Record<string, unknown>): Decision {
  return decide([policy], { server: 's', tool, args }, facts);
}

describe('the examples in the docs', () => {
  it('are there', () => {
    expect(policies.length).toBeGreaterThanOrEqual(4);
  });

  it.each(policies)('of a policy in $file are valid', ({ text }) => {
    expect(parsePolicy(text).problems).toEqual([]);
  });

  const conditions = policies.find(
    ({ text }) => text.includes('create_refund') && text.includes('under'),
  )!;
  const src = `${process.cwd()}/src`;
  it.each([
    ['create_refund', { amount: 50, currency: 'eur' }, 'allow'],
    ['create_refund', { amount: 150, currency: 'eur' }, 'require_approval'],
    ['create_refund', { amount: 900, currency: 'eur' }, 'deny'],
    ['create_refund', { amount: '50', currency: 'eur' }, 'deny'],
    ['write_file', { path: `${src}/a.ts` }, 'allow'],
    ['write_file', { path: `${src}/../package.json` }, 'deny'],
    ['fetch', { url: 'https://api.example.com/x' }, 'allow'],
    ['fetch', { url: 'https://api.example.com.evil.test/' }, 'deny'],
    ['run', { command: 'git status --short' }, 'allow'],
    ['run', { command: 'git status; rm -rf .' }, 'deny'],
    ['query', { sql: 'SELECT name FROM users WHERE id = 1' }, 'allow'],
    ['query', { sql: 'SELECT 1; DROP TABLE users' }, 'deny'],
    ['send_mail', { to: ['a@example.com', 'b@example.com'] }, 'allow'],
    ['send_mail', { to: ['a@example.com', 'b@evil.test'] }, 'deny'],
  ])('of conditions judge %s of %o to be %s', (tool, args, verdict) => {
    const policy = new Policy(parsePolicy(conditions.text).document!, 'workspace');
    expect(judge(policy, tool, args).verdict).toBe(verdict);
  });

  it('of flows asks before what was read is sent out', () => {
    const example = policies.find(({ text }) => text.includes('"outbound"'))!;
    const policy = new Policy(parsePolicy(example.text).document!, 'workspace');
    const touched = { private: true, untrusted: true };
    const judged = (server: string, tool: string, read: object): string =>
      decide(
        [policy],
        { server, tool, args: {} },
        { ...facts, touched: { session: touched, grant: touched, ...read } },
      ).verdict;
    expect(judged('s', 'send_mail', {})).toBe('require_approval');
    expect(judged('s', 'read_file', {})).toBe('allow');
    expect(judged('clock', 'send_mail', {})).toBe('allow');
    expect(judged('s', 'send_mail', { grant: { private: true, untrusted: false } })).toBe('allow');
  });

  it('of results has each thing done to them', () => {
    const example = policies.find(({ text }) => text.includes('"max_bytes"'))!;
    const policy = new Policy(parsePolicy(example.text).document!, 'workspace');
    expect(judge(policy, 'read_env', {})).toMatchObject({
      verdict: 'allow',
      results: { redactSecrets: true, stripHidden: true, maxBytes: 100_000 },
    });
    expect(judge(policy, 'other', {})).not.toHaveProperty('results');
  });

  it('of a policy test can be read', () => {
    const text = examples('docs/policy.md').find((example) => example.includes('"cases"'))!;
    expect(parsePolicyTest(text).problems).toEqual([]);
  });

  it('of a refusal has the shape that agents get', () => {
    const text = examples('docs/policy.md').find((example) => example.includes('isError'))!;
    const example = JSON.parse(text);
    const { decisionId } = example._meta['toolgate/decision'];
    const policy = policies.find((candidate) => candidate.text.includes('delete_file'))!;
    const { document } = parsePolicy(policy.text);
    const decision = judge(new Policy(document!, 'workspace'), 'delete_file', {});
    expect(decision.verdict).toBe('deny');
    if (decision.verdict === 'deny') expect(refusalResult(decision, decisionId)).toEqual(example);
  });
});

it('README lists every setting with its default', () => {
  const { properties } = JSON.parse(read('package.json')).contributes.configuration;
  for (const name of Object.values(settings)) {
    const row = read('README.md').match(new RegExp(`\\| \`toolgate\\.${name}\` \\| ([^|]*) \\|`));
    expect([name, row?.[1]]).toEqual([name, expect.any(String)]);
    const { default: value } = properties[`toolgate.${name}`];
    if (typeof value === 'number') expect(row?.[1]).toBe(String(value));
  }
});
