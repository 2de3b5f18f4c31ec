import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Decision, decide } from '../../../../src/policy/decide';
import type { ImportResult } from '../../../../src/policy/imports/importResult';
import type { PathFacts } from '../../../../src/policy/operators/under';
import { parsePolicy } from '../../../../src/policy/parsePolicy';
import { Policy } from '../../../../src/policy/policy';

export function fixture(name: string): string {
  return readFileSync(`test/fixtures/imports/${name}`, 'utf8');
}

const paths = {
  platform: 'posix',
  caseInsensitive: false,
  workspaceFolder: '/work',
  homedir: '/home/me',
  realpath: () => undefined,
} as PathFacts;

/** The policy that an import gives, having made sure that it is one. */
export function policyOf({ document, problems }: ImportResult): Policy {
  expect(problems).toEqual([]);
  const parsed = parsePolicy(JSON.stringify(document));
  expect(parsed.problems).toEqual([]);
  return new Policy(parsed.document!, 'workspace');
}

export function judge(
  policy: Policy,
  tool: string,
  args: Record<string, unknown> = {},
  server = 's',
): Decision {
  return decide(
    [policy],
    { server, tool, args },
    { category: 'Write', level: 'medium', client: 'test', sessionCalls: 0, paths },
  );
}
