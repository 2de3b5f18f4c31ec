import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { amountText, parseSum } from './amount';
import { type CheckedCharge, checkedCharges } from './checkedCharges';
import {
  type Charge,
  type ChargeResult,
  type CounterStore,
  CountersUnavailable,
} from './counterStore';
import { chargeScript, releaseScript } from './redisScripts';
import { refusalOf } from './windowCounters';

/** As much of a connection as is used here. */
interface Connection {
  readonly isReady: boolean;
  evalSha(sha: string, options: ScriptOptions): Promise<unknown>;
  eval(script: string, options: ScriptOptions): Promise<unknown>;
  destroy(): void;
}

interface ScriptOptions {
  keys: string[];
  arguments: string[];
}

interface Script {
  readonly text: string;
  readonly sha: string;
}

const timeoutMs = 1000;
const firstPauseMs = 100;
const longestPauseMs = 2000;

const charging = scriptOf(chargeScript);
const releasing = scriptOf(releaseScript);

/**
 * Counters in Redis, for limits that span machines. Time is the server's. Counts last as well as
 * that server keeps its data: with its default settings a crash may lose the latest, with
 * `appendfsync always` none, and an eviction policy other than `noeviction` may drop counters. All
 * keys of a namespace lie in one slot, so a cluster needs no more than a proxy in front of it.
 *
 * The address holds a password, so it is kept where nothing that prints an object finds it, and no
 * error of the client library, which may quote it, is passed on.
 */
export class RedisCounters implements CounterStore {
  readonly #address: string;
  readonly #server: string;
  readonly #namespace: string;
  #connecting: Promise<Connection> | undefined;
  #connection: Connection | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #pauseMs = firstPauseMs;
  #failure: { readonly until: number; readonly error: CountersUnavailable } | undefined;
  #disposed = false;

  /** Throws `RangeError` if `url` is not `redis://…` or `rediss://…`. Connects on first use. */
  constructor(url: string, namespace = 'counters') {
    this.#server = serverOf(url);
    this.#address = url;
    this.#namespace = namespace;
  }

  async charge(charges: readonly Charge[]): Promise<ChargeResult> {
    const checked = checkedCharges(charges);
    if (checked.length === 0) return { granted: true, release: async () => {} };
    const counters = checked.filter(({ repeats }) => !repeats);
    const keys = counters.map(({ key }) => this.#keyOf(key));
    const id = randomBytes(9).toString('base64url');
    const answer = await this.#run(charging, keys, [id, ...argumentsFor(checked, counters)]);
    if (!isAnswer(answer)) throw this.#unavailable('it gave an answer that makes no sense');
    if (answer[0] === 0) {
      const [, index, wait, sum] = answer;
      return refusalOf(checked[index]!, index, parseSum(sum), wait < 0 ? undefined : wait);
    }
    let released = false;
    return {
      granted: true,
      release: async () => {
        if (released) return;
        released = true;
        // Where it fails, the charge stays counted: nothing is spent twice.
        await this.#run(releasing, keys, [id]).catch(() => {});
      },
    };
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#drop();
  }

  [inspect.custom](): string {
    return `RedisCounters(${this.#server})`;
  }

  /** Always with a tag in braces, which is all that a cluster looks at to choose the slot. */
  #keyOf(key: string): string {
    return `{toolgate:${this.#namespace}}:${createHash('sha256').update(key).digest('hex')}`;
  }

