import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  type EventStore,
  StreamableHTTPServerTransport,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  LATEST_PROTOCOL_VERSION,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { prompts, read, resources, resourceTemplates, tools } from './offers';

export interface RunningConformanceServer {
  readonly url: string;
  close(): Promise<void>;
}

const retryMs = 100;

/** A server over streamable HTTP that has everything the conformance suite asks a server for. */
export async function startConformanceServer(): Promise<RunningConformanceServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  let host = '';

  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
      eventStore: new MemoryEvents(),
      retryInterval: retryMs,
      enableDnsRebindingProtection: true,
      allowedHosts: [host],
      allowedOrigins: [`http://${host}`],
    });
    await offer().connect(transport as Transport);
    return transport;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (id !== undefined && !known) return void response.writeHead(404).end();
    if (known) nameAgreedVersion(request);
    await (known ?? (await open())).handleRequest(request, response);
  };

  const http = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/mcp`,
    close: async () => {
      await Promise.all([...sessions.values()].map((transport) => transport.close()));
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/**
 * The suite asks for resumable streams, which are of version 2025-11-25, in requests that say
 * 2025-03-26, within sessions that have agreed on 2025-11-25. What was agreed counts, else the
 * scenario would end in warnings before it has looked at anything.
 */
function nameAgreedVersion({ rawHeaders }: IncomingMessage): void {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (/^mcp-protocol-version$/i.test(rawHeaders[index]!)) {
      rawHeaders[index + 1] = LATEST_PROTOCOL_VERSION;
    }
  }
}

function offer(): Server {
  const server = new Server(
    { name: 'conformance-server', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        completions: {},
        logging: {},
      },
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ tool }) => tool),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const offered = tools.find(({ tool }) => tool.name === params.name);
    if (!offered) throw new McpError(ErrorCode.InvalidParams, 'There is no such tool.');
    try {
      return await offered.run(params.arguments ?? {}, extra, server);
    } catch (error) {
      return { isError: true, content: [{ type: 'text', text: (error as Error).message }] };
    }
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    const result = read(params.uri);
    if (!result) throw new McpError(ErrorCode.InvalidParams, 'There is no such resource.');
    return result;
  });
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: [...prompts.values()].map(({ prompt }) => prompt),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const offered = prompts.get(params.name);
    if (!offered) throw new McpError(ErrorCode.InvalidParams, 'There is no such prompt.');
    return { messages: offered.get(params.arguments ?? {}) };
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => ({
    completion: { values: [`${params.argument.value}ing`], total: 1, hasMore: false },
  }));
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  return server;
}

/** Keeps what was sent, so that a stream can be resumed. */
class MemoryEvents implements EventStore {
  private readonly events: { readonly streamId: string; readonly message: JSONRPCMessage }[] = [];

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    return String(this.events.push({ streamId, message }) - 1);
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.events[Number(eventId)]?.streamId;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { streamId } = this.events[Number(lastEventId)]!;
    for (const [index, event] of this.events.entries()) {
      if (index > Number(lastEventId) && event.streamId === streamId) {
        await send(String(index), event.message);
      }
    }
    return streamId;
  }
}
