import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RawSession, refusalIn, textOf } from './support/rawClient';
import { startGateway } from './support/testGateway';

const allow = { default: 'allow' };
const deny = { default: 'deny' };
const call = { name: 'write_file', arguments: {} };
const broken = '{ "version": "1", "default": "allow", ';

describe('an edit of the policy file', () => {
  it('counts for the very next call, in both directions', async () => {
    const gateway = await startGateway({ policy: allow });
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    gateway.writePolicy(deny);
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
    gateway.writePolicy(allow);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file', 'read_file']);
  });

  it('counts when it is as long as the text before and written within the same moment', async () => {
    const gateway = await startGateway({ policy: allow });
    const session = await RawSession.open(gateway);
    const open = '{ "version": "1", "default": "allow" }';
    const shut = '{ "version": "1", "default": "deny"  }';
    for (let round = 0; round < 20; round++) {
      gateway.writePolicy(open);
      expect(gateway.policies.current()).toBeDefined();
      gateway.writePolicy(shut);
      expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
      gateway.writePolicy(open);
      expect(textOf(await session.call('read_file'))).toBe('read_file done');
    }
  });

  it('counts when the modification time is set back to what it was', async () => {
    const gateway = await startGateway({ policy: allow });
    const session = await RawSession.open(gateway);
    const longAgo = new Date('2020-01-01');
    utimesSync(gateway.policyPath, longAgo, longAgo);
    expect(refusalIn(await session.call('read_file'))).toBeUndefined();
    gateway.writePolicy('{"version":"1","default":"deny" }');
    utimesSync(gateway.policyPath, longAgo, longAgo);
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
  });

  it('is told to the client, which may list other tools now', async () => {
    const gateway = await startGateway({ policy: allow });
    const session = await RawSession.open(gateway);
    gateway.writePolicy({ default: 'allow', hide: ['read_file'] });
    const answer = await session.post({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: call,
    });
    expect(answer.messages.map(({ method }) => method)).toContain(
      'notifications/tools/list_changed',
    );
  });
});

describe('a policy file that cannot be used', () => {
  it.each([
    ['is not JSON any more', broken],
    ['is empty', ''],
    ['has an unknown key', '{ "version": "1", "default": "allow", "tool": {} }'],
    [
      'has a key that this version does not enforce',
      '{ "version": "1", "default": "allow", "limits": [] }',
    ],
    ['has a key twice', '{ "version": "1", "default": "allow", "default": "deny" }'],
    ['lacks its version', '{ "default": "allow" }'],
  ])('keeps the last good policy in force when it %s', async (_, text) => {
    const gateway = await startGateway({ policy: { default: 'deny', tools: { read_file: {} } } });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('write_file'))?.code).toBe('denied');
    gateway.writePolicy(text);
    expect(refusalIn(await session.call('write_file'))?.code).toBe('denied');
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    gateway.writePolicy(allow);
    expect(textOf(await session.call('write_file'))).toBe('write_file done');
  });

  it('refuses every call when it was never good, until it is mended', async () => {
    const gateway = await startGateway({ policy: broken });
    const session = await RawSession.open(gateway);
    const refusal = refusalIn(await session.call('read_file'));
    expect(refusal).toMatchObject({ code: 'no_policy', layer: 'gateway', rule: '' });
    expect(gateway.callsOf()).toEqual([]);
    gateway.writePolicy(allow);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });

  it('gives way to the recommended policy when it was never good and is then deleted', async () => {
    const gateway = await startGateway({ policy: broken });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('read_file'))?.code).toBe('no_policy');
    rmSync(gateway.policyPath);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });

  it('keeps the last good policy in force when it is deleted, or replaced by a folder', async () => {
    const gateway = await startGateway({ policy: { default: 'deny', tools: { delete_repo: {} } } });
    const session = await RawSession.open(gateway);
    rmSync(gateway.policyPath);
    // The preset would allow the one and ask about the other.
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
    expect(textOf(await session.call('delete_repo'))).toBe('delete_repo done');
    mkdirSync(gateway.policyPath);
    expect(refusalIn(await session.call('read_file'))?.code).toBe('denied');
    rmSync(gateway.policyPath, { recursive: true });
    gateway.writePolicy(allow);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
  });
});

describe('without a policy file', () => {
  it('the recommended preset holds: reading passes, destroying waits for a person', async () => {
    const gateway = await startGateway({ approver: false });
    const session = await RawSession.open(gateway);
    await session.ask('tools/list');
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(refusalIn(await session.call('delete_repo'))).toMatchObject({
      code: 'approval_unavailable',
      layer: 'preset',
      rule: '/risk/Destructive',
    });
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('a file that appears takes its place at once', async () => {
    const gateway = await startGateway();
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call('read_file'))).toBeUndefined();
    writeFileSync(gateway.policyPath, '{ "version": "1", "default": "deny" }');
    expect(refusalIn(await session.call('read_file'))?.layer).toBe('workspace');
  });
});
