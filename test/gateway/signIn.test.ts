import { describe, expect, it, onTestFinished } from 'vitest';
import type { OAuthConfig } from '../../src/config/launch';
import { MemorySecrets } from '../../src/gateway/oauth/memorySecrets';
import { startEverything } from './support/everything';
import {
  AuthServer,
  type AuthServerSetup,
  Door,
  ProtectedServer,
  type ProtectedSetup,
  RecordingServer,
} from './support/oauthServers';
import { TestPerson } from './support/person';
import { RawSession, send, textOf } from './support/rawClient';
import { connectClient } from './support/sdkClient';
import { connectModern, statelessServer } from './support/statelessPeers';
import { startGateway, type TestGateway } from './support/testGateway';
import { until } from './support/waiting';

interface Setup {
  readonly auth?: AuthServerSetup;
  readonly server?: Partial<ProtectedSetup>;
  readonly person?: TestPerson;
  readonly secrets?: MemorySecrets;
  readonly oauth?: OAuthConfig;
  readonly waitSeconds?: number;
  readonly startTimeoutSeconds?: number;
}

interface World {
  readonly auth: AuthServer;
  readonly server: ProtectedServer;
  readonly person: TestPerson;
  readonly secrets: MemorySecrets;
  readonly gateway: TestGateway;
}

const policy = { default: 'allow' };

async function started<T extends RecordingServer | Door>(server: T): Promise<T> {
  await server.start();
  onTestFinished(() => server.close());
  return server;
}

/** A gateway before a server that wants a sign-in, and the authorization server that it names. */
async function world(setup: Setup = {}): Promise<World> {
  const auth = await started(new AuthServer(setup.auth));
  const protection = {
    issuers: () => [auth.origin],
    scopeOf: (token: string) => auth.scopeOf(token),
    ...setup.server,
  };
  const server = await started(new ProtectedServer(protection));
  const { person = new TestPerson(), secrets = new MemorySecrets() } = setup;
  const gateway = await gatewayBefore(server.url, person, secrets, setup);
  return { auth, server, person, secrets, gateway };
}

async function gatewayBefore(
  url: string,
  person: TestPerson,
  secrets: MemorySecrets,
  { oauth = {}, waitSeconds = 10, startTimeoutSeconds = 20 }: Setup = {},
): Promise<TestGateway> {
  const launch = async () => ({ type: 'http' as const, url, headers: {}, oauth });
  return startGateway({
    policy,
    servers: { s: { launch } },
    signIn: { prompt: person, secrets, waitSeconds: () => waitSeconds },
    startTimeoutSeconds,
  });
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'c', version: '1' },
  },
});

/** What an agent is told when it begins. */
async function refusal(gateway: TestGateway): Promise<string> {
  const { messages } = await send(gateway, { body: initialize });
  return messages[0]?.error?.message ?? `no refusal: ${JSON.stringify(messages)}`;
}

