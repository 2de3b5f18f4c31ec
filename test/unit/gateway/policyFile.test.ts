import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfirmedForNow, ConfirmedPolicyFiles } from '../../../src/gateway/confirmedPolicies';
import { PolicyFile } from '../../../src/gateway/policyFile';
import {
  LayeredPolicies,
  recommendedDocument,
  silentDocument,
} from '../../../src/gateway/policySource';

const allow = '{ "version": "1", "default": "allow" }';
const ask = '{ "version": "1", "default": "require_approval" }';
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

/** As after a start of the editor: what was confirmed is remembered, nothing else. */
function open(at = path, layer: 'user' | 'workspace' = 'workspace'): PolicyFile {
  return new PolicyFile(at, layer, {
    confirmed: new ConfirmedPolicyFiles(join(directory, 'confirmed')),
    whenAbsent: layer === 'user' ? () => silentDocument : recommendedDocument,
  });
}

function defaultOf(file: PolicyFile): string | undefined {
  const state = file.refresh();
  return state.kind === 'absent' ? undefined : state.policy?.document.default;
}

function digestOf(file: PolicyFile): string {
  const state = file.refresh();
  if (state.kind !== 'loosened') throw new Error(`it is ${state.kind}`);
  return state.change.digest;
}

describe('a policy file', () => {
  it('counts as confirmed as it is first seen', () => {
    writeFileSync(path, allow);
    expect(open().refresh().kind).toBe('valid');
    rmSync(path);
  });

  it('that breaks leaves the last good policy in force, and says what is wrong', () => {
    writeFileSync(path, deny);
    const file = open();
    writeFileSync(path, '{ "version": "1" }');
    const broken = file.refresh();
    expect(broken).toMatchObject({ kind: 'broken', policy: { document: { default: 'deny' } } });
    expect(broken.kind === 'broken' && broken.problems[0]?.message).toMatch(/"default" is missing/);
    expect(defaultOf(open())).toBe('deny');
  });

  it('that was never good leaves no policy', () => {
    writeFileSync(path, 'nonsense');
    const file = open();
    expect(file.refresh()).toMatchObject({ kind: 'broken', policy: undefined });
    expect(new LayeredPolicies([file]).current()).toBeUndefined();
  });

  it('that tightens is in force at once', () => {
    writeFileSync(path, allow);
    const file = open();
    for (const text of [ask, deny]) {
      writeFileSync(path, text);
      expect(file.refresh()).toMatchObject({ kind: 'valid' });
      expect(`"${defaultOf(file)}"`).toBe(/"default": ("\w+")/.exec(text)?.[1]);
    }
  });

  it('that loosens waits for the person, also over a restart', () => {
    writeFileSync(path, deny);
    const file = open();
    writeFileSync(path, ask);
    expect(file.refresh()).toMatchObject({ kind: 'loosened' });
    expect(defaultOf(file)).toBe('deny');
    expect(defaultOf(open())).toBe('deny');
    expect(file.confirm(digestOf(file))).toBe(true);
    expect([defaultOf(file), defaultOf(open())]).toEqual(['require_approval', 'require_approval']);
  });

  it('cannot be confirmed for other content than was shown', () => {
    writeFileSync(path, deny);
    const file = open();
    writeFileSync(path, ask);
    const shown = digestOf(file);
    writeFileSync(path, allow);
    expect(file.confirm(shown)).toBe(false);
    expect(defaultOf(file)).toBe('deny');
  });

  it('that is taken back to what was confirmed needs no word', () => {
    writeFileSync(path, deny);
    const file = open();
    writeFileSync(path, allow);
    expect(file.refresh().kind).toBe('loosened');
    writeFileSync(path, deny);
    expect(file.refresh().kind).toBe('valid');
  });

  it('is in force at once where the person edits through Toolgate', () => {
    writeFileSync(path, deny);
    const file = open();
    file.expect(allow);
    writeFileSync(path, allow);
    expect(file.refresh().kind).toBe('valid');
    expect(defaultOf(file)).toBe('allow');
  });

  it('that vanishes or comes anew is a change like any other', () => {
    writeFileSync(path, deny);
    const file = open();
    rmSync(path);
    // The recommended policy, which would hold then, asks where this one denied.
    expect(file.refresh()).toMatchObject({ kind: 'loosened', change: { after: undefined } });
    expect(defaultOf(file)).toBe('deny');
    expect(file.confirm(digestOf(file))).toBe(true);
    expect(file.refresh()).toEqual({ kind: 'absent' });
    writeFileSync(path, allow);
    expect(file.refresh()).toMatchObject({ kind: 'loosened', policy: undefined });
    writeFileSync(path, deny);
    expect(file.refresh().kind).toBe('valid');
  });

  it('is read again when it is replaced by a rename or behind a link', () => {
    const [real, other] = [join(directory, 'real.json'), join(directory, 'other.json')];
    writeFileSync(real, allow);
    writeFileSync(other, deny);
    symlinkSync(real, path);
    const file = open();
    expect(defaultOf(file)).toBe('allow');
    writeFileSync(real, ask);
    expect(defaultOf(file)).toBe('require_approval');
    renameSync(other, path);
    expect(defaultOf(file)).toBe('deny');
  });

  it('tells of a change of meaning once, and not of a change of spaces', () => {
    writeFileSync(path, allow);
    const file = open();
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
    const file = open();
    for (let end = 0; end <= text.length; end++) {
      writeFileSync(path, text.slice(0, end));
      expect(defaultOf(file)).toBe('deny');
    }
  });

  it('keeps what was confirmed outside, for the person alone', () => {
    writeFileSync(path, deny);
    open();
    const [record] = readdirSync(join(directory, 'confirmed'));
    const file = join(directory, 'confirmed', record!);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      version: 1,
      text: deny,
      byPerson: false,
    });
  });

  it('is the person’s from their first word on, and not because it lay there', () => {
    const isPersons = (file: PolicyFile): unknown => {
      const state = file.refresh();
      return state.kind === 'absent' ? undefined : state.policy?.byPerson;
    };
    writeFileSync(path, deny);
    const file = open();
    expect(isPersons(file)).toBe(false);
    writeFileSync(path, allow);
    expect(isPersons(file)).toBe(false);
    const state = file.refresh();
    expect(state.kind === 'loosened' && file.confirm(state.change.digest)).toBe(true);
    expect(isPersons(file)).toBe(true);
    // What tightens it afterwards takes nothing from that.
    writeFileSync(path, ask);
    expect(isPersons(file)).toBe(true);
    expect(isPersons(open())).toBe(true);
  });

  it.runIf(process.platform !== 'win32')(
    'that would never end, or is no text, is broken and holds nobody up',
    () => {
      writeFileSync(path, deny);
      const file = open();
      for (const replace of [
        () => symlinkSync('/dev/zero', path),
        () => execFileSync('mkfifo', [path]),
        () => mkdirSync(path),
        () =>
          writeFileSync(
            path,
            Buffer.from(allow.replace('allow"', 'allow", "x-a": "\xe9"'), 'latin1'),
          ),
        () => {
          writeFileSync(path, allow);
          truncateSync(path, 65 * 1024 * 1024);
        },
      ]) {
        rmSync(path, { recursive: true });
        replace();
        expect(file.refresh()).toMatchObject({ kind: 'broken', policy: { layer: 'workspace' } });
        expect(defaultOf(file)).toBe('deny');
      }
      rmSync(path);
      writeFileSync(path, deny);
      expect(file.refresh().kind).toBe('valid');
    },
  );

  it('counts on where the folder has its policy in another file', () => {
    const other = join(directory, 'other.json');
    const text =
      '{ "version": "1", "default": "deny", "tools": { "t": { "rate_limit": "5/day" } } }';
    for (const at of [path, other]) writeFileSync(at, text);
    const idOf = (at: string, subject?: string): string | undefined => {
      const options = {
        confirmed: new ConfirmedForNow(),
        whenAbsent: recommendedDocument,
        subject,
      };
      const state = new PolicyFile(at, 'workspace', options).refresh();
      return state.kind === 'valid' ? state.policy.id : undefined;
    };
    expect(idOf(path, 'folder')).toBeDefined();
    expect(idOf(path, 'folder')).toBe(idOf(other, 'folder'));
    expect(idOf(path)).not.toBe(idOf(other));
  });

  it('is not in force while that cannot be recorded', () => {
    writeFileSync(path, deny);
    writeFileSync(join(directory, 'confirmed'), 'a file where the folder should be');
    expect(open().refresh()).toMatchObject({ kind: 'broken', policy: undefined });
  });
});

