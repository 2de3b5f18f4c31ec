import { Agent, type IncomingMessage, request } from 'node:http';

export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  /** Every message of the response, in order. */
  readonly messages: readonly Message[];
}

export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: { readonly content?: readonly { readonly text?: string }[]; isError?: boolean };
  readonly error?: { readonly code: number; readonly message: string };
}

/** A client that keeps one session, and notices each message that it should not have got. */
export class SoakClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });
  private session: string | undefined;
  private nextId = 1;

  constructor(private readonly endpoint: Endpoint) {}

  get hasSession(): boolean {
    return this.session !== undefined;
  }

  async connect(): Promise<boolean> {
    this.session = undefined;
    const { status, messages } = await this.ask('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'soak', version: '1' },
    });
    if (status !== 200 || messages.at(-1)?.error) {
      this.session = undefined;
      return false;
    }
    await this.post(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }), {});
    return true;
  }

  forgetSession(): void {
    this.session = undefined;
  }

  async end(): Promise<void> {
    await this.send('DELETE', undefined, {}).catch(() => {});
    this.session = undefined;
  }

  /** One request. Rejects when its connection is cut or `signal` says so. */
  async ask(method: string, params: object, options: PostOptions = {}): Promise<Answer> {
    const id = this.nextId++;
    const answer = await this.post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), options);
    const own = answer.messages.filter((message) => message.id === id);
    const strange = answer.messages.filter(
      (message) => message.id !== undefined && message.id !== id && message.method === undefined,
    );
    if (answer.status === 200 && (own.length !== 1 || strange.length > 0)) {
      throw new WrongAnswer(`${own.length} answers to ${id}, ${strange.length} to others`);
    }
    return answer;
  }

  dispose(): void {
    this.agent.destroy();
  }

  private post(body: string, options: PostOptions): Promise<Answer> {
    return this.send('POST', body, options);
  }

  private send(method: string, body: string | undefined, options: PostOptions): Promise<Answer> {
    const { signal, readSlowly } = options;
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.endpoint.token}`,
        accept: 'application/json, text/event-stream',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...(this.session === undefined ? {} : { 'mcp-session-id': this.session }),
      };
      const sent = request(
        this.endpoint.url,
        { method, agent: this.agent, headers, ...(signal ? { signal } : {}) },
        (response) => {
          const session = response.headers['mcp-session-id'];
          if (typeof session === 'string') this.session = session;
          void read(response, readSlowly === true).then((text) => {
            resolve({ status: response.statusCode ?? 0, messages: messagesIn(text) });
          }, reject);
        },
      );
      sent.setTimeout(60_000, () => sent.destroy(new WrongAnswer('no answer within 60 s')));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

export interface PostOptions {
  readonly signal?: AbortSignal;
  readonly readSlowly?: boolean;
}

/** The gateway has broken a promise, in words. */
export class WrongAnswer extends Error {}

async function read(response: IncomingMessage, slowly: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    if (slowly) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function messagesIn(text: string): Message[] {
  if (text.startsWith('{')) return [JSON.parse(text) as Message];
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Message);
}
