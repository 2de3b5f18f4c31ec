import { describe, expect, it } from 'vitest';
import { RawSession } from './support/rawClient';
import { startGateway } from './support/testGateway';

// VS Code asks by itself before each tool that does not say that it only reads. Who is asked twice
// learns to click without reading; who is not asked at all has lost the question.

interface ListedTool {
  readonly name: string;
  readonly annotations?: { readonly readOnlyHint?: boolean };
}

async function silenced(session: RawSession): Promise<string[]> {
  const { result } = (await session.ask('tools/list', {})) as { result: { tools: ListedTool[] } };
  return result.tools
    .filter(({ annotations }) => annotations?.readOnlyHint === true)
    .map(({ name }) => name)
    .sort();
}

const ask = { action: 'require_approval' };
const policy = {
  default: 'require_approval',
  risk: { Execute: ask },
  servers: {
    s: { tools: { write_file: ask, 'read_*': {}, hold: { ...ask, mode: 'observe' } } },
  },
  tools: { delete_repo: { action: 'deny' } },
};

describe('the question of the client itself', () => {
  it('is left alone unless the person has chosen otherwise', async () => {
    const session = await RawSession.open(await startGateway({ policy }));
    expect(await silenced(session)).toEqual([]);
  });

  it('is left to the gateway where it asks by a rule that names the tool', async () => {
    const session = await RawSession.open(await startGateway({ policy, asksAlone: true }));
    // Not "read_file": the rule that lets it pass came with the workspace. Not "run_command",
    // "release": no rule names them. Not "hold": its rule only observes.
    expect(await silenced(session)).toEqual(['write_file']);
  });

  it('is left to the gateway where the person has confirmed what passes', async () => {
    const gateway = await startGateway({ policy, asksAlone: true });
    gateway.writePolicy({ ...policy, hide: ['something'] });
    const session = await RawSession.open(gateway);
    expect(await silenced(session)).toEqual(['read_file', 'write_file']);
  });

  it('stays where there is no policy file', async () => {
    const session = await RawSession.open(await startGateway({ asksAlone: true }));
    expect(await silenced(session)).toEqual([]);
  });

  it('is asked by the gateway: the call waits', async () => {
    const gateway = await startGateway({ policy, asksAlone: true });
    const session = await RawSession.open(gateway);
    const call = session.call('write_file');
    await gateway.approver.question();
    expect(gateway.callsOf()).toEqual([]);
    await gateway.approver.answer({ kind: 'allow_once' });
    await call;
    expect(gateway.callsOf()).toEqual(['write_file']);
  });
});
