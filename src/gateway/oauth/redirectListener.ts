import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignInError } from './signIn';

export interface Redirect {
  readonly code: string;
  /** The issuer by its own word, where it gives one (RFC 9207). */
  readonly issuer: string | undefined;
}

/**
 * Where the browser comes back to after a sign-in: a port of 127.0.0.1 (RFC 8252, 7.3) that was
 * free, open for one answer with the right state.
 */
export class RedirectListener {
  /** What only the page that was opened knows. */
  readonly state = randomBytes(32).toString('base64url');
  private readonly server: Server;
  private readonly answer: Promise<Redirect>;
  private settle: (answer: Redirect | SignInError) => void = () => {};
  private used = false;

  private constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.settle = (answer) => (answer instanceof SignInError ? reject(answer) : resolve(answer));
    });
    // It may fail before anyone waits for it.
    this.answer.catch(() => {});
    this.server = createServer((request, response) => this.receive(request, response));
  }

  static async open(): Promise<RedirectListener> {
    const listener = new RedirectListener();
    await new Promise<void>((resolve, reject) => {
      listener.server.once('error', reject);
      listener.server.listen(0, '127.0.0.1', resolve);
    });
    return listener;
  }

  get url(): string {
    return `http://${this.host}/`;
  }

  /** The answer of the browser. Rejects with a `SignInError`. */
  async redirect(timeoutMs: number, signal: AbortSignal): Promise<Redirect> {
    const end = (why: string) => (): void => this.settle(new SignInError(why));
    const timer = setTimeout(end('The sign-in was not finished in time.'), timeoutMs);
    const cancel = end('The sign-in was cancelled.');
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    try {
      return await this.answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.server.close();
    // The page that tells the person to go back may still be on its way.
    this.server.closeIdleConnections();
  }

  private get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    // A page of another site that was pointed here by its name (DNS rebinding) has another Host.
    if (request.headers.host !== this.host) return page(response, 403, 'This is not a web site.');
    const url = new URL(request.url ?? '/', this.url);
    if (request.method !== 'GET' || url.pathname !== '/') {
      return page(response, 404, 'There is nothing here.');
    }
    const answer = url.searchParams;
    if (this.used || !isSame(answer.get('state') ?? '', this.state)) {
      return page(response, 400, 'This is not the sign-in that was begun. Begin it again.');
    }
    this.used = true;
    const code = answer.get('code');
    if (code === null || answer.has('error')) {
      this.settle(new SignInError(refusalOf(answer.get('error'))));
      return page(response, 200, 'You are not signed in. You can close this page.');
    }
    this.settle({ code, issuer: answer.get('iss') ?? undefined });
    page(response, 200, 'Done. You can close this page and go back to the editor.');
  }
}

// The text that comes with an error is the authorization server's and is not repeated.
function refusalOf(error: string | null): string {
  return error === 'access_denied'
    ? 'The sign-in was refused on its page.'
    : 'The sign-in page answered with an error.';
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function page(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`<!doctype html><title>Toolgate</title><p>${text}</p>\n`);
}