describe('a server that wants a sign-in', () => {
  it('is used once the person has signed in, for which the agent waits', async () => {
    const { auth, server, person, gateway } = await world();
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('read_note'))).toBe('a note');
    expect(person.offered).toEqual(['s']);
    expect(person.opened).toHaveLength(1);
    await until(() => person.pages.length > 0);
    expect(person.pages[0]).toEqual({ status: 200, text: expect.stringContaining('go back') });
    expect(auth.pathsSeen()).toEqual([
      'GET /.well-known/oauth-authorization-server',
      'POST /register',
      'GET /authorize',
      'POST /token',
    ]);
    expect(server.seen.at(-1)?.authorization).toMatch(/^Bearer access-/);
  });

  it('is signed in to once for all sessions, also those that begin at the same time', async () => {
    const { auth, person, gateway } = await world();
    const sessions = await Promise.all([1, 2, 3].map(() => RawSession.open(gateway)));
    for (const session of sessions) expect(textOf(await session.call('read_note'))).toBe('a note');
    expect(person.offered).toEqual(['s']);
    expect(auth.pathsSeen().filter((path) => path === 'POST /token')).toHaveLength(1);
  });

  it('gets a renewed token without the person, once for all sessions', async () => {
    const { auth, person, gateway } = await world();
    const sessions = await Promise.all([1, 2].map(() => RawSession.open(gateway)));
    auth.expireAccessTokens();
    const answers = await Promise.all(sessions.map((session) => session.call('read_note')));
    expect(answers.map(textOf)).toEqual(['a note', 'a note']);
    expect(person.offered).toHaveLength(1);
    expect(auth.pathsSeen().filter((path) => path === 'POST /token')).toHaveLength(2);
  });

  it('keeps its tokens for the next start', async () => {
    const { auth, server, secrets, gateway } = await world();
    await RawSession.open(gateway);
    await gateway.gateway.close();
    const absent = new TestPerson(false);
    const again = await gatewayBefore(server.url, absent, secrets);
    // The same workspace, as far as the tokens are concerned.
    const [key = ''] = secrets.values.keys();
    secrets.values.set(
      key.replace(gateway.directory, again.directory),
      secrets.values.get(key) ?? '',
    );
    auth.expireAccessTokens();
    const session = await RawSession.open(again);
    expect(textOf(await session.call('read_note'))).toBe('a note');
    expect(absent.offered).toEqual([]);
  });

  it('is signed in to anew when its refresh token no longer counts', async () => {
    const { auth, person, gateway } = await world();
    const session = await RawSession.open(gateway);
    auth.expireAccessTokens();
    auth.expireRefreshTokens();
    expect(textOf(await session.call('read_note'))).toBe('a note');
    expect(person.offered).toHaveLength(2);
  });

  it('gets a token of more scope for a call that needs it', async () => {
    const { person, gateway } = await world({ server: { callScope: 'notes:read' } });
    const session = await RawSession.open(gateway);
    expect(textOf(await session.call('read_note'))).toBe('a note');
    expect(person.opened.map((url) => new URL(url).searchParams.get('scope'))).toEqual([
      null,
      'notes:read',
    ]);
  });

  it('knows the client that the entry names, with its secret', async () => {
    const { auth, gateway } = await world({
      auth: { clients: { mine: 's3cret' } },
      oauth: { clientId: 'mine', clientSecret: 's3cret' },
    });
    await RawSession.open(gateway);
    expect(auth.pathsSeen()).not.toContain('POST /register');
    expect(auth.seen.at(-1)?.body).toContain('client_secret=s3cret');
  });

  it('knows the client by its metadata document, where it reads such', async () => {
    const document = 'https://client.example/toolgate.json';
    const { auth, gateway } = await world({
      auth: {
        clients: { [document]: undefined as unknown as string },
        metadata: { client_id_metadata_document_supported: true },
      },
      oauth: { clientId: document },
    });
    await RawSession.open(gateway);
    expect(auth.pathsSeen()).not.toContain('POST /register');
  });
});

it.each(['sse', 'streamableHttp'] as const)(
  'a published server over %s is used behind a sign-in, with what it says unasked',
  async (transport) => {
    const auth = await started(new AuthServer());
    const { launch: open, stop } = await startEverything(transport);
    onTestFinished(stop);
    if (open.type === 'stdio') throw new Error('not over HTTP');
    const { origin, pathname } = new URL(open.url);
    const door = await started(new Door(origin, auth));
    const person = new TestPerson();
    const launch = async () => ({ ...open, url: `${door.origin}${pathname}` });
    const signIn = { prompt: person, secrets: new MemorySecrets(), waitSeconds: () => 10 };
    const gateway = await startGateway({ policy, servers: { s: { launch } }, signIn });
    const client = await connectClient(gateway);
    auth.expireAccessTokens();
    const progress: number[] = [];
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.1, steps: 2 } };
    const result = await client.callTool(long, undefined, {
      onprogress: ({ progress: done }) => progress.push(done),
    });
    expect(JSON.stringify(result.content)).toContain('completed');
    expect(progress).toEqual([1, 2]);
    expect(person.offered).toEqual(['s']);
  },
);

