import type { ExchangeKind } from '../../policy/vocabulary';
import type { Cancellation } from '../cancellation';
import { type Caller, type Hold, type Judgement, readToolCall, type ToolCall } from '../enforcer';
import type { Exchange } from '../exchange';
import {
  isObject,
  type JsonRpcNotification,
  type JsonRpcRequest,
  type JsonRpcResponse,
} from '../jsonRpc';
import { progressTokenOf } from '../messageFacts';
import { exchangeOf } from '../methods';
import { type ConnectionPins, serverChanged } from '../pins/connectionPins';
import type { SessionContext } from '../session';
import { reportWaiting } from '../waitingProgress';
import { Continuations } from './continuations';
import { inputRequestsIn, inputRequestsTold, kindsAnswered } from './inputRequests';
import { kindsListenedTo, withoutDenied } from './subscriptions';

export interface JudgedRequest {
  /** As it goes on to the server, under the id that its client chose. */
  request: JsonRpcRequest;
  readonly exchange: Exchange;
  readonly cancel: Cancellation;
  judgement: Judgement | undefined;
}

type Refused = Extract<Judgement, { forward: false }>;

/** Puts what one client asks before the policy, and what the server asks it back inside of results. */
export class StatelessJudge {
  private readonly continuations = new Continuations();
  private calls = 0;

  constructor(private readonly context: SessionContext & { readonly client: string }) {}

  /** `undefined` for what nobody has to decide about, a text for what is no request. */
  async judge(
    judged: JudgedRequest,
    pins: ConnectionPins | undefined,
  ): Promise<Judgement | string | undefined> {
    const judgement = (await this.unreviewed(judged, pins)) ?? (await this.byPolicy(judged));
    if (typeof judgement === 'string' || judgement?.forward === false) {
      return typeof judgement === 'string'
        ? judgement
        : this.context.enforcer.unlessHalted(judgement);
    }
    // The definition may have changed while the request was judged.
    const now = (await this.unreviewed(judged, pins)) ?? judgement;
    return now && this.context.enforcer.unlessHalted(now);
  }

  /** The refusal of what the person has not approved the definition of. */
  private async unreviewed(
    { request }: JudgedRequest,
    pins: ConnectionPins | undefined,
  ): Promise<Judgement | undefined> {
    const isStopped = (this.context.pins?.server ?? 'approved') !== 'approved';
    const refusal = isStopped ? serverChanged : await pins?.refusalOf(request);
    if (!refusal) return undefined;
    const call = request.method === 'tools/call' ? readToolCall(request.params) : undefined;
    const asRequest = { tool: request.method, arguments: request.params ?? {} };
    return this.context.enforcer.refuse(typeof call === 'object' ? call : asRequest, refusal);
  }

  /**
   * What the server asks inside of its answer: refused if any of it is, `unknown` if it is nothing
   * that a client could be asked. What a person allows is recorded here as well.
   */
  async judgeInputs(
    judged: JudgedRequest,
    response: JsonRpcResponse,
  ): Promise<Refused | 'unknown' | undefined> {
    const asked = inputRequestsIn(response);
    if (!asked) return 'unknown';
    const { enforcer, recorder } = this.context;
    const caller = this.caller();
    for (const { kind, method, params } of asked) {
      if (enforcer.accessTo(kind, caller).access === 'allow') continue;
      const startedAt = performance.now();
      const call = { tool: method, arguments: params };
      const judgement = await this.held(judged, (hold) =>
        enforcer.judgeExchange(kind, call, caller, hold),
      );
      const durationMs = performance.now() - startedAt;
      const outcome = judgement.forward ? 'ok' : 'not_forwarded';
      recorder.record({ judgement, caller, durationMs, outcome });
      if (!judgement.forward) return judgement;
    }
    return undefined;
  }

  /** What has to be decided about first is asked for with `tasks/get`, and decided about there. */
  isFree(notification: JsonRpcNotification): boolean {
    const caller = this.caller();
    const { enforcer } = this.context;
    const asked = inputRequestsTold(notification);
    return asked?.every(({ kind }) => enforcer.accessTo(kind, caller).access === 'allow') === true;
  }

  /** Remembers a call that the client will send again with its answers. */
  interrupted({ request, judgement }: JudgedRequest, { result }: JsonRpcResponse): void {
    if (request.method !== 'tools/call' || !judgement || !isObject(result)) return;
    this.continuations.interrupted(request.params, result.requestState, judgement);
  }

  caller(): Caller {
    const { serverId, serverVersion, server, id, client } = this.context;
    const { policies, catalogue, counted, paths } = this.context;
    return {
      serverId,
      serverVersion,
      server,
      session: id,
      client,
      sessionCalls: this.calls,
      counted,
      policies,
      catalogue,
      paths,
    };
  }

  private async byPolicy(judged: JudgedRequest): Promise<Judgement | string | undefined> {
    const { enforcer } = this.context;
    const { request, cancel } = judged;
    const caller = this.caller();
    const accessTo = (kind: ExchangeKind) => enforcer.accessTo(kind, caller).access;
    const asRequest = { tool: request.method, arguments: request.params ?? {} };

    for (const kind of kindsAnswered(request.params?.inputResponses)) {
      if (accessTo(kind) !== 'deny') continue;
      return enforcer.judgeExchange(kind, asRequest, caller, { cancel, ...atOnce });
    }
    if (request.method === 'tools/call') {
      const call = readToolCall(request.params);
      return typeof call === 'string' ? call : this.judgeCall(judged, call, caller);
    }
    judged.request = withoutDenied(request, (kind) => accessTo(kind) === 'deny');
    const own = exchangeOf(request);
    for (const kind of own ? [own] : kindsListenedTo(judged.request)) {
      if (accessTo(kind) === 'allow') continue;
      const judgement = await this.held(judged, (hold) =>
        enforcer.judgeExchange(kind, asRequest, caller, hold),
      );
      if (!judgement.forward || own) return judgement;
    }
    return undefined;
  }

  private async judgeCall(
    judged: JudgedRequest,
    call: ToolCall,
    caller: Caller,
  ): Promise<Judgement> {
    const earlier = this.continuations.take(judged.request.params);
    if (!earlier) this.calls++;
    // Where the person has changed the arguments, the call that goes on is theirs.
    const isEdited = earlier?.forward === true && earlier.edited;
    const judgement = await this.held(judged, (hold) =>
      this.context.enforcer.judge(isEdited ? earlier.call : call, caller, hold, earlier),
    );
    return judgement.forward && isEdited ? { ...judgement, edited: true } : judgement;
  }

  /** Tells the client that it waits, while it does. */
  private async held(
    { request, exchange, cancel }: JudgedRequest,
    judge: (hold: Hold) => Judgement | Promise<Judgement>,
  ): Promise<Judgement> {
    const hearsProgress = progressTokenOf(request) !== undefined;
    const holdMs = this.context.holdMs(this.context.client, hearsProgress);
    let progress: NodeJS.Timeout | undefined;
    const onHold = (): void => {
      progress ??= reportWaiting(request, exchange);
    };
    try {
      return await judge({ cancel, holdMs, onHold });
    } finally {
      clearInterval(progress);
    }
  }
}

/** For what is refused without asking anybody. */
const atOnce = { holdMs: 0, onHold: (): void => {} };
