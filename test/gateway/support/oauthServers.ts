import { createHash, randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  request as passOn,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a server got it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Everything that came, as one text. */
  readonly all: string;
}

type Answer = readonly [status: number, body?: unknown, headers?: Record<string, string>];

/** An HTTP server of this process on a free port. */
export class RecordingServer {
  readonly seen: Seen[] = [];
  origin = '';
  private server: Server | undefined;

  constructor(
    private readonly respond: (seen: Seen, url: URL) => Answer | Promise<Answer>,
    private readonly host = '127.0.0.1',
  ) {}

  async start(): Promise<void> {
    const listener: RequestListener = async (request, response) => {
      const seen = await read(request);
      this.seen.push(seen);
      const [status, body, headers = {}] = await this.respond(
        seen,
        new URL(seen.path, this.origin),
      );
      const text = body === undefined ? '' : JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    };
    const server = createServer(listener);
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, this.host, resolve));
    this.origin = `http://${this.host}:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  pathsSeen(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path.split('?')[0]}`);
  }

  /** Everything that was ever sent here, to look for what should not have been. */
  everything(): string {
    return this.seen.map(({ all }) => all).join('\n');
  }
}

export interface AuthServerSetup {
  /** Laid over its metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly host?: string;
  /** Keeps tokens back that have been issued. */
  readonly tokensHeld?: () => Promise<void>;
  readonly refuses?: 'access_denied';
  /** What the redirect says of who sends it. */
  readonly redirectIssuer?: string;
  /** Client ids that need not register, with their secrets. */
  readonly clients?: Readonly<Record<string, string>>;
}

/** An OAuth 2.1 authorization server: PKCE, registration, refresh tokens that count once. */
export class AuthServer extends RecordingServer {
  readonly secrets: string[] = [];
  private readonly codes = new Map<
    string,
    { client: string; redirect: string; challenge: string; scope: string; resource: string }
  >();
  private readonly clients = new Map<string, string | undefined>();
  private readonly accessTokens = new Map<string, string>();
  private readonly refreshTokens = new Map<string, string>();

  constructor(private readonly setup: AuthServerSetup = {}) {
    super(async (seen, url) => {
      const answer = this.answer(seen, url);
      if (url.pathname === '/token') await setup.tokensHeld?.();
      return answer;
    }, setup.host);
    for (const [id, secret] of Object.entries(setup.clients ?? {})) this.clients.set(id, secret);
  }

  /** The scope of an access token that counts. */
  scopeOf(token: string): string | undefined {
    return this.accessTokens.get(token);
  }

  /** As if their time were up. */
  expireAccessTokens(): void {
    this.accessTokens.clear();
  }

  expireRefreshTokens(): void {
    this.refreshTokens.clear();
  }

  private answer({ method, body, authorization }: Seen, url: URL): Answer {
    switch (`${method} ${url.pathname}`) {
      case 'GET /.well-known/oauth-authorization-server':
        return [200, this.metadata()];
      case 'POST /register': {
        const id = this.secret('client');
        this.clients.set(id, undefined);
        return [201, { ...JSON.parse(body), client_id: id }];
      }
      case 'GET /authorize':
        return this.authorize(url.searchParams);
      case 'POST /token':
        return this.token(new URLSearchParams(body), authorization);
      default:
        return [404];
    }
  }

  private metadata(): Record<string, unknown> {
    return {
      issuer: this.origin,
      authorization_endpoint: `${this.origin}/authorize`,
      token_endpoint: `${this.origin}/token`,
      registration_endpoint: `${this.origin}/register`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
      code_challenge_methods_supported: ['S256'],
      ...this.setup.metadata,
    };
  }

  private authorize(query: URLSearchParams): Answer {
    const [client, redirect, challenge] = ['client_id', 'redirect_uri', 'code_challenge'].map(
      (name) => query.get(name) ?? '',
    ) as [string, string, string];
    if (!this.clients.has(client) || query.get('code_challenge_method') !== 'S256') return [400];
    const back = new URL(redirect);
    back.searchParams.set('state', query.get('state') ?? '');
    if (this.setup.refuses) back.searchParams.set('error', this.setup.refuses);
    else {
      const code = this.secret('code');
      const scope = query.get('scope') ?? '';
      const resource = query.get('resource') ?? '';
      this.codes.set(code, { client, redirect, challenge, scope, resource });
      back.searchParams.set('code', code);
    }
    if (this.setup.redirectIssuer) back.searchParams.set('iss', this.setup.redirectIssuer);
    return [302, undefined, { location: back.href }];
  }

