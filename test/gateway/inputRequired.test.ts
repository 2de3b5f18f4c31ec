import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { type RawMessage, textOf } from './support/rawClient';
import {
  connectModern,
  statelessPost,
  statelessServer,
  transports,
} from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';

const twoCalls = { limits: [{ max: 2, window: 3600, scope: 'session' }] };
const limited = { default: 'allow', tools: { write_file: twoCalls } };
const accepted = { elicitation: { action: 'accept', content: { name: 'Ada' } } };

async function start(policy: object, transport: 'stdio' | 'http' = 'stdio'): Promise<TestGateway> {
  return startGateway({
    policy,
    servers: { s: await statelessServer(transport, { modern: true }) },
  });
}

async function write(gateway: TestGateway, args: object, rest: object = {}): Promise<RawMessage> {
  const params = { name: 'write_file', arguments: args, ...rest };
  const { messages } = await statelessPost(gateway, { method: 'tools/call', params });
  return messages.at(-1)!;
}

const codeOf = ({ result, error }: RawMessage): unknown =>
  (result?._meta as Record<string, { code: string }> | undefined)?.['toolgate/decision']?.code ??
  result?.resultType ??
  error?.code;

function answering(client: Client): void {
  client.setRequestHandler('elicitation/create', async () => {
    return { action: 'accept', content: { name: 'Ada' } };
  });
  client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///work' }] }));
  client.setRequestHandler('sampling/createMessage', async () => {
    return { role: 'assistant', model: 'none', content: { type: 'text', text: 'sampled' } };
  });
}
const capabilities = { elicitation: { form: {} }, roots: {}, sampling: {} };

describe.each(transports)('a call that a server over %s interrupts', (transport) => {
  it('goes on with the answers of the client, and counts once', async () => {
    const gateway = await start(limited, transport);
    const client = await connectModern(gateway, { capabilities, prepare: answering });
    const args = { path: 'a', ask: ['elicitation', 'roots', 'sampling'], times: 3 };
    const result = await client.callTool({ name: 'write_file', arguments: args });
    expect(JSON.parse((result.content[0] as { text: string }).text)).toMatchObject({
      path: 'a',
      answers: {
        elicitation: { action: 'accept', content: { name: 'Ada' } },
        roots: { roots: [{ uri: 'file:///work' }] },
        sampling: { model: 'none' },
      },
    });
    expect(gateway.records.map(({ outcome }) => outcome)).toEqual([
      'input_required',
      'input_required',
      'input_required',
      'ok',
    ]);
    const second = await client.callTool({ name: 'write_file', arguments: args });
    expect(second.isError).toBeUndefined();
    const third = await client.callTool({ name: 'write_file', arguments: args });
    expect(third._meta).toMatchObject({ 'toolgate/decision': { code: 'rate_limited' } });
  });
});

