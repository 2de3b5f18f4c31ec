import fc from 'fast-check';
import { type Node, parseTree } from 'jsonc-parser';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  clientNotifications,
  clientRequests,
  serverNotifications,
  serverRequests,
} from '../../src/gateway/methods';
import { type RawMessage, type RawResponse, RawSession, send } from '../gateway/support/rawClient';
import { TestGateway } from '../gateway/support/testGateway';
import { allowedTool, clientMessages, serverMessages } from './arbitraries';
import { written } from './mutations';

const seconds = Number(process.env.FUZZ_SECONDS ?? 60);
const seed = Number(process.env.FUZZ_SEED ?? 1);
const patienceMs = 10_000;
/** A session counts what is open; a new one begins anew. */
const runsOfSession = 300;

const policy = {
  default: 'deny',
  hide: ['hidden_*'],
  tools: { [allowedTool]: {}, asked: { action: 'require_approval' } },
};
const gateway = new TestGateway({
  policy,
  servers: { s: { fixture: ['fuzzed.mjs'] } },
  approver: false,
});
let session: RawSession;
let runs = 0;

beforeAll(async () => {
  const { approvals } = gateway;
  approvals.connect({
    ask: ({ id }) => void approvals.answer(id, { kind: 'deny' }),
    withdraw() {},
  });
  await gateway.gateway.start();
});

afterAll(() => gateway.close());

/** Runs a property for its share of the time. What fails is made small, and shown with its seed. */
async function fuzz<T>(
  share: number,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void>,
): Promise<void> {
  runs = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    if (runs++ % runsOfSession === 0) {
      await session?.end();
      await begin();
    }
    await check(input);
  });
  const interruptAfterTimeLimit = seconds * share * 1000;
  const endless = { numRuns: Number.POSITIVE_INFINITY, markInterruptAsFailure: false };
  await fc.assert(property, { seed, interruptAfterTimeLimit, ...endless });
  console.log(`${runs} runs`);
  expect(runs).toBeGreaterThan(seconds);
}

/** A session whose beginning is not told again. */
async function begin(): Promise<void> {
  session = await RawSession.open(gateway);
  await reached();
}

const timeout = (seconds + 120) * 1000;

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The lines that the server has received since this was last asked. */
async function reached(): Promise<string[]> {
  const { result } = await inTime(session.ask('ping'));
  const lines = (result?.lines ?? []) as string[];
  return lines.map((line) => Buffer.from(line, 'base64').toString('utf8'));
}

/** The message in a body, if every reader finds the same one there. */
function plainMessage(body: Buffer): RawMessage | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const message = JSON.parse(text);
    const isObject = typeof message === 'object' && message !== null && !Array.isArray(message);
    return isObject && !hasTwins(parseTree(text)!, 0) ? message : undefined;
  } catch {
    return undefined;
  }
}

function hasTwins({ type, children = [] }: Node, depth: number): boolean {
  if (type !== 'object') return children.some((child) => hasTwins(child, depth + 1));
  const names = children.map((property) => property.children![0]!.value as string);
  const judged = depth <= 1;
  const told = judged ? names.map((name) => name.toUpperCase().toLowerCase()) : names;
  if (new Set(told).size < names.length) return true;
  return children.some((property) => hasTwins(property.children![1]!, depth + 1));
}

function checkForwarded(line: string): void {
  const message = plainMessage(Buffer.from(line));
  expect(message).toMatchObject({ jsonrpc: '2.0', method: expect.any(String) });
  const { id, method, params } = message!;
  const known = id === undefined ? clientNotifications : clientRequests;
  expect(known).toContain(method);
  if (method === 'tools/call') expect(params?.name).toBe(allowedTool);
}

function checkAnswer(body: Buffer, { status, text, messages }: RawResponse, mayEnd: boolean): void {
  const answers = messages.filter(({ method }) => method === undefined);
  if (status === 202) return expect(text).toBe('');
  if (status !== 200)
    return expect(answers).toMatchObject([{ error: { code: expect.any(Number) } }]);
  const id = plainMessage(body)?.id;
  expect(['string', 'number']).toContain(typeof id);
  if (mayEnd && answers.length === 0) return;
  expect(answers).toMatchObject([{ jsonrpc: '2.0', id }]);
  expect('result' in answers[0]! !== 'error' in answers[0]!).toBe(true);
}

