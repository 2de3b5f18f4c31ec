import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningForwarder {
  readonly url: string;
  /** Breaks every connection that is open, as a network does. */
  cut(): void;
  close(): Promise<void>;
}

/**
 * The suite sends no bearer token, which the gateway wants to see. This puts it into each request
 * and passes everything else on as it comes, bodies as they stream. Host and Origin become the
 * gateway's where they name this forwarder; any other stays, for the gateway to refuse.
 */
export async function startForwarder(target: string, token: string): Promise<RunningForwarder> {
  const { hostname, port, host, pathname } = new URL(target);
  let own = '';

  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const headers: IncomingMessage['headers'] = { ...incoming.headers };
    headers.authorization = `Bearer ${token}`;
    if (headers.host === own) headers.host = host;
    if (headers.origin === `http://${own}`) headers.origin = `http://${host}`;
    const { method } = incoming;
    const outgoing = request({ hostname, port, path: pathname, method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    outgoing.on('error', () => response.destroy());
    // A side that goes is gone for the other side too.
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  };

  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${own}/mcp`,
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
