import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Exchange } from './exchange';
import {
  errorCodes,
  isRequest,
  type JsonRpcError,
  type JsonRpcMessage,
  type JsonRpcRequest,
  parseMessage,
  type RequestId,
} from './jsonRpc';
import { type Closure, closedResponse } from './refusal';
import type { Session } from './session';
import { arrivalOf } from './stateless/mirroredHeaders';
import { clientOf, statelessErrors } from './stateless/revision';
import { handshakeWanted, type StatelessSession } from './stateless/statelessSession';

/** The sessions behind the listener. */
export interface SessionHost {
  /** Why no session is opened, where none is. */
  closureOf(serverId: string): Closure | undefined;
  /** Opens a session with a server; `undefined` when there is no such server. */
  open(serverId: string): Session | undefined;
  find(serverId: string, sessionId: string): Session | undefined;
  end(session: Session): void;
  /** What the requests of one client without a session have in common. */
  stateless(serverId: string, client: string): StatelessSession | 'handshake' | undefined;
}

const sessionHeader = 'mcp-session-id';
const loopback = '127.0.0.1';

/**
 * The streamable-HTTP front: it listens on the loopback address only, and lets nobody in who does
 * not know the token. Host and Origin are checked against DNS rebinding (CVE-2025-66414).
 */
export class Listener {
  /** Lives as long as the listener and is never written anywhere. */
  readonly token = randomBytes(32).toString('base64url');
  private readonly authorization = Buffer.from(`Bearer ${this.token}`);
  private readonly server: Server;
  private host = '';

  constructor(
    private readonly sessions: SessionHost,
    private readonly mostBytes: () => number,
  ) {
    this.server = createServer((request, response) => {
      // Whatever fails here is the gateway's fault, not the client's.
      this.handle(request, response).catch(() => respond(response, 500, 'Internal error.'));
    });
    // Clients reuse connections after pauses; the default of 5 s makes them meet a closed one.
    this.server.keepAliveTimeout = 120_000;
  }

