import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  type JSONRPCMessage,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { until } from './waiting';

/** All that a client of the server "everything" can see of it. */
export interface Observation {
  readonly hello: unknown;
  readonly answers: Readonly<Record<string, unknown>>;
  readonly asked: readonly unknown[];
  readonly heard: readonly string[];
  readonly results: Readonly<Record<string, unknown>>;
}

/** Uses every part of the protocol once, and tells what came of it. */
export async function observe(transport: Transport): Promise<Observation> {
  const answers: Record<string, unknown> = {};
  const asked: unknown[] = [];
  const heard: string[] = [];
  const client = new Client(
    { name: 'observer', version: '1.0.0' },
    { capabilities: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } } },
  );
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: 'assistant' as const,
    model: 'none',
    content: { type: 'text' as const, text: 'sampled' },
    _meta: { kept: true },
  }));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' as const }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({
    roots: [{ uri: 'file:///work', name: 'work' }],
  }));
  // The SDK's client keeps a listener that is there already.
  transport.onmessage = (message: JSONRPCMessage) => {
    const copy = JSON.parse(steady(JSON.stringify(message)));
    if (!('method' in message)) answers[String(message.id)] = copy;
    else if ('id' in message) asked.push(copy);
    else heard.push(JSON.stringify(copy));
  };
  await client.connect(transport);
  try {
    // The server asks for the roots a while after the start.
    await until(() => heard.some((text) => text.includes('Roots updated')));
    const results = await use(client, heard);
    const hello = {
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions(),
      serverInfo: client.getServerVersion(),
    };
    return {
      hello,
      answers,
      asked: withoutRepeats(asked),
      heard: [...new Set(heard)].sort(),
      results,
    };
  } finally {
    await client.close();
  }
}

/**
 * After an error over streamable HTTP, the SDK asks for what it may have missed, and the server
 * "everything" then repeats whatever it has sent since, with or without a gateway in between.
 */
function withoutRepeats(messages: readonly unknown[]): unknown[] {
  const texts = new Set(messages.map((message) => JSON.stringify(message)));
  return [...texts].map((text) => JSON.parse(text));
}

async function use(client: Client, heard: readonly string[]): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<void> => {
    const result = await client.callTool({ name, arguments: args, _meta: { trace: 'x' } });
    results[name] = JSON.parse(steady(JSON.stringify(result)));
  };
  const failure = (error: Error): string => error.message;

  await client.listTools();
  await client.listResources();
  await client.listResourceTemplates();
  await client.listPrompts();
  await client.readResource({ uri: 'demo://resource/dynamic/text/1' });
  await client.readResource({ uri: 'demo://resource/static/document/features.md' });
  results.missing = await client.readResource({ uri: 'demo://nowhere' }).catch(failure);
  await client.getPrompt({ name: 'simple-prompt' });
  await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Köln', state: '❄' } });
  results.unknownPrompt = await client.getPrompt({ name: 'nowhere' }).catch(failure);
  const ref = { type: 'ref/prompt' as const, name: 'completable-prompt' };
  await client.complete({ ref, argument: { name: 'department', value: 'S' } });

  await call('echo', { message: 'Grüße \u2028 \ud83d\ude00 "\\' });
  await call('get-sum', { a: 0.1, b: 0.2 });
  await call('get-structured-content', { location: 'Chicago' });
  await call('get-annotated-message', { messageType: 'error', includeImage: true });
  await call('get-tiny-image');
  await call('get-resource-links', { count: 3 });
  await call('get-resource-reference', { resourceType: 'Text', resourceId: 2 });
  await call('get-sum', { a: 'no number' });
  await call('no-such-tool');
  await call('trigger-sampling-request', { prompt: 'hi', maxTokens: 3 });
  await call('trigger-elicitation-request');
  await call('get-roots-list');

  const operation = {
    name: 'trigger-long-running-operation',
    arguments: { duration: 0.2, steps: 4 },
  };
  await client.callTool(operation, undefined, { onprogress() {} });

  await client.setLoggingLevel('info');
  const uri = 'demo://resource/dynamic/text/1';
  await client.subscribeResource({ uri });
  await call('toggle-subscriber-updates');
  await until(() => heard.some((text) => text.includes('notifications/resources/updated')));
  await call('toggle-subscriber-updates');
  await client.unsubscribeResource({ uri });
  await until(() => heard.some((text) => text.includes('Received Unsubscribe')));

  const abort = new AbortController();
  const cancelled = client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 40 } },
    undefined,
    { signal: abort.signal, onprogress: () => abort.abort('enough') },
  );
  results.cancelled = await cancelled.catch(failure);
  results.ping = await client.ping();
  return results;
}

/** Without what differs from run to run: times, session ids, and progress of a cancelled call. */
function steady(json: string): string {
  return json
    .replace(/\d{1,2}:\d{2}:\d{2}\s?[AP]M/g, '<time>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
}
