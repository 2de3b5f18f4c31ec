import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinFile, type PinStore } from '../../../src/gateway/pins/pinStore';
import { type NewTools, ServerPins } from '../../../src/gateway/pins/serverPins';
import { type RawMessage, RawSession } from './rawClient';
import { startGateway, type TestGateway } from './testGateway';

export interface Offers {
  readonly tools?: readonly object[] | undefined;
  readonly prompts?: readonly object[] | undefined;
  readonly instructions?: string | undefined;
  readonly pageSize?: number | undefined;
}

export interface PinnedSetup extends Offers {
  readonly newTools?: NewTools;
  /** What is suspicious about something, by its name. */
  readonly suspicious?: Readonly<Record<string, string>>;
  readonly policy?: object;
  /** Whether it speaks the revision without sessions. */
  readonly stateless?: boolean;
}

/** How the server of these tests is configured, as far as its pins know. */
export const definition = { entry: { command: 'node', args: ['server.js'] }, program: '/bin/node' };

export const tool = (name: string, more: object = {}): object => ({
  name,
  description: `Reads ${name}.`,
  inputSchema: {
    type: 'object',
    properties: { mode: { type: 'string', description: 'How.', enum: ['a', 'b'], default: 'a' } },
  },
  ...more,
});

/** A server behind the gateway whose definitions the test changes, and the person who reviews it. */
export class PinnedServer {
  constructor(
    readonly gateway: TestGateway,
    readonly pins: ServerPins,
    readonly store: PinStore,
    /** What the pins have told. */
    readonly log: readonly string[],
    private readonly file: string,
  ) {}

  /** What the server says of itself from now on. */
  offer(offers: Offers): void {
    writeFileSync(this.file, JSON.stringify(offers));
  }

  open(): Promise<RawSession> {
    return RawSession.open(this.gateway);
  }

  /** What waits, as "kind name verdict". */
  get waiting(): string[] {
    return this.pins.waiting.map(({ kind, name, verdict }) =>
      [kind, name, verdict].filter((part) => part !== '').join(' '),
    );
  }
}

/** The server is confirmed; what it offers has not been seen yet. */
export async function startPinned(setup: PinnedSetup = {}): Promise<PinnedServer> {
  const { newTools = 'review', suspicious = {}, policy = { default: 'allow' } } = setup;
  const { stateless = false, tools, prompts, instructions, pageSize } = setup;
  const gateway = await startGateway({ policy, servers: {} });
  const file = join(gateway.directory, 'offers.json');
  const store = new PinFile(join(gateway.directory, 'pins.json'));
  const log: string[] = [];
  const pins = new ServerPins({
    label: 's',
    store,
    log: { info: (text) => void log.push(text), warn: (text) => void log.push(text) },
    newTools: () => newTools,
    isReadOnly: (offered) => /"Reads /.test(JSON.stringify(offered)),
    reasonsFor: ({ name }) => (suspicious[name] === undefined ? [] : [suspicious[name]]),
  });
  pins.confirmServer(definition);
  pins.setServer(definition);
  const server = new PinnedServer(gateway, pins, store, log, file);
  server.offer({ tools, prompts, instructions, pageSize });
  const env = { OFFERS: file, ...(stateless && { STATELESS: '1' }) };
  gateway.setServers({ s: { fixture: ['offers.mjs'], env, pins } });
  return server;
}

export async function toolsIn(session: RawSession): Promise<string[]> {
  const { result } = await session.ask('tools/list');
  return ((result?.tools ?? []) as { name: string }[]).map(({ name }) => name);
}

/** The code of the refusal, or the text of the answer. */
export function outcome({ result, error }: RawMessage): unknown {
  const meta = result?._meta as Record<string, { code: string }> | undefined;
  const data = error?.data as Record<string, { code: string }> | undefined;
  const decision = meta?.['toolgate/decision'] ?? data?.['toolgate/decision'];
  return decision?.code ?? (result?.content as { text: string }[] | undefined)?.[0]?.text;
}
