import type { LookupAddress } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Destinations } from './destinations';
import { SignInError } from './signIn';

const timeoutMs = 20_000;
const mostBytes = 1024 * 1024;

/**
 * `fetch` for what metadata names, over `node:http`, because there the checked addresses can be the
 * ones that are connected to: a name may resolve to others a moment later. Redirects are not
 * followed; the SDK follows those within an origin with a new request, which is checked again.
 */
export class DiscoveryFetch {
  private refusal: SignInError | undefined;

  constructor(private readonly destinations: Destinations) {}

  /**
   * The SDK takes some failures for "there is none" and tries elsewhere. So once a destination was
   * refused, every further request of this sign-in is.
   */
  readonly fetch: FetchLike = async (target, init = {}) => {
    if (this.refusal) throw this.refusal;
    const url = new URL(target);
    try {
      const addresses = await this.destinations.addressesOf(url);
      return await exchange(url, init, addresses);
    } catch (error) {
      if (!(error instanceof SignInError)) throw asNetworkError(error);
      this.refusal = error;
      throw error;
    }
  };

  /** Why the sign-in was stopped, when it was because of where it led. */
  get stopped(): SignInError | undefined {
    return this.refusal;
  }
}

async function exchange(
  url: URL,
  init: RequestInit,
  addresses: readonly LookupAddress[],
): Promise<Response> {
  const { method = 'GET', signal } = init;
  const body = init.body == null ? undefined : String(init.body);
  const headers = Object.fromEntries(new Headers(init.headers ?? {}));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-length': length(body) },
      lookup: lookupOf(addresses),
      // No pooled connection: an earlier look-up chose where it leads.
      agent: false as const,
      signal: signal ?? AbortSignal.timeout(timeoutMs),
    };
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request: ClientRequest = open(url, options, resolve);
    request.once('error', reject);
    request.end(body);
  });
  const status = answer.statusCode ?? 0;
  const text = await textOf(answer);
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : text, { status, headers: headersOf(answer) });
}

async function textOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return headers;
}

function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (!first) callback(new Error('the name has no address'), '');
    else if (options.all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

function length(text: string): number {
  return Buffer.byteLength(text);
}

/** As `fetch` reports them: the SDK tells network failures from others by the class. */
function asNetworkError(error: unknown): TypeError {
  return new TypeError('fetch failed', { cause: error });
}
