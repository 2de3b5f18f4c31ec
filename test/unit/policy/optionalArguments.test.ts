import { describe, expect, it } from 'vitest';
import { optionalArguments } from '../../../src/policy/optionalArguments';
import { parsePolicy } from '../../../src/policy/parsePolicy';

const tools = [
  { server: 's', name: 'pay', inputSchema: { required: ['amount'] } },
  { server: 's', name: 'send', inputSchema: { properties: { to: {} } } },
  { server: 'other', name: 'pay', inputSchema: {} },
];

function warnings(policy: object): string[] {
  const text = JSON.stringify({ version: '1', default: 'deny', ...policy });
  const { document, tree } = parsePolicy(text);
  return optionalArguments(document!, tree!, tools).map(
    ({ offset, length, message }) =>
      `${text.slice(offset, offset + length)} ${message.split(':')[0]}`,
  );
}

const big = { path: 'args.amount', op: 'gt', value: 5 };
const to = { path: 'args.to.name', op: 'eq', value: 'x' };

describe('a condition that an agent passes by leaving an argument out', () => {
  it.each([
    [
      { tools: { send: { deny_if: [{ conditions: [to] }] } } },
      ['"args.to.name" "to" is optional for "send"'],
    ],
    [
      {
        servers: { s: { tools: { 's*': { approve_if: [{ conditions: [{ any: [to, big] }] }] } } } },
      },
      [
        '"args.to.name" "to" is optional for "send"',
        '"args.amount" "amount" is optional for "send"',
      ],
    ],
    [
      { tools: { pay: { deny_if: [{ conditions: [big] }] } } },
      ['"args.amount" "amount" is optional for "pay"'],
    ],
  ])('%j is pointed out', (policy, expected) => {
    expect(warnings(policy)).toEqual(expected);
  });

  it.each([
    [{ servers: { s: { tools: { pay: { deny_if: [{ conditions: [big] }] } } } } }],
    [{ tools: { send: { require: [to] } } }],
    [{ tools: { send: { deny_if: [{ conditions: [{ not: to }] }] } } }],
    [{ tools: { send: { deny_if: [{ conditions: [{ path: 'args.to', op: 'exists' }] }] } } }],
    [{ tools: { send: { deny_if: [{ conditions: [{ path: 'tool', op: 'eq', value: 'x' }] }] } } }],
    [{ tools: { unknown: { deny_if: [{ conditions: [to] }] } } }],
  ])('%j is none', (policy) => {
    expect(warnings(policy)).toEqual([]);
  });
});
