import { Agent, request } from 'node:http';

export interface Endpoint {
  readonly url: string;
  readonly token: string | undefined;
}

export interface Figures {
  /** Milliseconds of one call, one after the other. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** With 32 calls under way at once. */
  readonly callsPerSecond: number;
}

const text = 'x'.repeat(200);

/** A client that speaks just enough MCP to call `echo`, and checks every answer. */
export class LoadClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private session: string | undefined;
  private nextId = 1;

  constructor(private readonly endpoint: Endpoint) {}

  async connect(): Promise<void> {
    await this.ask('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'load', version: '1' },
    });
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await this.ask('tools/list', {});
  }

  async measure(calls: number, burst: number, lanes: number): Promise<Figures> {
    const times: number[] = [];
    for (let index = 0; index < calls; index++) {
      const started = performance.now();
      await this.call();
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const quantile = (q: number): number => times[Math.floor(q * (times.length - 1))]!;
    const started = performance.now();
    let left = burst;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.call();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    const seconds = (performance.now() - started) / 1000;
    return {
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      callsPerSecond: burst / seconds,
    };
  }

  close(): void {
    this.agent.destroy();
  }

  private async call(): Promise<void> {
    const result = await this.ask('tools/call', { name: 'echo', arguments: { text } });
    const { content } = result as { content: { text: string }[] };
    if (content[0]?.text !== text) throw new Error(`wrong answer: ${JSON.stringify(result)}`);
  }

  private async ask(method: string, params: object): Promise<unknown> {
    const id = this.nextId++;
    const body = await this.post({ jsonrpc: '2.0', id, method, params });
    const json = body.startsWith('{') ? body : (/^data: (.*)$/m.exec(body)?.[1] ?? '');
    const message = JSON.parse(json);
    if (message.id !== id || message.error) throw new Error(`wrong answer: ${body}`);
    return message.result;
  }

  private post(message: object): Promise<string> {
    const body = JSON.stringify(message);
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        accept: 'application/json, text/event-stream',
        ...(this.session ? { 'mcp-session-id': this.session } : {}),
        ...(this.endpoint.token ? { authorization: `Bearer ${this.endpoint.token}` } : {}),
      };
      const sent = request(
        this.endpoint.url,
        { method: 'POST', agent: this.agent, headers },
        (response) => {
          const session = response.headers['mcp-session-id'];
          if (typeof session === 'string') this.session = session;
          let answer = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            answer += part;
          });
          response.on('end', () => {
            if ((response.statusCode ?? 500) < 300) resolve(answer);
            else reject(new Error(`${response.statusCode}: ${answer}`));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
