import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {
  CallToolResult,
  ElicitRequestFormParams,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  ServerNotification,
  ServerRequest,
  Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

// What the scenarios of @modelcontextprotocol/conformance ask a server for, by name.

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Run = (args: Record<string, unknown>, extra: Extra, server: Server) => Promise<CallToolResult>;

export interface OfferedTool {
  readonly tool: Tool;
  readonly run: Run;
}

// One red pixel, and a WAV file without a sample.
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const image = { type: 'image', data: png, mimeType: 'image/png' } as const;
const stepMs = 50;

const nothing: Tool['inputSchema'] = { type: 'object', properties: {} };
const oneString = (name: string): Tool['inputSchema'] => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
});
const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function tool(
  name: string,
  description: string,
  run: Run,
  inputSchema: Tool['inputSchema'] = nothing,
): OfferedTool {
  return { tool: { name, description, inputSchema }, run };
}

async function elicit(
  server: Server,
  extra: Extra,
  message: string,
  requestedSchema: ElicitRequestFormParams['requestedSchema'],
): Promise<CallToolResult> {
  const params = { mode: 'form', message, requestedSchema } as const;
  const { action, content } = await server.elicitInput(params, {
    relatedRequestId: extra.requestId,
  });
  return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}

export const tools: readonly OfferedTool[] = [
  tool('test_simple_text', 'Answers with a text.', async () =>
    text('This is a simple text response for testing.'),
  ),
  tool('test_image_content', 'Answers with an image.', async () => ({ content: [image] })),
  tool('test_audio_content', 'Answers with a sound.', async () => ({
    content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }],
  })),
  tool('test_embedded_resource', 'Answers with a resource.', async () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  })),
  tool(
    'test_multiple_content_types',
    'Answers with a text, an image and a resource.',
    async () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        image,
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: JSON.stringify({ test: 'data', value: 123 }),
          },
        },
      ],
    }),
  ),
  tool('test_tool_with_logging', 'Logs while it runs.', async (_args, extra) => {
    const log = (data: string): Promise<void> =>
      extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
    await log('Tool execution started');
    await pause(stepMs);
    await log('Tool processing data');
    await pause(stepMs);
    await log('Tool execution completed');
    return text('It has logged three times.');
  }),
  tool('test_error_handling', 'Fails.', async () => {
    throw new Error('This tool intentionally returns an error for testing');
  }),
  tool('test_tool_with_progress', 'Reports progress while it runs.', async (_args, extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await pause(stepMs);
      if (progressToken === undefined) continue;
      const params = { progressToken, progress, total: 100 };
      await extra.sendNotification({ method: 'notifications/progress', params });
    }
    return text(`The token was ${progressToken}.`);
  }),
  tool(
    'test_sampling',
    'Has the client’s model answer a prompt.',
    async ({ prompt }, extra, server) => {
      const content = { type: 'text', text: String(prompt) } as const;
      const params = { messages: [{ role: 'user', content }], maxTokens: 100 } as const;
      const answer = await server.createMessage(
        { ...params, messages: [...params.messages] },
        { relatedRequestId: extra.requestId },
      );
      return text(`LLM response: ${JSON.stringify(answer.content)}`);
    },
    oneString('prompt'),
  ),
  tool(
    'test_elicitation',
    'Asks the person for a name and an address.',
    ({ message }, extra, server) =>
      elicit(server, extra, String(message), {
        type: 'object',
        properties: {
          username: { type: 'string', description: "User's response" },
          email: { type: 'string', description: "User's email address" },
        },
        required: ['username', 'email'],
      }),
    oneString('message'),
  ),
  tool('test_elicitation_sep1034_defaults', 'Asks with defaults.', (_args, extra, server) =>
    elicit(server, extra, 'Please review the defaults.', {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    }),
  ),
  tool('test_elicitation_sep1330_enums', 'Asks for choices.', (_args, extra, server) => {
    const titled = ['First', 'Second', 'Third'].map((title, index) => ({
      const: `value${index + 1}`,
      title: `${title} Option`,
    }));
    const options = ['option1', 'option2', 'option3'];
    return elicit(server, extra, 'Please choose.', {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      },
    });
  }),
  tool(
    'json_schema_2020_12_tool',
    'Has a schema with keywords of JSON Schema 2020-12.',
    async () => text('It has been called.'),
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
      },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    },
  ),
  tool('test_reconnection', 'Closes its stream and answers on the next.', async (_args, extra) => {
    extra.closeSSEStream?.();
    await pause(stepMs * 2);
    return text('Reconnection test completed successfully');
  }),
];

export const prompts: ReadonlyMap<
  string,
  { readonly prompt: Prompt; get(args: Record<string, string>): GetPromptResult['messages'] }
> = new Map(
  [
    {
      prompt: { name: 'test_simple_prompt', description: 'A prompt without arguments.' },
      get: () => [said('This is a simple prompt for testing.')],
    },
    {
      prompt: {
        name: 'test_prompt_with_arguments',
        description: 'A prompt with two arguments.',
        arguments: [
          { name: 'arg1', required: true },
          { name: 'arg2', required: true },
        ],
      },
      get: ({ arg1, arg2 }: Record<string, string>) => [
        said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`),
      ],
    },
    {
      prompt: {
        name: 'test_prompt_with_embedded_resource',
        description: 'A prompt that holds a resource.',
        arguments: [{ name: 'resourceUri', required: true }],
      },
      get: ({ resourceUri }: Record<string, string>) => [
        {
          role: 'user' as const,
          content: {
            type: 'resource' as const,
            resource: {
              uri: z.string().parse(resourceUri),
              mimeType: 'text/plain',
              text: 'Embedded resource content for testing.',
            },
          },
        },
        said('Please process the embedded resource above.'),
      ],
    },
    {
      prompt: { name: 'test_prompt_with_image', description: 'A prompt that holds an image.' },
      get: () => [
        { role: 'user' as const, content: image },
        said('Please analyze the image above.'),
      ],
    },
  ].map((offer) => [offer.prompt.name, offer]),
);

function said(value: string): GetPromptResult['messages'][number] {
  return { role: 'user', content: { type: 'text', text: value } };
}

export const resources = [
  { uri: 'test://static-text', name: 'Text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'Binary', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'Watched', mimeType: 'text/plain' },
].map((resource) => ({ ...resource, description: 'A resource to read.' }));

export const resourceTemplates = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'Template',
    description: 'A resource for each id.',
    mimeType: 'application/json',
  },
];

/** What a resource holds; `undefined` when there is none at this address. */
export function read(uri: string): ReadResourceResult | undefined {
  if (uri === 'test://static-binary') {
    return { contents: [{ uri, mimeType: 'image/png', blob: png }] };
  }
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id !== undefined) {
    const data = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(data) }] };
  }
  if (!resources.some((resource) => resource.uri === uri)) return undefined;
  const value = 'This is the content of the static text resource.';
  return { contents: [{ uri, mimeType: 'text/plain', text: value }] };
}
