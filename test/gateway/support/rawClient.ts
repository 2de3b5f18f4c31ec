import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { until } from './waiting';

/** A gateway that listens, in this process or in another. */
export interface Listening {
  readonly gateway: { readonly origin: string; readonly token: string };
}

export interface RawMessage {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** What the body holds, whether it came as JSON or as an event stream. */
  readonly messages: readonly RawMessage[];
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** `undefined` takes a header away that would be sent otherwise. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** A list is sent in chunks, without a declared length. */
  readonly body?: string | Buffer | readonly (string | Buffer)[];
}

/** One HTTP request, exactly as the test words it. Rejects when the connection is cut. */
export function send(gateway: Listening, raw: RawRequest): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    open(gateway, raw, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, text, messages: messagesIn(text) });
      });
    }).on('error', reject);
  });
}

function open(
  { gateway }: Listening,
  { method = 'POST', path = '/s/s/mcp', headers = {}, body }: RawRequest,
  onResponse: Parameters<typeof request>[2],
): ReturnType<typeof request> {
  const url = new URL(gateway.origin);
  const usual: Record<string, string> = {
    host: url.host,
    authorization: `Bearer ${gateway.token}`,
    accept: 'application/json, text/event-stream',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(typeof body === 'string' || Buffer.isBuffer(body)
      ? { 'content-length': String(Buffer.byteLength(body)) }
      : {}),
  };
  const merged = Object.entries({ ...usual, ...headers }).filter((entry) => entry[1] !== undefined);
  const options = {
    host: url.hostname,
    port: url.port,
    path,
    method,
    headers: Object.fromEntries(merged) as Record<string, string>,
    setHost: false,
    agent: false as const,
  };
  const sent = request(options, onResponse);
  if (Array.isArray(body)) for (const chunk of body) sent.write(chunk);
  else if (body !== undefined) sent.write(body);
  sent.end();
  return sent;
}

function messagesIn(text: string): RawMessage[] {
  if (text.startsWith('{') || text.startsWith('[')) return [JSON.parse(text)];
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)));
}

export const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: { sampling: {}, elicitation: {}, roots: {} },
    clientInfo: { name: 'raw-client', version: '1' },
  },
});

/** A response that is still being received. */
export interface OpenResponse {
  readonly messages: RawMessage[];
  readonly text: () => string;
  readonly ended: Promise<void>;
  /** Cuts the connection, as a client that goes away does. */
  cut(): void;
}

/** An initialized session, spoken to in the exact bytes that the test chooses. */
export class RawSession {
  private nextId = 1;
  /** The headers of every request. Clients of the SDK name the protocol's version here. */
  headers: RawRequest['headers'] = {};

  private constructor(
    private readonly gateway: Listening,
    readonly serverId: string,
    readonly sessionId: string,
    readonly hello: RawMessage,
  ) {}

  static async open(gateway: Listening, serverId = 's', hello = initialize): Promise<RawSession> {
    const path = `/s/${serverId}/mcp`;
    const response = await send(gateway, { path, body: hello });
    const answer = response.messages.find(({ id }) => id === 'init');
    if (!answer?.result) throw new Error(`initialize failed: ${response.status} ${response.text}`);
    const id = String(response.headers['mcp-session-id']);
    const session = new RawSession(gateway, serverId, id, answer);
    await session.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return session;
  }

  /** Sends a body in this session; an object becomes its JSON. */
  post(
    body: RawRequest['body'] | object,
    headers: RawRequest['headers'] = {},
  ): Promise<RawResponse> {
    return send(this.gateway, this.request(body, headers));
  }

  /** Sends a message that is not answered. */
  async send(message: object): Promise<void> {
    const { status, text } = await this.post(message);
    if (status !== 202) throw new Error(`not accepted: ${status} ${text}`);
  }

  /** Sends a message and leaves the response open. */
  openPost(body: RawRequest['body'] | object): OpenResponse {
    return openResponse(this.gateway, this.request(body, {}));
  }

  /** The stream for what the server says unasked, or a stream that is gone on with. */
  openStream(lastEventId?: string): OpenResponse {
    const { path, headers } = this.request('', { 'last-event-id': lastEventId });
    return openResponse(this.gateway, { method: 'GET', path: path!, headers: headers! });
  }

  /** A request and its answer. */
  async ask(method: string, params?: object): Promise<RawMessage> {
    const id = this.nextId++;
    const { messages, text } = await this.post({ jsonrpc: '2.0', id, method, params });
    const answer = messages.find((message) => message.id === id && !message.method);
    if (!answer) throw new Error(`no answer: ${text}`);
    return answer;
  }

  call(name: string, args: object = {}, meta?: object): Promise<RawMessage> {
    return this.ask('tools/call', { name, arguments: args, _meta: meta });
  }

  /** Opens a call with an id of its own, without waiting for the answer. */
  openCall(id: string | number, name: string, args: object = {}, meta?: object): OpenResponse {
    const params = { name, arguments: args, _meta: meta };
    return this.openPost({ jsonrpc: '2.0', id, method: 'tools/call', params });
  }

  async end(): Promise<RawResponse> {
    const { path, headers } = this.request('', {});
    return send(this.gateway, { method: 'DELETE', path: path!, headers: headers! });
  }

  private request(body: RawRequest['body'] | object, headers: RawRequest['headers']): RawRequest {
    const isText = typeof body === 'string' || Buffer.isBuffer(body) || Array.isArray(body);
    return {
      path: `/s/${this.serverId}/mcp`,
      headers: { 'mcp-session-id': this.sessionId, ...this.headers, ...headers },
      body: isText ? (body as string) : JSON.stringify(body),
    };
  }
}

export function openResponse(gateway: Listening, raw: RawRequest): OpenResponse {
  let text = '';
  const messages: RawMessage[] = [];
  let finish = (): void => {};
  const ended = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sent = open(gateway, raw, (response) => {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (!text.startsWith('{')) messages.splice(0, messages.length, ...wholeEvents(text));
    });
    response.on('end', () => {
      messages.splice(0, messages.length, ...messagesIn(text));
    });
    response.on('close', finish);
    response.on('error', () => {});
  });
  sent.on('error', finish);
  onTestFinished(() => void sent.destroy());
  return { messages, text: () => text, ended, cut: () => void sent.destroy() };
}

function wholeEvents(text: string): RawMessage[] {
  return messagesIn(text.slice(0, text.lastIndexOf('\n\n') + 1));
}

/** Resolves with the first message of an open response that fits. */
export async function firstMessage(
  response: OpenResponse,
  fits: (message: RawMessage) => boolean,
): Promise<RawMessage> {
  return until(() => response.messages.find(fits));
}

export interface RefusalMeta {
  readonly code: string;
  readonly rule: string;
  readonly layer: string;
  readonly decisionId: string;
  readonly approvalId?: string;
  readonly retryAfterSeconds?: number;
  readonly limit?: number;
  readonly remaining?: number;
}

/** What a result says of the gateway's decision; undefined when the server gave the result. */
export function refusalIn(answer: RawMessage): RefusalMeta | undefined {
  const meta = answer.result?._meta as Record<string, unknown> | undefined;
  return meta?.['toolgate/decision'] as RefusalMeta | undefined;
}

/** The text of a tool's result. */
export function textOf(answer: RawMessage | undefined): string {
  const content = answer?.result?.content as { text?: string }[] | undefined;
  return content?.[0]?.text ?? JSON.stringify(answer);
}
