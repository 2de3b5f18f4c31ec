import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Destinations } from '../../../../src/gateway/oauth/destinations';
import { DiscoveryFetch } from '../../../../src/gateway/oauth/discoveryFetch';

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe('what is fetched for a sign-in', () => {
  it('comes from the address that was checked, whatever its name says a moment later', async () => {
    const port = await listen((request, response) => response.end(request.headers.host));
    const answers = ['127.0.0.1', '93.184.216.34'];
    let lookUps = 0;
    const destinations = new Destinations(`http://own.example:${port}/mcp`, async () => [
      { address: answers[lookUps++]!, family: 4 },
    ]);
    const { fetch } = new DiscoveryFetch(destinations);
    const response = await fetch(`http://own.example:${port}/metadata`);
    expect(await response.text()).toBe(`own.example:${port}`);
    expect(lookUps).toBe(1);
  });

  it('is sent with its method, headers and form, and comes with status and headers', async () => {
    const port = await listen(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(418, { 'x-seen': `${request.method} ${request.headers['x-a']} ${body}` });
      response.end('{"a":1}');
    });
    const url = `http://127.0.0.1:${port}/token`;
    const { fetch } = new DiscoveryFetch(new Destinations(url));
    const body = new URLSearchParams({ code: 'ü&' });
    const response = await fetch(url, { method: 'POST', headers: { 'X-A': 'b' }, body });
    expect(response.status).toBe(418);
    expect(response.headers.get('x-seen')).toBe('POST b code=%C3%BC%26');
    expect(await response.json()).toEqual({ a: 1 });
  });

  it('is not followed anywhere', async () => {
    let requests = 0;
    const port = await listen((_, response) => {
      requests++;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    const url = `http://127.0.0.1:${port}/metadata`;
    const response = await new DiscoveryFetch(new Destinations(url)).fetch(url);
    expect([response.status, requests]).toEqual([302, 1]);
  });

  it('fails as a fetch does where nobody listens, and may be tried elsewhere', async () => {
    const port = await listen((_, response) => response.end('here'));
    const url = `http://127.0.0.1:${port}/metadata`;
    const { fetch } = new DiscoveryFetch(new Destinations(url));
    await expect(fetch('http://127.0.0.1:1/')).rejects.toThrow(TypeError);
    expect(await (await fetch(url)).text()).toBe('here');
  });

  it('is cut off where it does not end', async () => {
    const port = await listen((_, response) => {
      const flood = (): void => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', flood);
      };
      flood();
    });
    const url = `http://127.0.0.1:${port}/metadata`;
    const { fetch } = new DiscoveryFetch(new Destinations(url));
    await expect(fetch(url)).rejects.toThrow(TypeError);
  });

  it('ends with the first address that is refused: the SDK would try the next', async () => {
    let requests = 0;
    const port = await listen((_, response) => {
      requests++;
      response.end();
    });
    const url = `http://127.0.0.1:${port}/metadata`;
    const discovery = new DiscoveryFetch(new Destinations(url));
    const reason = /leads to an address that is reserved/;
    await expect(discovery.fetch('https://169.254.169.254/')).rejects.toThrow(reason);
    await expect(discovery.fetch(url)).rejects.toThrow(reason);
    expect(discovery.stopped?.message).toMatch(reason);
    expect(requests).toBe(0);
  });
});
