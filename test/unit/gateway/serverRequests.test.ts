import { expect, it } from 'vitest';
import type { Caller, Enforcer, Recorder } from '../../../src/gateway/enforcer';
import type { JsonRpcMessage, JsonRpcRequest } from '../../../src/gateway/jsonRpc';
import { ServerRequests } from '../../../src/gateway/serverRequests';

const request: JsonRpcRequest = {
  jsonrpc: '2.0',
  id: 7,
  method: 'sampling/createMessage',
  params: {},
};

function requestsUnder(judgeExchange: Enforcer['judgeExchange']) {
  const passed: JsonRpcMessage[] = [];
  const answered: JsonRpcMessage[] = [];
  const enforcer = { accessTo: () => ({ access: 'require_approval' }), judgeExchange };
  const requests = new ServerRequests({
    enforcer: enforcer as unknown as Enforcer,
    recorder: { record() {} } as Partial<Recorder> as Recorder,
    caller: () => ({}) as Caller,
    isClosed: () => false,
    toClient: (message) => void passed.push(message),
    toServer: (message) => void answered.push(message),
  });
  return { requests, passed, answered };
}

it('a request of a server that cannot be judged is refused, and nothing is left unhandled', async () => {
  const { requests, passed, answered } = requestsUnder(async () => {
    throw new RangeError('Maximum call stack size exceeded');
  });
  requests.receive(request);
  await expect.poll(() => answered.length).toBe(1);
  expect(answered[0]).toMatchObject({
    id: 7,
    error: { message: expect.stringContaining('could not be judged') },
  });
  expect(passed).toEqual([]);
  expect(requests.takeAnswer(7)).toBe(false);
});

it('one that is let through reaches the client, and may be answered once', async () => {
  const judgement = { forward: true } as Awaited<ReturnType<Enforcer['judgeExchange']>>;
  const { requests, passed, answered } = requestsUnder(async () => judgement);
  requests.receive(request);
  await expect.poll(() => passed).toEqual([request]);
  expect(answered).toEqual([]);
  expect([requests.takeAnswer(7), requests.takeAnswer(7)]).toEqual([true, false]);
});