  /** Resolves when it listens. Port 0 takes a free one. */
  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, loopback, () => {
        this.server.off('error', reject);
        this.host = `${loopback}:${(this.server.address() as AddressInfo).port}`;
        resolve();
      });
    });
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  urlOf(serverId: string): string {
    return `${this.origin}/s/${serverId}/mcp`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host, origin, authorization } = request.headers;
    if (host !== this.host) return respond(response, 403, 'Wrong host.');
    if (origin !== undefined && origin !== this.origin) {
      return respond(response, 403, 'Wrong origin.');
    }
    if (!isSame(authorization ?? '', this.authorization)) {
      return respond(response, 401, 'Wrong or missing bearer token.', {
        'www-authenticate': 'Bearer',
      });
    }
    const serverId = /^\/s\/([\w-]+)\/mcp$/.exec(request.url ?? '')?.[1];
    if (!serverId) return respond(response, 404, 'There is no such server.');
    switch (request.method) {
      case 'POST':
        return this.post(request, response, serverId);
      case 'GET':
        return this.get(request, response, serverId);
      case 'DELETE':
        return this.delete(request, response, serverId);
      default:
        return respond(response, 405, 'Use POST, GET or DELETE.', { allow: 'POST, GET, DELETE' });
    }
  }

  private async post(
    request: IncomingMessage,
    response: ServerResponse,
    serverId: string,
  ): Promise<void> {
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      return respond(response, 415, 'Content-Type must be application/json.');
    }
    if (!accepts(request, 'application/json') || !accepts(request, 'text/event-stream')) {
      return respond(response, 406, 'Accept must hold application/json and text/event-stream.');
    }
    const body = await readBody(request, this.mostBytes());
    if (body === 'too_large') {
      return respond(response, 413, 'The message is too large.', { connection: 'close' });
    }
    if (body === 'aborted') return;
    const parsed = parseMessage(body);
    if (!parsed.ok) return respondError(response, 400, parsed.error, parsed.id);
    const { message } = parsed;
    const arrival = arrivalOf(message, request);
    if (arrival.kind === 'refused') {
      return respondError(response, 400, arrival.error, isRequest(message) ? message.id : null);
    }
    if (arrival.kind === 'stateless') {
      return this.stateless(arrival.request, request, response, serverId);
    }

    const session = this.sessionFor(message, request, response, serverId);
    if (!session) return;
    if (isRequest(message)) {
      return session.fromClient(message, exchangeOn(response, request, session));
    }
    session.fromClient(message, undefined);
    response.writeHead(202).end();
  }

  private stateless(
    message: JsonRpcRequest,
    { headersDistinct }: IncomingMessage,
    response: ServerResponse,
    serverId: string,
  ): void {
    const session = this.sessions.stateless(serverId, clientOf(message));
    if (!session) return respond(response, 404, 'There is no such server.');
    const refuse = (code: number, text: string): void =>
      respondError(response, 400, { code, message: text }, message.id);
    if (session === 'handshake') return refuse(errorCodes.invalidRequest, handshakeWanted);
    const header = session.paramMismatch(message, headersDistinct);
    if (header !== undefined) {
      const text = `Toolgate: ${header} does not match the body, or is missing.`;
      return refuse(statelessErrors.headerMismatch, text);
    }
    session.request(message, new Exchange(response, {}));
  }

  private sessionFor(
    message: JsonRpcMessage,
    request: IncomingMessage,
    response: ServerResponse,
    serverId: string,
  ): Session | undefined {
    const initializes = isRequest(message) && message.method === 'initialize';
    if (!initializes) return this.existing(request, response, serverId);
    if (request.headers[sessionHeader] !== undefined) {
      const error = { code: errorCodes.invalidRequest, message: 'The session is initialized.' };
      respondError(response, 400, error, message.id);
      return undefined;
    }
    const closure = this.sessions.closureOf(serverId);
    if (closure) {
      new Exchange(response, {}).answer(JSON.stringify(closedResponse(message, closure)));
      return undefined;
    }
    const session = this.sessions.open(serverId);
    if (!session) respond(response, 404, 'There is no such server.');
    return session;
  }

  /** 400 without a session id, 404 with an unknown one: the client then begins a new session. */
  private existing(
    request: IncomingMessage,
    response: ServerResponse,
    serverId: string,
  ): Session | undefined {
    const id = request.headers[sessionHeader];
    if (typeof id !== 'string') {
      respond(response, 400, 'The Mcp-Session-Id header is missing.');
      return undefined;
    }
    const session = this.sessions.find(serverId, id);
    if (!session) respond(response, 404, 'There is no such session.');
    return session;
  }

  private get(request: IncomingMessage, response: ServerResponse, serverId: string): void {
    if (!accepts(request, 'text/event-stream')) {
      return respond(response, 406, 'Accept must hold text/event-stream.');
    }
    const session = this.existing(request, response, serverId);
    if (!session) return;
    const lastEvent = request.headers['last-event-id'];
    if (typeof lastEvent === 'string' && session.events) {
      if (!session.resumeStream(lastEvent, response)) {
        respond(response, 400, 'There is no such event to resume after.');
      }
      return;
    }
    if (!session.openStream(exchangeOn(response, request, session))) {
      respond(response, 409, 'The session has a stream already.');
    }
  }

  private delete(request: IncomingMessage, response: ServerResponse, serverId: string): void {
    const session = this.existing(request, response, serverId);
    if (!session) return;
    this.sessions.end(session);
    response.writeHead(200).end();
  }
}

/** Compares in constant time. How long the token is tells nobody what it is. */
function isSame(text: string, secret: Buffer): boolean {
  const bytes = Buffer.from(text);
  return bytes.length === secret.length && timingSafeEqual(bytes, secret);
}

/**
 * Its stream can be resumed if the client agreed on a version that knows how and says which version
 * it speaks, as that version obliges it to. Other clients (VS Code 1.139 is one) take the empty
 * event that such a stream begins with for a broken message, and do not come back.
 */
function exchangeOn(
  response: ServerResponse,
  request: IncomingMessage,
  session: Session,
): Exchange {
  const resumes = request.headers['mcp-protocol-version'] !== undefined;
  const log = resumes ? session.events : undefined;
  return new Exchange(response, { [sessionHeader]: session.id }, log);
}

function accepts(request: IncomingMessage, type: string): boolean {
  const accept = request.headers.accept ?? '*/*';
  return accept.includes(type) || accept.includes('*/*');
}

/** Listens instead of iterating: an iterator over a stream costs more than the rest of the way. */
function readBody(
  request: IncomingMessage,
  mostBytes: number,
): Promise<Buffer | 'too_large' | 'aborted'> {
  return new Promise((resolve) => {
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) return resolve('too_large');
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBytes) chunks.push(chunk);
      else {
        request.pause();
        resolve('too_large');
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('close', () => resolve('aborted'));
    request.on('error', () => resolve('aborted'));
  });
}

function respond(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  const code = status >= 500 ? errorCodes.internalError : errorCodes.invalidRequest;
  respondError(response, status, { code, message: `Toolgate: ${message}` }, null, headers);
}

function respondError(
  response: ServerResponse,
  status: number,
  error: JsonRpcError,
  id: RequestId | null,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id, error });
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