  private token(form: URLSearchParams, authorization: string | undefined): Answer {
    const client = form.get('client_id') ?? '';
    const secret = this.clients.get(client);
    if (!this.clients.has(client) || authorization !== undefined) {
      return [401, { error: 'invalid_client' }];
    }
    if (secret !== undefined && form.get('client_secret') !== secret) {
      return [401, { error: 'invalid_client' }];
    }
    if (form.get('grant_type') === 'refresh_token') {
      const token = form.get('refresh_token') ?? '';
      const scope = this.refreshTokens.get(token);
      this.refreshTokens.delete(token);
      return scope === undefined ? [400, { error: 'invalid_grant' }] : this.grant(scope);
    }
    const code = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    const isRight =
      code?.client === client &&
      code.redirect === form.get('redirect_uri') &&
      code.resource === (form.get('resource') ?? '') &&
      code.challenge === verifier.digest('base64url');
    return isRight ? this.grant(code.scope) : [400, { error: 'invalid_grant' }];
  }

  private grant(scope: string): Answer {
    const [access, refresh] = [this.secret('access'), this.secret('refresh')];
    this.accessTokens.set(access, scope);
    this.refreshTokens.set(refresh, scope);
    return [200, { access_token: access, token_type: 'Bearer', refresh_token: refresh, scope }];
  }

  private secret(kind: string): string {
    const secret = `${kind}-${randomBytes(12).toString('hex')}`;
    if (kind !== 'client') this.secrets.push(secret);
    return secret;
  }
}

export interface ProtectedSetup {
  /** The authorization servers that it names; may change while it runs. */
  issuers(): readonly string[];
  /** The scope of a token, as the authorization server knows it. */
  scopeOf(token: string): string | undefined;
  /** Where its metadata is said to be, in place of where it is. */
  readonly metadataUrl?: () => string;
  /** Calls need this scope. */
  readonly callScope?: string;
  readonly resource?: string;
}

/** An MCP server over streamable HTTP that answers only with a token. */
export class ProtectedServer extends RecordingServer {
  constructor(private readonly setup: ProtectedSetup) {
    super((seen, url) => this.answer(seen, url));
  }

  get url(): string {
    return `${this.origin}/mcp`;
  }

  private answer(seen: Seen, url: URL): Answer {
    const { setup } = this;
    if (url.pathname === '/.well-known/oauth-protected-resource/mcp') {
      const resource = setup.resource ?? this.url;
      return [200, { resource, authorization_servers: setup.issuers() }];
    }
    if (url.pathname !== '/mcp') return [404];
    const metadata =
      setup.metadataUrl?.() ?? `${this.origin}/.well-known/oauth-protected-resource/mcp`;
    const scope = setup.scopeOf((seen.authorization ?? '').replace(/^Bearer /, ''));
    if (scope === undefined) {
      return [401, undefined, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }];
    }
    if (seen.method !== 'POST') return [405];
    const { id, method, params } = JSON.parse(seen.body);
    if (id === undefined) return [202];
    if (method === 'tools/call' && setup.callScope && !scope.includes(setup.callScope)) {
      const challenge = `Bearer error="insufficient_scope", scope="${setup.callScope}", resource_metadata="${metadata}"`;
      return [403, undefined, { 'www-authenticate': challenge }];
    }
    const results: Record<string, unknown> = {
      initialize: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'protected', version: '1' },
      },
      'tools/list': { tools: [{ name: 'read_note', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'a note' }] },
    };
    return [200, { jsonrpc: '2.0', id, result: results[method] ?? {} }];
  }
}

/** A server without protection, behind a door that opens to tokens of an authorization server. */
export class Door {
  origin = '';
  private readonly server: Server;

  constructor(target: string, auth: AuthServer) {
    this.server = createServer((request, response) => {
      const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
      if (request.url?.startsWith('/.well-known/oauth-protected-resource/')) {
        const resource = `${this.origin}/${request.url.split('/').at(-1)}`;
        response.end(JSON.stringify({ resource, authorization_servers: [auth.origin] }));
      } else if (auth.scopeOf(token) === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      } else {
        const { method, headers } = request;
        const url = new URL(request.url ?? '/', target);
        const passed = passOn(url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        passed.on('error', () => response.destroy());
        response.on('close', () => passed.destroy());
        request.pipe(passed);
      }
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function read(request: IncomingMessage): Promise<Seen> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { method = '', url: path = '', headers } = request;
  const all = `${method} ${path}\n${JSON.stringify(headers)}\n${body}`;
  return { method, path, authorization: headers.authorization, body, all };
}
