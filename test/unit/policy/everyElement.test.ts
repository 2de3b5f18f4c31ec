import { describe, expect, it } from 'vitest';
import { everyElement } from '../../../src/policy/everyElement';
import { parsePolicy } from '../../../src/policy/parsePolicy';

function places(policy: object): string[] {
  const text = JSON.stringify({ version: '1', default: 'deny', ...policy });
  const { document, tree } = parsePolicy(text);
  return everyElement(document!, tree!).map(
    ({ offset, length, pointer }) => `${text.slice(offset, offset + length)} ${pointer}`,
  );
}

const secret = { path: 'args.paths[*]', op: 'contains', value: '.env' };
const when = (...conditions: object[]) => ({ conditions });

describe('a condition that an agent passes by adding an element', () => {
  it.each<[object, string]>([
    [
      { tools: { read: { deny_if: [when(secret)] } } },
      '"args.paths[*]" /tools/read/deny_if/0/conditions/0/path',
    ],
    [
      { risk: { Read: { approve_if: [when({ all: [secret] })] } } },
      '"args.paths[*]" /risk/Read/approve_if/0/conditions/0/all/0/path',
    ],
    [
      { servers: { s: { tools: { 'r*': { deny_if: [when(secret)] } } } } },
      '"args.paths[*]" /servers/s/tools/r*/deny_if/0/conditions/0/path',
    ],
  ])('%j is pointed out', (policy, place) => {
    expect(places(policy)).toEqual([place]);
  });

  it.each([
    [{ tools: { read: { require: [when(secret)] } } }],
    [{ tools: { read: { deny_if: [when({ not: secret })] } } }],
    [{ tools: { read: { deny_if: [when({ ...secret, path: 'args.paths[0]' })] } } }],
    [{ tools: { read: { deny_if: [when({ path: 'args.paths[*]', op: 'exists' })] } } }],
  ])('%j is none', (policy) => {
    expect(places(policy)).toEqual([]);
  });
});
