import { describe, expect, it } from 'vitest';
import { type KnownServer, unknownNames } from '../../../src/policy/knownNames';
import { nearestName } from '../../../src/policy/nearestName';
import { parsePolicy } from '../../../src/policy/parsePolicy';

const servers: readonly KnownServer[] = [
  { label: 'github', tools: ['create_issue', 'list_issues'] },
  { label: 'stripe', tools: ['create_refund'] },
];

function found(policy: object, known = servers): string[] {
  const text = JSON.stringify({ version: '1', default: 'deny', ...policy });
  const { document, tree } = parsePolicy(text);
  return unknownNames(document!, tree!, known).map(
    ({ message, offset, length }) => `${text.slice(offset, offset + length)}: ${message}`,
  );
}

describe('a name in a policy', () => {
  it.each([
    [
      { tools: { create_isue: {} } },
      '"create_isue": There is no tool "create_isue". Did you mean "create_issue"?',
    ],
    [
      { tools: { Create_Issue: {} } },
      '"Create_Issue": There is no tool "Create_Issue". Did you mean "create_issue"?',
    ],
    [{ tools: { zzz: {} } }, '"zzz": There is no tool "zzz".'],
    [{ tools: { 'zzz_*': {} } }, '"zzz_*": No tool fits "zzz_*".'],
    [
      { hide: ['list_issue'] },
      '"list_issue": There is no tool "list_issue". Did you mean "list_issues"?',
    ],
    [{ servers: { gihub: {} } }, '"gihub": There is no server "gihub". Did you mean "github"?'],
    [
      { servers: { stripe: { tools: { create_issue: {} } } } },
      '"create_issue": There is no tool "create_issue".',
    ],
    [
      { servers: { github: { hide: ['create_issues'] } } },
      '"create_issues": There is no tool "create_issues". Did you mean "create_issue"?',
    ],
  ])('%o is reported', (policy, message) => {
    expect(found(policy)).toEqual([message]);
  });

  it.each([
    [{ tools: { create_issue: {}, 'list_*': {}, '*': {} } }],
    [{ hide: ['create_*'], servers: { 'git*': { tools: { list_issues: {} } } } }],
    [{ servers: { '*': { tools: { create_refund: {}, create_issue: {} } } } }],
  ])('%o fits', (policy) => {
    expect(found(policy)).toEqual([]);
  });

  it('is not called unknown while the tools of a server are not known', () => {
    const starting = [...servers, { label: 'new', tools: undefined }];
    expect(found({ tools: { zzz: {} } }, starting)).toEqual([]);
    expect(found({ servers: { github: { tools: { zzz: {} } } } }, starting)).toHaveLength(1);
  });
});

it.each([
  ['read_fle', 'read_file'],
  ['file_read', undefined],
  ['x', undefined],
  ['raed_file', 'read_file'],
])('the nearest name to %s is %s', (name, nearest) => {
  expect(nearestName(name, ['write_file', 'read_file'])).toBe(nearest);
});