describe('a call that goes on', () => {
  const changes: [string, object, object][] = [
    ['other arguments', { path: 'b' }, { requestState: '1', inputResponses: accepted }],
    ['more arguments', { path: 'a', x: 1 }, { requestState: '1', inputResponses: accepted }],
    ['another state', { path: 'a' }, { requestState: '2', inputResponses: accepted }],
    ['no state', { path: 'a' }, { inputResponses: accepted }],
    ['nothing of either', { path: 'a' }, {}],
    ['something besides', { path: 'a' }, { requestState: '1', inputResponses: accepted, task: {} }],
  ];
  it.each(changes)('with %s is a new call, and counts', async (_, args, rest) => {
    const gateway = await start(limited);
    expect(codeOf(await write(gateway, { path: 'a' }))).toBe('input_required');
    await write(gateway, args, rest);
    expect(codeOf(await write(gateway, { path: 'c' }))).toBe('rate_limited');
  });

  it('unchanged is the same call, and does not', async () => {
    const gateway = await start(limited);
    await write(gateway, { path: 'a' });
    await write(gateway, { path: 'a' }, { requestState: '1', inputResponses: accepted });
    expect(codeOf(await write(gateway, { path: 'c' }))).toBe('input_required');
  });

  it('a second time is a new call, and counts', async () => {
    const gateway = await start(limited);
    await write(gateway, { path: 'a' });
    const again = { requestState: '1', inputResponses: accepted };
    await write(gateway, { path: 'a' }, again);
    await write(gateway, { path: 'a' }, again);
    expect(codeOf(await write(gateway, { path: 'a' }, again))).toBe('rate_limited');
  });

  it('is judged again, with all of its arguments', async () => {
    const gateway = await start({ default: 'allow' });
    await write(gateway, { path: 'a' });
    const deny_if = [{ conditions: [{ path: 'args.path', op: 'eq', value: 'a' }] }];
    gateway.writePolicy({ default: 'allow', tools: { write_file: { deny_if } } });
    const again = { requestState: '1', inputResponses: accepted };
    expect(codeOf(await write(gateway, { path: 'a' }, again))).toBe('denied');
    expect(gateway.received().filter(({ method }) => method === 'tools/call')).toHaveLength(1);
  });

  it('is not asked about again where the person has approved it, unless it has changed', async () => {
    const gateway = await start({ default: 'require_approval' });
    const first = write(gateway, { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_once' });
    expect(codeOf(await first)).toBe('input_required');
    const again = { requestState: '1', inputResponses: accepted };
    expect(textOf(await write(gateway, { path: 'a' }, again))).toContain('Ada');
    expect(gateway.approver.asked).toHaveLength(1);
    const replayed = write(gateway, { path: 'a' }, again);
    expect((await gateway.approver.question(1)).arguments).toEqual({ path: 'a' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(codeOf(await replayed)).toBe('approval_denied');
  });

  it('goes on with the arguments that the person wrote, under the policy', async () => {
    const gateway = await start({ default: 'require_approval' });
    const first = write(gateway, { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_once', arguments: { path: 'b' } });
    expect(codeOf(await first)).toBe('input_required');
    const again = { requestState: '1', inputResponses: accepted };
    const { result } = await write(gateway, { path: 'a' }, again);
    expect(JSON.stringify(result)).toContain('the person changed the arguments');
    const sent = gateway.received().filter(({ method }) => method === 'tools/call');
    expect(sent.map(({ params }) => params?.arguments)).toEqual([{ path: 'b' }, { path: 'b' }]);
    expect(gateway.approver.asked).toHaveLength(1);
  });

  it('is asked about again when the policy has changed meanwhile', async () => {
    const gateway = await start({ default: 'require_approval' });
    const first = write(gateway, { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_once' });
    await first;
    gateway.writePolicy({ default: 'require_approval', hide: ['delete_*'] });
    const again = write(gateway, { path: 'a' }, { requestState: '1', inputResponses: accepted });
    await gateway.approver.answer({ kind: 'allow_once' }, 1);
    expect(textOf(await again)).toContain('Ada');
  });

  it('is one call of a grant for several', async () => {
    const gateway = await start({ default: 'require_approval' });
    const first = write(gateway, { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_tool', calls: 2 });
    await first;
    await write(gateway, { path: 'a' }, { requestState: '1', inputResponses: accepted });
    expect(codeOf(await write(gateway, { path: 'b' }))).toBe('input_required');
    const beyond = write(gateway, { path: 'c' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(codeOf(await beyond)).toBe('approval_denied');
  });

  it('is asked about by the name of another client as a new call', async () => {
    const gateway = await start({ default: 'require_approval' });
    const first = write(gateway, { path: 'a' });
    await gateway.approver.answer({ kind: 'allow_once' });
    await first;
    const params = {
      name: 'write_file',
      arguments: { path: 'a' },
      requestState: '1',
      inputResponses: accepted,
    };
    const foreign = statelessPost(gateway, { method: 'tools/call', params, client: 'other' });
    await gateway.approver.answer({ kind: 'deny' }, 1);
    expect(codeOf((await foreign).messages.at(-1)!)).toBe('approval_denied');
  });
});

describe('what a server asks inside of a result', () => {
  const kinds = ['elicitation', 'sampling', 'roots'] as const;

  it.each(kinds)('is refused where the policy denies %s, and never answered', async (kind) => {
    const gateway = await start({ default: 'allow', servers: { s: { [kind]: 'deny' } } });
    let asked = 0;
    const client = await connectModern(gateway, {
      capabilities,
      prepare: (own) => {
        own.setRequestHandler('elicitation/create', async () => {
          asked++;
          return { action: 'decline' };
        });
      },
    });
    const call = (ask: string[]) =>
      client.callTool({ name: 'write_file', arguments: { path: 'a', ask } });
    const refused = await call([kind]);
    expect(refused).toMatchObject({
      isError: true,
      content: [{ text: `[POLICY DENIED] Refused by the rule for ${kind} of server "s".` }],
    });
    expect(asked).toBe(0);
    expect(gateway.received().filter(({ method }) => method === 'tools/call')).toHaveLength(1);
    expect(gateway.records.map(({ judgement, outcome }) => [judgement.call.tool, outcome])).toEqual(
      [
        [
          {
            elicitation: 'elicitation/create',
            sampling: 'sampling/createMessage',
            roots: 'roots/list',
          }[kind],
          'not_forwarded',
        ],
        ['write_file', 'input_required'],
      ],
    );
  });

  it('is refused as a whole where one of several is denied', async () => {
    const gateway = await start({ default: 'allow', servers: { s: { sampling: 'deny' } } });
    const answer = await write(gateway, { path: 'a', ask: ['elicitation', 'sampling'] });
    expect(codeOf(answer)).toBe('denied');
    expect(JSON.stringify(answer)).not.toContain('inputRequests');
    const twin = await write(gateway, { path: 'a', ask: ['elicitation', 'roots'] });
    expect(Object.keys(twin.result?.inputRequests ?? {})).toEqual(['elicitation', 'roots']);
  });

  it.each([
    ['allow_once', 'input_required'],
    ['deny', 'approval_denied'],
  ] as const)('waits for the person where the policy says so: %s', async (word, outcome) => {
    const gateway = await start({
      default: 'allow',
      servers: { s: { elicitation: 'require_approval' } },
    });
    const answer = write(gateway, { path: 'a' });
    expect(await gateway.approver.question()).toMatchObject({
      tool: 'elicitation/create',
      arguments: { message: 'Who?' },
    });
    await gateway.approver.answer({ kind: word });
    expect(codeOf(await answer)).toBe(outcome);
  });

  it.each([
    ['elicitation', accepted, 'denied'],
    ['roots', { r: { roots: [] } }, 'denied'],
    ['sampling', { s: { role: 'assistant', model: 'm', content: [] } }, 'denied'],
    ['sampling', { s: 'of no known shape' }, 'denied'],
    ['sampling', accepted, 'complete'],
    ['roots', accepted, 'complete'],
  ])('once %s is denied, %j tells the server: %s', async (kind, inputResponses, code) => {
    const gateway = await start({ default: 'allow' });
    await write(gateway, { path: 'a' });
    gateway.writePolicy({ default: 'allow', servers: { s: { [kind]: 'deny' } } });
    const answer = await write(gateway, { path: 'a' }, { requestState: '1', inputResponses });
    expect(codeOf(answer)).toBe(code);
  });
});
