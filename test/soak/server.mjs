// The server of the endurance test, over stdio or, with a port, over streamable HTTP.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const tools = ['echo', 'slow', 'big', 'limited', 'forbidden'].map((name) => ({
  name,
  description: `Read: ${name}.`,
  inputSchema: { type: 'object' },
}));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function resultOf({ method, params }, notify) {
  if (method === 'initialize') {
    return {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'soak', version: '1' },
    };
  }
  if (method === 'tools/list') return { tools };
  if (method !== 'tools/call') return {};
  const progressToken = params._meta?.progressToken;
  if (params.name === 'slow') {
    await wait(20 + Math.random() * 80);
    if (progressToken !== undefined) notify({ progressToken, progress: 1 });
    await wait(20 + Math.random() * 80);
  }
  const text = JSON.stringify(params.arguments);
  const content = [{ type: 'text', text }];
  if (params.name === 'big') content.push({ type: 'text', text: 'x'.repeat(200_000) });
  return { content };
}

const message = (fields) => JSON.stringify({ jsonrpc: '2.0', ...fields });
const progress = (params) => message({ method: 'notifications/progress', params });

function overStdio() {
  const print = (line) => process.stdout.write(`${line}\n`);
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const request = JSON.parse(line);
    if (request.id === undefined) return;
    const result = await resultOf(request, (params) => print(progress(params)));
    print(message({ id: request.id, result }));
  });
}

function overHttp(port) {
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const call = JSON.parse(Buffer.concat(chunks).toString());
    if (call.id === undefined) return response.writeHead(202).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (json) => response.write(`data: ${json}\n\n`);
    const result = await resultOf(call, (params) => send(progress(params)));
    send(message({ id: call.id, result }));
    response.end();
  });
  server.listen(port, '127.0.0.1', () => console.log(server.address().port));
}

if (process.argv[2] === undefined) overStdio();
else overHttp(Number(process.argv[2]));
