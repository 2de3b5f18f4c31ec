import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathFacts } from '../../src/gateway/pathFacts';
import { refusalResult } from '../../src/gateway/refusal';
import { decide } from '../../src/policy/decide';
import { parsePolicy } from '../../src/policy/parsePolicy';
import { Policy } from '../../src/policy/policy';
import { settings } from '../../src/ui/ids';

const read: (file: string) => string = (file) => readFileSync(file, 'utf8');

function examples(file: string): string[] {
  return [...read(file).matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => match[1]!);
}

const policies = ['README.md', 'docs/policy.md'].flatMap((file) =>
  examples(file)
    .filter((text) => text.includes('"version"'))
    .map((text) => ({ file, text })),
);

describe('the examples in the docs', () => {
  it('are there', () => {
    expect(policies.length).toBeGreaterThanOrEqual(4);
  });

  it.each(policies)('of a policy in $file are valid', ({ text }) => {
    expect(parsePolicy(text).problems).toEqual([]);
  });

  it('of a refusal has the shape that agents get', () => {
    const text = examples('docs/policy.md').find((example) => example.includes('isError'))!;
    const example = JSON.parse(text);
    const { decisionId } = example._meta['toolgate/decision'];
    const policy = policies.find((candidate) => candidate.text.includes('delete_file'))!;
    const { document } = parsePolicy(policy.text);
    const decision = decide(
      [new Policy(document!, 'workspace')],
      { server: 's', tool: 'delete_file', args: {} },
      {
        category: 'Destructive',
        level: 'critical',
        client: 'c',
        sessionCalls: 0,
        paths: pathFacts(undefined),
      },
    );
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