describe('a server of the revision without sessions', () => {
  const behindDoor = async (person: TestPerson) => {
    const auth = await started(new AuthServer());
    const launch = await (await statelessServer('http', { modern: true })).launch!();
    if (launch.type === 'stdio') throw new Error('not over HTTP');
    const { origin, pathname } = new URL(launch.url);
    const door = await started(new Door(origin, auth));
    const guarded = async () => ({ ...launch, url: `${door.origin}${pathname}` });
    const signIn = { prompt: person, secrets: new MemorySecrets(), waitSeconds: () => 10 };
    const servers = { s: { launch: guarded } };
    return {
      auth,
      gateway: await startGateway({ policy, servers, signIn, startTimeoutSeconds: 1 }),
    };
  };

  it('is used behind a sign-in, and outlives its time to start', async () => {
    const person = new TestPerson();
    const { auth, gateway } = await behindDoor(person);
    const client = await connectModern(gateway);
    auth.expireAccessTokens();
    auth.expireRefreshTokens();
    expect(JSON.stringify(await client.callTool({ name: 'read_file' }))).toContain('args');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(JSON.stringify(await client.callTool({ name: 'read_file' }))).toContain('args');
    expect(person.offered).toEqual(['s', 's']);
    expect(gateway.gateway.stateOf('s').kind).toBe('running');
  });

  it('is signed in to by the person, on one page', async () => {
    const person = new TestPerson(false);
    const { gateway } = await behindDoor(person);
    await gateway.gateway.inspect('s');
    expect(gateway.gateway.stateOf('s').kind).toBe('needsSignIn');
    await gateway.gateway.signIn('s');
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    expect(gateway.gateway.catalogueOf('s')?.names).toContain('read_file');
    expect(person.opened).toHaveLength(1);
  });
});

describe('a person', () => {
  it('who does not sign in: the agent is told after a while that they have to', async () => {
    const person = new TestPerson(new Promise<boolean>(() => {}));
    const { gateway } = await world({ person, waitSeconds: 0.2 });
    expect(await refusal(gateway)).toMatch(/asks for a sign-in. The person has to sign in\./);
    expect(gateway.gateway.stateOf('s').kind).toBe('needsSignIn');
    expect(await refusal(gateway)).toMatch(/asks for a sign-in/);
    expect(person.offered).toEqual(['s']);
  });

  it('who does not want to is not asked again, and can still sign in on their own', async () => {
    const { person, gateway } = await world({ person: new TestPerson(false) });
    expect(await refusal(gateway)).toMatch(/asks for a sign-in/);
    expect(await refusal(gateway)).toMatch(/asks for a sign-in/);
    expect(person.offered).toEqual(['s']);
    await gateway.gateway.signIn('s');
    expect(gateway.gateway.stateOf('s')).toEqual({ kind: 'stopped' });
    expect(gateway.gateway.catalogueOf('s')?.names).toEqual(['read_note']);
    await RawSession.open(gateway);
    expect(person.offered).toEqual(['s']);
  });

  it('has more time than the server has to start', async () => {
    let accept = (_: boolean): void => {};
    const person = new TestPerson(
      new Promise<boolean>((resolve) => {
        accept = resolve;
      }),
    );
    const { gateway } = await world({ person, startTimeoutSeconds: 0.3 });
    const opening = RawSession.open(gateway);
    await until(() => gateway.gateway.stateOf('s').kind === 'needsSignIn');
    await new Promise((resolve) => setTimeout(resolve, 600));
    accept(true);
    expect(textOf(await (await opening).call('read_note'))).toBe('a note');
  });

  it('who opens the tree is not asked; what is missing is shown there', async () => {
    const { person, gateway } = await world();
    await gateway.gateway.inspect('s');
    expect(gateway.gateway.stateOf('s')).toMatchObject({
      kind: 'needsSignIn',
      reason: expect.stringMatching(/asks for a sign-in/),
    });
    expect(person.offered).toEqual([]);
    expect(person.opened).toEqual([]);
  });

  it('who lost the page begins again, and agents that wait go on', async () => {
    const person = new TestPerson(true, false);
    const { gateway } = await world({ person });
    const opening = RawSession.open(gateway);
    await until(() => person.opened[0]);
    const signingIn = gateway.gateway.signIn('s');
    await person.browse(await until(() => person.opened[1]));
    await signingIn;
    expect(textOf(await (await opening).call('read_note'))).toBe('a note');
  });

  it('who signs out takes the tokens from the server and its sessions', async () => {
    const { server, secrets, person, gateway } = await world();
    const session = await RawSession.open(gateway);
    await gateway.gateway.signOut('s');
    expect([...secrets.values.values()]).toEqual([]);
    expect((await session.post({ jsonrpc: '2.0', id: 9, method: 'ping' })).status).toBe(404);
    const before = server.seen.length;
    await RawSession.open(gateway);
    expect(server.seen[before]?.authorization).toBeUndefined();
    expect(person.offered).toHaveLength(2);
  });

  it('who halts everything ends the sign-in that is under way', async () => {
    const { auth, person, gateway } = await world({ person: new TestPerson(true, false) });
    const refused = refusal(gateway);
    const page = await until(() => person.opened[0]);
    gateway.halt.halt();
    expect(await refused).toMatch(/halted/i);
    await expect(person.browse(page)).rejects.toThrow(TypeError);
    expect(auth.pathsSeen()).not.toContain('POST /token');
    gateway.halt.resume();
    expect(gateway.gateway.stateOf('s').kind).not.toBe('halted');
  });

  it('who signs out while a token is on its way has none afterwards', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { auth, person, secrets, gateway } = await world({ auth: { tokensHeld: () => held } });
    const refused = refusal(gateway);
    await until(() => auth.pathsSeen().includes('POST /token'));
    await gateway.gateway.signOut('s');
    release();
    expect(await refused).toMatch(/The session was ended/);
    // It listens for the browser until the sign-in has come to its end.
    const back = new URL(person.opened[0]!).searchParams.get('redirect_uri')!;
    await until(() =>
      fetch(back)
        .then(() => false)
        .catch(() => true),
    );
    expect([...secrets.values.keys()]).toEqual([]);
  });

  it('who refuses on the page is not signed in', async () => {
    const { person, gateway } = await world({ auth: { refuses: 'access_denied' } });
    expect(await refusal(gateway)).toMatch(/The sign-in was refused on its page/);
    await until(() => person.pages.length > 0);
    expect(person.pages[0]?.text).toContain('You are not signed in');
  });

  it('who gave the entry a token of their own is not asked for another', async () => {
    const { server, person } = await world();
    const launch = async () => ({
      type: 'http' as const,
      url: server.url,
      headers: { authorization: 'Bearer own' },
    });
    const signIn = { prompt: person, secrets: new MemorySecrets(), waitSeconds: () => 1 };
    const gateway = await startGateway({ policy, servers: { s: { launch } }, signIn });
    expect(await refusal(gateway)).toMatch(/HTTP 401/);
    expect(person.offered).toEqual([]);
    expect(server.seen.at(-1)?.authorization).toBe('Bearer own');
  });
});

