import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compare } from '../../../src/policy/comparison/compare';
import { type CallFacts, decide } from '../../../src/policy/decide';
import type { PolicyDocument } from '../../../src/policy/document';
import { parsePolicy } from '../../../src/policy/parsePolicy';
import { Policy } from '../../../src/policy/policy';

const text = JSON.stringify({
  version: '1',
  default: 'deny',
  hide: ['h'],
  tools: {
    a: { require: [{ path: 'args.n', op: 'lte', value: 5 }], rate_limit: '5/minute' },
    'b*': { action: 'require_approval' },
    c: { deny_if: [{ conditions: [{ path: 'args.s', op: 'contains', value: 'x' }] }] },
  },
  servers: { s: { risk: { Read: {} }, tools: { d: { args: { required: ['n'] } } } } },
});
const original = parsePolicy(text).document!;

const facts: CallFacts = {
  category: 'Write',
  level: 'medium',
  client: 'c',
  sessionCalls: 0,
  paths: { platform: 'posix', caseInsensitive: false, workspaceFolder: '/w', homedir: '/h' },
};
const calls = ['a', 'b', 'bb', 'c', 'd', 'e', 'h'].flatMap((tool) =>
  [{}, { n: 5 }, { n: 6 }, { s: 'x' }, { s: 'y', n: 1 }].map((args) => ({ tool, args })),
);
const strictness = { allow: 0, require_approval: 1, deny: 2 };

function verdicts(document: PolicyDocument): number[] {
  const policy = new Policy(document, 'workspace');
  return calls.map((call) => strictness[decide([policy], { server: 's', ...call }, facts).verdict]);
}

/** Whether the text would be in force as it stands: it can be read and allows nothing more. */
function inForce(changed: string): PolicyDocument | undefined {
  const { document } = parsePolicy(changed);
  return document && compare(original, document).loosenings.length === 0 ? document : undefined;
}

const mutation = fc.tuple(
  fc.nat(text.length - 1),
  fc.nat(8),
  fc.oneof(
    fc.constant(''),
    fc.string({ maxLength: 4 }),
    fc.constantFrom('allow', '"', '}', '{', ',', '*', '1', '9', 'deny', 'x-', 'n', ' '),
  ),
);

it('no mutation of a policy is in force and allows what the policy did not', () => {
  const before = verdicts(original);
  fc.assert(
    fc.property(mutation, ([at, length, insert]) => {
      const changed = inForce(text.slice(0, at) + insert + text.slice(at + length));
      for (const [index, verdict] of (changed ? verdicts(changed) : []).entries()) {
        expect(verdict).toBeGreaterThanOrEqual(before[index]!);
      }
    }),
    { numRuns: 10_000 },
  );
}, 120_000);

it('no beginning of a policy but the whole is in force', () => {
  for (let end = 0; end < text.length; end++) {
    expect(parsePolicy(text.slice(0, end)).document).toBeUndefined();
  }
  expect(inForce(text)).toBeDefined();
});
