import { describe, expect, it } from 'vitest';
import { type RawMessage, RawSession, refusalIn, textOf } from './support/rawClient';
import { connectModern, statelessServer } from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';

// Put together here, so that no scanner takes this file for a leak.
const secret = `ghp_${'aB3dE5fG7hJ9'.repeat(3)}`;
const mark = '[REDACTED github-token]';
const redacting = { results: { redact: ['secrets'] } };

function start(rule: object, env: Record<string, string> = {}): Promise<TestGateway> {
  const server = { fixture: ['leaks.mjs'], env: { SECRET: secret, ...env } } as const;
  return startGateway({
    policy: { default: 'allow', tools: { '*': rule } },
    servers: { s: server },
  });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** All that comes back of a call, as text. */
async function said(gateway: TestGateway, tool: string): Promise<readonly RawMessage[]> {
  const session = await RawSession.open(gateway);
  const call = session.openCall('c', tool, {}, { progressToken: 'p' });
  await call.ended;
  return call.messages;
}

describe('a secret in a result is redacted', () => {
  const text = `before ${mark} after`;
  it.each<[place: string, expected: object]>([
    ['text', { result: { content: [{ type: 'text', text }] } }],
    [
      'structured',
      {
        result: { structuredContent: { deep: [{ password: '[REDACTED password]', said: text }] } },
      },
    ],
    ['embedded', { result: { content: [{ resource: { uri: 'test://a', text } }] } }],
    ['blob', { result: { content: [{ resource: { blob: base64(text) } }] } }],
    ['link', { result: { content: [{ uri: `test://${mark}`, name: text, description: text }] } }],
    ['toolError', { result: { isError: true, content: [{ text }] } }],
    ['fails', { error: { code: -32000, message: text, data: { said: text } } }],
    ['several', { result: { content: [{ text }, { text: 'nothing' }] } }],
    ['task', { result: { task: { taskId: 't1', statusMessage: text } } }],
  ])('in its place: %s', async (tool, expected) => {
    const messages = await said(await start(redacting), tool);
    expect(messages).toMatchObject([expected]);
    expect(JSON.stringify(messages)).not.toContain(secret);
  });

  it.each(['text', 'structured', 'embedded', 'link', 'toolError', 'fails', 'several', 'task'])(
    'by a rule that says so alone: %s',
    async (tool) => {
      const messages = await said(await start({}), tool);
      expect(JSON.stringify(messages)).toContain(`before ${secret} after`);
    },
  );

  it('in progress, logs and the state of tasks', async () => {
    const messages = await said(await start(redacting), 'progress');
    expect(messages).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'p', message: text } },
      { method: 'notifications/message', params: { data: { said: text } } },
      { method: 'notifications/tasks/status', params: { taskId: 't1', statusMessage: text } },
      { result: { content: [{ text: 'done' }] } },
    ]);
    const plain = await said(await start({}), 'progress');
    expect(plain.map((message) => JSON.stringify(message).includes(secret))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['tasks/result', { taskId: 't1' }],
    ['tasks/get', { taskId: 't1' }],
    ['resources/read', { uri: 'test://a' }],
  ])('when it is fetched later, with %s', async (method, params) => {
    for (const [rule, isPassed] of [
      [redacting, false],
      [{}, true],
    ] as const) {
      const session = await RawSession.open(await start(rule));
      const answer = JSON.stringify(await session.ask(method, params));
      expect(answer.includes(secret)).toBe(isPassed);
      expect(answer.includes(mark)).toBe(!isPassed);
    }
  });

  it('without a session too', async () => {
    for (const [rule, isPassed] of [
      [redacting, false],
      [{}, true],
    ] as const) {
      const gateway = await startGateway({
        policy: { default: 'allow', tools: { read_file: rule } },
        servers: { s: await statelessServer('stdio', { modern: true }) },
      });
      const client = await connectModern(gateway);
      const { content } = await client.callTool({ name: 'read_file', arguments: { a: secret } });
      expect(JSON.stringify(content).includes(secret)).toBe(isPassed);
      expect(JSON.stringify(content).includes(mark)).toBe(!isPassed);
    }
  });

  it('while pictures, other tools and other servers are left as they are', async () => {
    const [picture] = await said(await start(redacting), 'picture');
    expect(picture).toMatchObject({ result: { content: [{ data: secret }] } });
    const env = { SECRET: secret };
    const gateway = await startGateway({
      policy: { default: 'allow', servers: { s: { tools: { text: redacting } } } },
      servers: { s: { fixture: ['leaks.mjs'], env }, t: { fixture: ['leaks.mjs'], env } },
    });
    const [s, t] = [await RawSession.open(gateway, 's'), await RawSession.open(gateway, 't')];
    expect(textOf(await s.call('text'))).toBe(text);
    expect(textOf(await s.call('toolError'))).toContain(secret);
    expect(textOf(await t.call('text'))).toContain(secret);
  });

  it('in a result of megabytes, which otherwise passes without being read', async () => {
    for (const [rule, beginning] of [
      [redacting, text],
      [{}, `before ${secret} after`],
    ] as const) {
      const session = await RawSession.open(await start(rule));
      expect(textOf(await session.call('huge')).slice(0, beginning.length + 3)).toBe(
        `${beginning}xxx`,
      );
    }
  });

  it('not by a rule that only observes', async () => {
    const gateway = await start({ ...redacting, mode: 'observe' });
    expect(textOf((await said(gateway, 'text'))[0])).toContain(secret);
  });
});

it('an edit of the policy counts for the next call', async () => {
  const gateway = await start({});
  const session = await RawSession.open(gateway);
  expect(textOf(await session.call('text'))).toContain(secret);
  gateway.writePolicy({ default: 'allow', tools: { '*': redacting } });
  expect(textOf(await session.call('text'))).toContain(mark);
});

describe('what a person does not see in a result', () => {
  it('is taken out, and what emoji need is kept', async () => {
    const [answer] = await said(await start({ results: { strip: ['hidden'] } }), 'hidden');
    expect(textOf(answer)).toBe('red alarm and more 👩‍🚀');
  });

  it('passes where no rule says so', async () => {
    const [answer] = await said(await start({}), 'hidden');
    expect(textOf(answer)).toContain('\x1B[31malarm\x1B[0m');
  });
});

describe('a result over the size of its rule', () => {
  const bounded = { results: { max_bytes: 1000 } };

  it('is withheld, and the agent is told that the call was made', async () => {
    const gateway = await start(bounded);
    const session = await RawSession.open(gateway);
    const answer = await session.call('long');
    expect(textOf(answer)).toBe(
      '[POLICY DENIED] The call was made, but its result is larger than the rule "*" passes on.',
    );
    const [record] = gateway.records;
    expect(refusalIn(answer)).toEqual({
      code: 'result_too_large',
      rule: '/tools/*',
      layer: 'workspace',
      decisionId: record?.judgement.decisionId,
    });
    expect(record?.outcome).toBe('ok');
    expect(gateway.callsOf()).toEqual(['long']);
    expect(textOf(await session.call('text'))).toContain('before');
  });

  it('loses an error or what is said meanwhile likewise', async () => {
    const gateway = await start(bounded, { SECRET: 'x'.repeat(2000) });
    expect(await said(gateway, 'fails')).toMatchObject([
      {
        error: {
          code: -32000,
          message: 'Toolgate: the answer is larger than the policy passes on.',
        },
      },
    ]);
    expect(await said(gateway, 'progress')).toMatchObject([
      { result: { content: [{ text: 'done' }] } },
    ]);
  });
});
