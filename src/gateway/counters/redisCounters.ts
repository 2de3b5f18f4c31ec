import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { amountText, parseAmount } from './amount';
import { type CheckedCharge, checkedCharges } from './checkedCharges';
import {
  type Charge,
  type ChargeResult,
  type CounterStore,
  CountersUnavailable,
} from './counterStore';
import { chargeScript, releaseScript } from './redisScripts';
import { SlidingCounter } from './slidingCounter';
import { refusedBy } from './windowCounters';

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
 * `appendfsync always` none. All keys of a namespace lie in one slot of a cluster.
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
    if (answer[0] !== 1) return refusalIn(answer, checked);
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
    const options = { keys, arguments: args };
    const work = async (): Promise<unknown> => {
      const connection = await this.#connected();
      try {
        return await connection.evalSha(script.sha, options);
      } catch (error) {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return connection.eval(script.text, options);
      }
    };
    try {
      return await within(timeoutMs, work());
    } catch (error) {
      if (error instanceof CountersUnavailable) throw error;
      // A connection that no answer comes from may stay silent for long: begin with a new one.
      if (error instanceof NoAnswer) this.#failed(error);
      throw this.#unavailable(reasonOf(error));
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
    // Loaded here, since few people use it.
    const { createClient } = await import('@redis/client');
    this.#connection?.destroyQuietly;
    const client = createClient({
      url: this.#address,
      disableOfflineQueue: true,
      RESP: 2,
      socket: { connectTimeout: timeoutMs, reconnectStrategy: false },
    });
    return client as unknown as Connection;
  }
}
