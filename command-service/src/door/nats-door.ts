import type { Msg, Subscription } from '@nats-io/transport-node';
import { commandDeadlineMs } from '@parley/contracts/envelope/limits';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import { commandDefinition } from '@parley/contracts/registry/commands';
import { type AskReply, type CommandReply, CommandRequest } from '@parley/contracts/wire/command-request';
import { traceparentHeader } from '@parley/contracts/wire/subjects';
import type { NatsConnection } from '@parley/kernel/nats/connect';
import { logger } from '@parley/kernel/telemetry/log';
import { withSpan } from '@parley/kernel/telemetry/trace';
import { commandAnswered, requestTurnedAway } from '../telemetry.ts';
import type { Desk } from './desk.ts';

export type DoorNeeds = {
  readonly nc: NatsConnection;
  readonly instance: string;
  readonly desk: Desk;
  readonly answerQuestion: (input: unknown) => Promise<AskReply>;
  /** Requests in hand at most; past it, `overloaded` at once. */
  readonly inFlightMax?: number;
  readonly inFlightBytesMax?: number;
};

export type NatsDoor = {
  readonly inFlight: number;
  /** Resolves when the server knows that somebody listens here. */
  opened(): Promise<void>;
  /** Takes nothing more, and resolves when everything in hand is answered or `withinMs` is over. */
  close(withinMs: number): Promise<void>;
};

const inFlightMaxDefault = 16_384;
const inFlightBytesMaxDefault = 64 * 1024 * 1024;
const retryAfterMs = 250;
/** The engine answers at the deadline; what it cannot see (keys, look-ups) is answered here a moment later. */
const lateMs = 250;
const sweepEveryMs = 250;

type InHand = { readonly message: Msg; readonly deadline: number; readonly bytes: number; readonly since: number; readonly what: string; settled: boolean };

/** Commands and questions as NATS requests to this instance, on `cmd.<instance>.*` and `ask.<instance>.*`. */
export function openNatsDoor(needs: DoorNeeds): NatsDoor {
  return new Door(needs);
}

class Door implements NatsDoor {
  readonly #needs: DoorNeeds;
  readonly #inHand = new Set<InHand>();
  readonly #subscriptions: readonly Subscription[];
  readonly #sweeper: NodeJS.Timeout;
  #bytes = 0;
  #onEmpty: (() => void) | undefined;

  constructor(needs: DoorNeeds) {
    this.#needs = needs;
    const { nc, instance } = needs;
    this.#subscriptions = [
      nc.subscribe(`cmd.${instance}.*`, { callback: (error, message) => this.#take(error, message, (each) => this.#command(each)) }),
      nc.subscribe(`ask.${instance}.*`, { callback: (error, message) => this.#take(error, message, (each) => this.#question(each)) }),
    ];
    this.#sweeper = setInterval(() => this.#sweep(), sweepEveryMs);
  }

  get inFlight(): number {
    return this.#inHand.size;
  }

  async opened(): Promise<void> {
    await this.#needs.nc.flush();
  }

  async close(withinMs: number): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (this.#inHand.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        timer = setTimeout(resolve, withinMs);
      });
      clearTimeout(timer);
    }
    clearInterval(this.#sweeper);
  }

  #take(error: Error | null, message: Msg, go: (message: Msg) => void): void {
    if (error) {
      logger('command-service').warn({ err: error }, 'a subscription failed');
      return;
    }
    const { inFlightMax = inFlightMaxDefault, inFlightBytesMax = inFlightBytesMaxDefault } = this.#needs;
    if (this.#inHand.size >= inFlightMax || this.#bytes + message.data.length > inFlightBytesMax) {
      requestTurnedAway('overloaded');
      respond(message, refusal(problem('overloaded', { retryAfterMs })));
      return;
    }
    go(message);
  }

  #command(message: Msg): void {
    const parsed = CommandRequest.safeParse(jsonOf(message));
    if (!parsed.success) {
      requestTurnedAway('malformed');
      respond(message, refusal(problem('malformed')));
      return;
    }
    const nowMs = Date.now();
    // Nobody's clock may keep a request here longer than any request is waited for.
    const request = { ...parsed.data, deadline: Math.min(parsed.data.deadline, nowMs + commandDeadlineMs) };
    if (request.deadline <= nowMs) {
      requestTurnedAway('late');
      respond(message, refusal(problem('timeout')));
      return;
    }
    const what = typeOf(request.command);
    const inHand = this.#hold(message, request.deadline, what);
    const parent = message.headers?.get(traceparentHeader);
    const attributes = { 'parley.command': what };
    this.#settleWith(inHand, withSpan('decide', parent ? { parent, attributes } : { attributes }, () => this.#needs.desk.handle(request)));
  }

  #question(message: Msg): void {
    const inHand = this.#hold(message, Date.now() + commandDeadlineMs, 'ask');
    this.#settleWith(inHand, this.#needs.answerQuestion(jsonOf(message)));
  }

  #hold(message: Msg, deadline: number, what: string): InHand {
    const inHand: InHand = { message, deadline, bytes: message.data.length, since: performance.now(), what, settled: false };
    this.#inHand.add(inHand);
    this.#bytes += inHand.bytes;
    return inHand;
  }

  #settleWith(inHand: InHand, answer: Promise<CommandReply | AskReply>): void {
    answer.then(
      (reply) => this.#settle(inHand, reply),
      (error: unknown) => {
        logger('command-service').error({ err: error, what: inHand.what }, 'a request failed');
        this.#settle(inHand, refusal(problem('internal')));
      },
    );
  }

  #settle(inHand: InHand, reply: CommandReply | AskReply): void {
    if (inHand.settled) return;
    inHand.settled = true;
    this.#inHand.delete(inHand);
    this.#bytes -= inHand.bytes;
    respond(inHand.message, reply);
    if (inHand.what !== 'ask') commandAnswered(inHand.what, outcomeOf(reply), performance.now() - inHand.since);
    if (this.#inHand.size === 0) this.#onEmpty?.();
  }

  #sweep(): void {
    const nowMs = Date.now() - lateMs;
    for (const inHand of this.#inHand) if (inHand.deadline < nowMs) this.#settle(inHand, refusal(problem('timeout')));
  }
}

const refusal = (because: Problem): { readonly ok: false; readonly problem: Problem } => ({ ok: false, problem: because });

function outcomeOf(reply: CommandReply | AskReply): string {
  if (!reply.ok) return reply.problem.code;
  if ('repeated' in reply) return 'repeated';
  return 'events' in reply && reply.events === 0 ? 'no-op' : 'ok';
}

function respond(message: Msg, reply: CommandReply | AskReply): void {
  try {
    message.respond(JSON.stringify(reply));
  } catch (error) {
    // The connection is gone, and with it whoever asked; they repeat under the same id.
    logger('command-service').debug({ err: error }, 'an answer could not be sent');
  }
}

function jsonOf(message: Msg): unknown {
  try {
    return JSON.parse(message.string());
  } catch {
    return undefined;
  }
}

/** A label for metrics: only commands there are, so that nobody makes series at will. */
function typeOf(command: unknown): string {
  const type = typeof command === 'object' && command !== null ? (command as { readonly type?: unknown }).type : undefined;
  return typeof type === 'string' && commandDefinition(type) ? type : 'none';
}