it(
  'answers what clients send once, and passes on only what it has judged',
  async () => {
    const bodies = fc.array(written(clientMessages), { minLength: 1, maxLength: 4 });
    await fuzz(0.5, bodies, async (sent) => {
      const responses = await inTime(Promise.all(sent.map((body) => session.post(body))));
      // A request that was cancelled gets no answer.
      const mayEnd = sent.some((body) => body.includes('cancelled'));
      for (const [index, body] of sent.entries()) checkAnswer(body, responses[index]!, mayEnd);

      const lines = await reached();
      const expected = sent
        .flatMap((body) => plainMessage(body) ?? [])
        .map((m) => JSON.stringify(m));
      for (const line of lines) {
        checkForwarded(line);
        const index = expected.indexOf(line);
        expect(index, line).toBeGreaterThanOrEqual(0);
        expected.splice(index, 1);
      }
      for (const [index, body] of sent.entries()) {
        const [answer] = responses[index]!.messages;
        const isDone =
          JSON.stringify(answer?.result) === '{"content":[{"type":"text","text":"done"}]}';
        const message = plainMessage(body);
        const isAllowed = message?.method === 'tools/call' && message.params?.name === allowedTool;
        if (isDone) expect(isAllowed).toBe(true);
        // The honest twin: alone, and written as anyone would, it has to be made.
        const isHonest =
          isAllowed && sent.length === 1 && body.equals(Buffer.from(JSON.stringify(message)));
        if (isHonest && responses[index]!.status === 200 && message.id !== undefined) {
          expect(answer).toMatchObject({ result: { content: [{ text: 'done' }] } });
        }
      }
    });
  },
  timeout,
);

it(
  'lets nobody past its door who is not allowed in',
  async () => {
    const right = fc.constant(true);
    const mostly = (
      wrong: fc.Arbitrary<string | undefined>,
    ): fc.Arbitrary<string | undefined | true> =>
      fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: wrong });
    const word = fc.stringMatching(/^[\x21-\x7e]{0,20}$/);
    const requests = fc.record({
      method: mostly(fc.constantFrom('DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD')),
      path: mostly(
        fc.oneof(
          word.map((path) => `/${path}`),
          fc.constantFrom('/s/S/mcp', '/s/s/mcp/'),
        ),
      ),
      host: mostly(fc.oneof(word, fc.constantFrom('localhost', 'evil.test', '127.0.0.1:1'))),
      origin: mostly(fc.oneof(word, fc.constantFrom('null', 'http://evil.test'))),
      authorization: mostly(
        fc.oneof(
          fc.constant(undefined),
          word,
          word.map((w) => `Bearer ${w}`),
        ),
      ),
      'content-type': mostly(fc.oneof(fc.constant(undefined), word)),
      accept: mostly(fc.oneof(word, fc.constantFrom('application/json', 'text/event-stream'))),
      'mcp-session-id': mostly(fc.oneof(fc.constant(undefined), word, fc.uuid())),
    });
    await fuzz(0.2, requests, async ({ method, path, ...headers }) => {
      const { token, origin } = gateway.gateway;
      const usual: Record<string, string | undefined> = {
        host: new URL(origin).host,
        origin: undefined,
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session.sessionId,
      };
      const own = Object.entries(headers).map(([name, value]) => [
        name,
        value === true ? usual[name] : value,
      ]);
      const params = { name: allowedTool, arguments: {} };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      const response = await inTime(
        send(gateway, {
          method: method === true ? 'POST' : method!,
          path: path === true ? '/s/s/mcp' : path!,
          headers: Object.fromEntries(own),
          body,
        }),
      );
      if (method === 'DELETE' && response.status === 200) await begin();
      const isRight = [method, path, ...Object.values(headers)].every((value) => value === true);
      const lines = await reached();
      if (isRight) {
        expect([response.status, lines]).toEqual([200, [body]]);
        return;
      }
      const stranger =
        headers.authorization !== true || headers.host !== true || headers.origin !== true;
      if (stranger) {
        expect([400, 401, 403]).toContain(response.status);
        expect(lines).toEqual([]);
      }
      for (const line of lines) expect(line).toBe(body);
    });
  },
  timeout,
);

it(
  'survives what servers print, and answers each call once',
  async () => {
    const printed = fc.array(written(serverMessages), { maxLength: 5 });
    await fuzz(0.3, printed, async (lines) => {
      const print = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      const id = `call ${runs}`;
      const params = { name: allowedTool, arguments: { print: print.toString('base64') } };
      const { status, messages } = await inTime(
        session.post({ jsonrpc: '2.0', id, method: 'tools/call', params }),
      );
      expect(status).toBe(200);
      const answers = messages.filter(({ method }) => method === undefined);
      expect(answers).toMatchObject([
        { jsonrpc: '2.0', id, result: { content: [{ text: 'done' }] } },
      ]);
      for (const message of messages) {
        if (message.method === undefined) continue;
        const known = 'id' in message ? serverRequests : serverNotifications;
        expect(known).toContain(message.method);
      }
      await reached();
    });
  },
  timeout,
);