  async #run(script: Script, keys: string[], args: string[]): Promise<unknown> {
    try {
      // Loaded here, since few people use it, and not within the time that a charge has.
      if (!this.#connection) await import('@redis/client');
      const work = this.#evaluate(script, { keys, arguments: args });
      return await within(timeoutMs, work, () => this.#heardAt);
    } catch (error) {
      if (error instanceof CountersUnavailable) throw error;
      const unavailable = this.#unavailable(reasonOf(error));
      // A connection that stays silent may do so for long; the next charge begins with a new one.
      if (error instanceof NoAnswer) this.#failed(unavailable);
      throw unavailable;
    }
  }

  async #evaluate(script: Script, options: ScriptOptions): Promise<unknown> {
    const connection = await this.#connected();
    try {
      return await connection.evalSha(script.sha, options);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await connection.eval(script.text, options);
    } finally {
      this.#heardAt = performance.now();
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#disposed) throw new CountersUnavailable('The counters are closed.');
    if (this.#connection?.isReady) return this.#connection;
    if (this.#failure && performance.now() < this.#failure.until) throw this.#failure.error;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Connection> {
    const { createClient } = await import('@redis/client');
    const client = createClient({
      url: this.#address,
      disableOfflineQueue: true,
      // Version 2 is what every server and proxy speaks.
      RESP: 2,
      maintNotifications: 'disabled',
      // A lost connection is opened again by the next charge, which then knows that it must wait.
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    });
    // Without a listener the process would end; what fails is told by the calls that fail.
    client.on('error', () => {});
    try {
      await within(timeoutMs, client.connect());
    } catch (error) {
      destroy(client);
      const unavailable = this.#unavailable(reasonOf(error));
      this.#failed(unavailable);
      throw unavailable;
    }
    if (this.#disposed) {
      destroy(client);
      throw new CountersUnavailable('The counters are closed.');
    }
    this.#connection = client;
    this.#failure = undefined;
    this.#pauseMs = firstPauseMs;
    return client;
  }

  /** For a while, doubled each time, charges fail at once. */
  #failed(error: CountersUnavailable): void {
    this.#drop();
    const now = performance.now();
    if (this.#failure && now < this.#failure.until) return;
    this.#failure = { until: now + this.#pauseMs, error };
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs);
  }

  #drop(): void {
    if (this.#connection) destroy(this.#connection);
    this.#connection = undefined;
  }

  #unavailable(reason: string): CountersUnavailable {
    return new CountersUnavailable(`The counters at ${this.#server} cannot be used: ${reason}.`);
  }
}

class NoAnswer extends Error {}

/** Fails when nothing came for so long; where many calls wait, the answers to others are a sign of life. */
async function within<T>(
  ms: number,
  work: Promise<T>,
  heardAt: () => number = () => Number.NEGATIVE_INFINITY,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const wait = (left: number): void => {
      timer = setTimeout(() => {
        const leftNow = heardAt() + ms - performance.now();
        if (leftNow > 0) wait(leftNow);
        else reject(new NoAnswer());
      }, left);
    };
    wait(ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Scheme, host and port: what may be shown. */
function serverOf(url: string): string {
  try {
    const { protocol, host, pathname, password, username } = new URL(url);
    decodeURIComponent(`${username}${password}`);
    if (/^rediss?:$/.test(protocol) && host !== '' && /^\/?\d*$/.test(pathname)) {
      return `${protocol}//${host}`;
    }
  } catch {
    // The error would quote the address.
  }
  throw new RangeError(
    'The address of the counters must be redis://host:port/database, or rediss:// for TLS.',
  );
}

function argumentsFor(
  checked: readonly CheckedCharge[],
  counters: readonly CheckedCharge[],
): string[] {
  const args: string[] = [];
  for (const { key, cost } of counters) {
    const windows = checked.filter((charge) => charge.key === key).map(({ windowMs }) => windowMs);
    args.push(amountText(cost), `${Math.max(...windows)}`);
  }
  for (const { key, windowMs, max } of checked) {
    const counter = counters.findIndex((one) => one.key === key) + 1;
    args.push(`${counter}`, `${windowMs}`, amountText(max));
  }
  return args;
}

type Answer =
  | readonly [granted: 1]
  | readonly [granted: 0, index: number, wait: number, sum: string];

function isAnswer(value: unknown): value is Answer {
  return Array.isArray(value) && (value[0] === 1 || (value[0] === 0 && value.length === 4));
}

/** Only codes: a message of the library or the server may quote what it was given. */
function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer) return 'no answer within a second';
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  const answer = /^[A-Z]+(?= )/.exec(String(message))?.[0];
  return answer === undefined ? 'the connection was lost' : `it answered ${answer}`;
}

function destroy(connection: Pick<Connection, 'destroy'>): void {
  try {
    connection.destroy();
  } catch {
    // It was closed already.
  }
}

function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
