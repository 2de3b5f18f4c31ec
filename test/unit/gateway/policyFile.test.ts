import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LayeredPolicies, PolicyFile } from '../../../src/gateway/policySource';

const allow = '{ "version": "1", "default": "allow" }';
const deny = '{ "version": "1", "default": "deny" }';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'toolgate-policy-'));
  path = join(directory, 'policy.json');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function defaultOf(file: PolicyFile): string | undefined {
  const state = file.refresh();
  return state.kind === 'absent' ? undefined : state.policy?.document.default;
}

describe('a policy file', () => {
  it('is absent, then valid, then broken with the last good policy and the problems', () => {
    const file = new PolicyFile(path, 'workspace');
    expect(file.refresh()).toEqual({ kind: 'absent' });
    writeFileSync(path, allow);
    expect(file.refresh()).toMatchObject({ kind: 'valid', problems: [] });
    writeFileSync(path, '{ "version": "1" }');
    const broken = file.refresh();
    expect(broken).toMatchObject({ kind: 'broken', policy: { document: { default: 'allow' } } });
    expect(broken.kind === 'broken' && broken.problems[0]?.message).toMatch(/"default" is missing/);
    rmSync(path);
    expect(file.refresh()).toMatchObject({
      kind: 'broken',
      policy: { document: { default: 'allow' } },
    });
    writeFileSync(path, deny);
    expect(defaultOf(file)).toBe('deny');
  });

  it('has no policy when it was never good, and none either once it is deleted', () => {
    writeFileSync(path, 'nonsense');
    const file = new PolicyFile(path, 'workspace');
    expect(file.refresh()).toMatchObject({ kind: 'broken', policy: undefined });
    rmSync(path);
    expect(file.refresh()).toMatchObject({ kind: 'broken', policy: undefined });
    expect(new LayeredPolicies([file]).current()).toBeUndefined();
  });

  it('is read again when it is replaced by a rename or behind a link', () => {
    const [real, other] = [join(directory, 'real.json'), join(directory, 'other.json')];
    writeFileSync(real, allow);
    writeFileSync(other, deny);
    symlinkSync(real, path);
    const file = new PolicyFile(path, 'workspace');
    expect(defaultOf(file)).toBe('allow');
    writeFileSync(real, deny);
    expect(defaultOf(file)).toBe('deny');
    renameSync(join(directory, 'real.json'), join(directory, 'aside.json'));
    writeFileSync(real, allow);
    expect(defaultOf(file)).toBe('allow');
    renameSync(other, path);
    expect(defaultOf(file)).toBe('deny');
  });

  it('tells of a change of meaning once, and not of a change of spaces', () => {
    writeFileSync(path, allow);
    const file = new PolicyFile(path, 'workspace');
    let changes = 0;
    file.onDidChange(() => changes++);
    writeFileSync(path, ` ${allow}\n`);
    const same = file.refresh();
    expect(changes).toBe(0);
    expect(file.refresh()).toBe(same);
    writeFileSync(path, deny);
    file.refresh();
    file.refresh();
    expect(changes).toBe(1);
  });

  it('is never taken for a looser one, at whatever byte its writing was cut', () => {
    const text = '{ "version": "1", "default": "allow", "tools": { "a": { "action": "deny" } } }';
    writeFileSync(path, deny);
    const file = new PolicyFile(path, 'workspace');
    for (let end = 0; end < text.length; end++) {
      writeFileSync(path, text.slice(0, end));
      expect(defaultOf(file)).toBe('deny');
    }
    writeFileSync(path, text);
    expect(defaultOf(file)).toBe('allow');
  });
});

describe('the layers of policies', () => {
  it('are the preset alone where there is no file, and never with one', () => {
    const files = [new PolicyFile(path, 'workspace'), new PolicyFile(`${path}.user`, 'user')];
    const layers = new LayeredPolicies(files);
    const names = (): unknown => layers.current()?.map(({ layer }) => layer);
    expect(names()).toEqual(['preset']);
    writeFileSync(`${path}.user`, allow);
    expect(names()).toEqual(['user']);
    writeFileSync(path, deny);
    expect(names()).toEqual(['workspace', 'user']);
    rmSync(path);
    expect(names()).toEqual(['workspace', 'user']);
  });

  it('cannot be relied on when one of them was never good', () => {
    writeFileSync(path, 'nonsense');
    writeFileSync(`${path}.user`, allow);
    const files = [new PolicyFile(`${path}.user`, 'user'), new PolicyFile(path, 'workspace')];
    expect(new LayeredPolicies(files).current()).toBeUndefined();
  });
});
