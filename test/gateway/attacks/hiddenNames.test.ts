import { describe, expect, it } from 'vitest';
import { type RawMessage, RawSession, refusalIn, textOf } from '../support/rawClient';
import { startGateway } from '../support/testGateway';

// Hidden is not denied (CVE-2026-77243: hidden tools could still be called), and a name can be
// written in many ways that a person or a lenient server takes for the same.

async function listedTools(session: RawSession): Promise<unknown[]> {
  return namesIn(await session.ask('tools/list'));
}

function namesIn({ result }: RawMessage): unknown[] {
  const tools = (result?.tools ?? []) as { name: unknown }[];
  return tools.map(({ name }) => name);
}

describe('a hidden tool', () => {
  const policy = {
    default: 'allow',
    hide: ['delete_*'],
    tools: { run_command: { action: 'hide', reason: 'No commands here.' } },
  };

  it('is not listed, while the others are, as the server describes them', async () => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    const all = ['read_file', 'write_file', 'delete_repo', 'run_command', 'hold', 'release'];
    expect(await listedTools(session)).toEqual(
      all.filter((name) => name !== 'delete_repo' && name !== 'run_command'),
    );
    gateway.writePolicy({ default: 'allow' });
    expect(await listedTools(session)).toEqual(all);
  });

  it.each([
    'delete_repo',
    'DELETE_REPO',
    'Delete_Repo',
    'delete\u200b_repo',
    'delete_repo\u0000',
    'ｄｅｌｅｔｅ_repo',
    'dеlete_repo',
    'delete_repo\u{e0041}',
    'run_command',
    'Run_Command',
    'run_commаnd',
    'run_\u{1d41c}ommand',
    'run_c\u2060ommand',
    'ru\u0578_command',
    '\ufeffrun_command',
    'run_command\ufe0f',
  ])('is refused when it is called as %j', async (name) => {
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    expect(refusalIn(await session.call(name))?.code).toMatch(/^(hidden|denied)$/);
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });

  it('is refused by its own name with the code "hidden" and the reason of its rule', async () => {
    const session = await RawSession.open(await startGateway({ policy }));
    expect(refusalIn(await session.call('delete_repo'))).toMatchObject({
      code: 'hidden',
      rule: '/hide/0',
    });
    expect(textOf(await session.call('run_command'))).toBe('[POLICY DENIED] No commands here.');
  });

  it('leaves no trace on the pages of a listing, and the cursors still work', async () => {
    const servers = { s: { fixture: ['pages.mjs'] as const } };
    const session = await RawSession.open(await startGateway({ policy, servers }));
    const names: unknown[] = [];
    let cursor: unknown;
    do {
      const page = await session.ask('tools/list', cursor === undefined ? {} : { cursor });
      names.push(...namesIn(page));
      cursor = page.result?.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['read_file', 'write_file', 'hold', 'release']);
  });
});

describe('a denied tool', () => {
  it('stays in the list, so that the agent learns why; by the default alone only if so set', async () => {
    const policy = { default: 'deny', tools: { read_file: {}, delete_repo: { action: 'deny' } } };
    const open = await RawSession.open(await startGateway({ policy }));
    expect(await listedTools(open)).toHaveLength(6);
    const shut = await RawSession.open(await startGateway({ policy, listDenied: false }));
    expect(await listedTools(shut)).toEqual(['read_file', 'delete_repo']);
  });

  it('is refused by a spelling that only looks like its name', async () => {
    const policy = { default: 'allow', tools: { delete_repo: { action: 'deny' } } };
    const gateway = await startGateway({ policy });
    const session = await RawSession.open(gateway);
    for (const name of ['Delete_Repo', 'delеte_repo', 'delete_repo\u2060']) {
      expect(refusalIn(await session.call(name))?.code).toBe('denied');
    }
    expect(refusalIn(await session.call('delete_repos'))).toBeUndefined();
    expect(gateway.callsOf()).toEqual(['delete_repos']);
  });
});

describe('a tool whose name holds characters that nobody sees', () => {
  it('is neither listed nor called, while its honest neighbour is', async () => {
    const servers = { s: { fixture: ['hiddenCharacters.mjs'] as const } };
    const gateway = await startGateway({ policy: { default: 'allow' }, servers });
    const session = await RawSession.open(gateway);
    expect(await listedTools(session)).toEqual(['read_file']);
    for (const name of ['read\u200b_file', 'rea\u202ed', 'r\u{e0061}ead', 'a\nb', '\u2800']) {
      expect(refusalIn(await session.call(name))?.layer).toBe('gateway');
    }
    expect(textOf(await session.call('read_file'))).toBe('read_file done');
    expect(gateway.callsOf()).toEqual(['read_file']);
  });
});