describe('secrets', () => {
  it('go to the authorization server that issued them, and to no other', async () => {
    const first = await started(new AuthServer());
    const second = await started(new AuthServer());
    let issuer = first.origin;
    const { gateway, server } = await world({
      server: {
        issuers: () => [issuer],
        scopeOf: (token) => first.scopeOf(token) ?? second.scopeOf(token),
      },
    });
    const session = await RawSession.open(gateway);
    issuer = second.origin;
    first.expireAccessTokens();
    expect(textOf(await session.call('read_note'))).toBe('a note');
    const sent = second.everything();
    for (const secret of first.secrets) expect(sent).not.toContain(secret);
    // It was signed in to as a stranger, and holds tokens of its own.
    expect(second.pathsSeen()).toContain('POST /register');
    expect(server.seen.at(-1)?.authorization).toBe(
      `Bearer ${second.secrets.find((secret) => secret.startsWith('access'))}`,
    );
  });

  it('that the entry holds do not go to another authorization server than at first', async () => {
    const clients = { mine: 's3cret' };
    const first = await started(new AuthServer({ clients }));
    const second = await started(new AuthServer({ clients }));
    let issuer = first.origin;
    const { gateway } = await world({
      server: { issuers: () => [issuer], scopeOf: (token) => first.scopeOf(token) },
      oauth: { clientId: 'mine', clientSecret: 's3cret' },
    });
    const session = await RawSession.open(gateway);
    issuer = second.origin;
    first.expireAccessTokens();
    const answer = await session.call('read_note');
    expect(answer.error?.message).toMatch(/another authorization server than before/);
    expect(second.everything()).not.toContain('s3cret');
    await gateway.gateway.signOut('s');
    await gateway.gateway.signIn('s');
    expect(second.everything()).toContain('s3cret');
  });

  it('stand in no log, record or error', async () => {
    const { auth, person, gateway } = await world({ server: { callScope: 'notes:read' } });
    const session = await RawSession.open(gateway);
    await session.call('read_note');
    auth.expireAccessTokens();
    auth.expireRefreshTokens();
    await session.call('read_note');
    const told = JSON.stringify([gateway.log, gateway.records]);
    expect(auth.secrets.length).toBeGreaterThan(5);
    for (const secret of auth.secrets) expect(told).not.toContain(secret);
    for (const url of person.opened) {
      expect(told).not.toContain(new URL(url).searchParams.get('state'));
    }
  });

  it('of the gateway go neither to the server nor to its authorization server', async () => {
    const { auth, server, gateway } = await world();
    const session = await RawSession.open(gateway);
    await session.call('read_note');
    for (const { everything } of [auth, server].map((seen) => ({
      everything: seen.everything(),
    }))) {
      expect(everything).not.toContain(gateway.gateway.token);
      expect(everything).not.toContain(session.sessionId);
    }
  });
});