describe('the layers of policies', () => {
  it('are the preset alone where there is no file, and never with one', async () => {
    const layers = new LayeredPolicies([open(), open(`${path}.user`, 'user')]);
    const names = async (): Promise<unknown> => {
      await turn();
      return layers.current()?.map(({ layer }) => layer);
    };
    expect(await names()).toEqual(['preset']);
    writeFileSync(`${path}.user`, ask);
    expect(await names()).toEqual(['user']);
    writeFileSync(path, deny);
    expect(await names()).toEqual(['workspace', 'user']);
    rmSync(path);
    expect(await names()).toEqual(['workspace', 'user']);
  });

  it('wait for confirmation where a first file of the person would loosen the preset', () => {
    const file = new PolicyFile(`${path}.user`, 'user', {
      confirmed: new ConfirmedForNow(),
      whenAbsent: () => ({ version: '1', default: 'allow' }),
      beforeFirst: recommendedDocument,
    });
    expect(file.refresh().kind).toBe('absent');
    writeFileSync(`${path}.user`, allow);
    const state = file.refresh();
    expect(state).toMatchObject({ kind: 'loosened', policy: undefined });
    if (state.kind === 'loosened') expect(file.confirm(state.change.digest)).toBe(true);
    expect(file.refresh()).toMatchObject({ kind: 'valid' });
    // Taking it away again is a loosening, whatever held before it.
    writeFileSync(`${path}.user`, deny);
    expect(file.refresh().kind).toBe('valid');
    rmSync(`${path}.user`);
    expect(file.refresh().kind).toBe('loosened');
  });

  it('are looked at once for all calls of one turn of the event loop', async () => {
    const layers = new LayeredPolicies([open()]);
    const before = layers.current();
    writeFileSync(path, deny);
    expect(layers.current()).toEqual(before);
    await turn();
    expect(layers.current()).toMatchObject([{ layer: 'workspace' }]);
  });

  it('cannot be relied on when one of them was never good', () => {
    writeFileSync(path, 'nonsense');
    writeFileSync(`${path}.user`, allow);
    const files = [open(`${path}.user`, 'user'), open()];
    expect(new LayeredPolicies(files).current()).toBeUndefined();
  });
});