describe('a sign-in is stopped', () => {
  it.each([
    ['a page that is a file', 'file:///etc/passwd', /is not a web page/],
    ['a page without encryption', 'http://login.example/authorize', /is not encrypted/],
    ['a page with a command', 'https://login.example/$(touch%20pwned)', /characters that do not/],
    ['a page with a quote', "https://login.example/'x", /characters that do not/],
  ])('before %s is opened', async (_, endpoint, reason) => {
    const { person, gateway } = await world({
      auth: { metadata: { authorization_endpoint: endpoint } },
    });
    expect(await refusal(gateway)).toMatch(reason);
    expect(person.opened).toEqual([]);
  });

  it.each([
    ['a script', 'javascript:alert(1)'],
    ['a page with a line break', 'https://login.example/\nx'],
  ])('before %s is opened', async (_, endpoint) => {
    const metadata = { authorization_endpoint: endpoint };
    const { person, gateway } = await world({ auth: { metadata } });
    // The SDK does not take such metadata at all.
    expect(await refusal(gateway)).toMatch(/The sign-in failed/);
    expect(person.opened).toEqual([]);
  });

  it.each([
    ['metadata', { metadataUrl: () => 'http://169.254.169.254/latest/meta-data' }],
    ['metadata', { metadataUrl: () => 'https://[::ffff:169.254.169.254]/' }],
    ['metadata', { metadataUrl: () => 'http://intranet.example/' }],
    ['authorization server', { issuers: () => ['https://169.254.169.254'] }],
    ['authorization server', { issuers: () => ['https://0.0.0.0:9200'] }],
  ])('when the %s leads where nobody signs in: %#', async (_, server) => {
    const { person, gateway } = await world({ server });
    expect(await refusal(gateway)).toMatch(/Its sign-in leads to an address that is/);
    expect(person.opened).toEqual([]);
  });

  it.each([
    ['registration', { registration_endpoint: 'https://169.254.169.254/register' }, 0],
    ['token', { token_endpoint: 'https://169.254.169.254/token' }, 1],
  ])('when the %s endpoint leads there', async (_, metadata, opened) => {
    const { person, gateway } = await world({ auth: { metadata } });
    expect(await refusal(gateway)).toMatch(/Its sign-in leads to an address that is reserved/);
    expect(person.opened).toHaveLength(opened);
  });

  it('when its metadata has moved to another server', async () => {
    const other = await started(new RecordingServer(() => [200, {}]));
    const location = `${other.origin}/metadata`;
    const moved = await started(new RecordingServer(() => [302, undefined, { location }]));
    const metadataUrl = (): string => `${moved.origin}/metadata`;
    const { person, gateway } = await world({ server: { metadataUrl } });
    expect(await refusal(gateway)).toMatch(/The sign-in failed/);
    expect(moved.pathsSeen()).toEqual(['GET /metadata']);
    expect(other.seen).toEqual([]);
    expect(person.opened).toEqual([]);
  });

  it('when the resource is another than the server', async () => {
    const { person, gateway } = await world({ server: { resource: 'https://bank.example/mcp' } });
    expect(await refusal(gateway)).toMatch(/The sign-in failed/);
    expect(person.opened).toEqual([]);
  });

  it('when another authorization server answers than the one that was asked', async () => {
    const { auth, gateway } = await world({ auth: { redirectIssuer: 'https://other.example' } });
    expect(await refusal(gateway)).toMatch(/Another authorization server answered/);
    expect(auth.pathsSeen()).not.toContain('POST /token');
  });
});
