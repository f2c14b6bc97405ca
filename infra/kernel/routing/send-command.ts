import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import type { AggregateRef } from '@parley/contracts/envelope/commit';
import { commandDeadlineMs } from '@parley/contracts/envelope/limits';
import { problem, type Problem } from '@parley/contracts/problems/codes';
import type { AskReply, AskRequest, CommandReply, CommandRequest } from '@parley/contracts/wire/command-request';
import { partitionOf } from '@parley/contracts/wire/partition';
import { askSubject, commandSubject, traceparentHeader } from '@parley/contracts/wire/subjects';
import { isNobody, ReplyInbox } from '../nats/reply-inbox.ts';
import { currentTraceparent } from '../telemetry/trace.ts';
import type { MembersView } from './members-view.ts';
import { ownersOf } from './rendezvous.ts';

export type SendOptions = {
  /** How long one instance may be silent before the next is asked; 1.5 s, for readers 7 s, whose commits are at least 5 s apart. */
  readonly silenceMs?: number;
};

export type CommandSender = {
  /**
   * Sends a command to the instance that owns its aggregate and returns the answer. No responder, or silence, and the
   * next owner gets the same command under the same id, which is harmless, until `request.deadline` (ms since 1970).
   * Never throws: after the deadline the answer is the problem `timeout` (it may have been done), or `unavailable` if
   * it reached nobody.
   */
  send(request: CommandRequest, aggregate: AggregateRef, options?: SendOptions): Promise<CommandReply>;
  /** Asks the write model in the same way. `deadline` is 9 s from now unless told. */
  ask(request: AskRequest, aggregateId: string, options?: SendOptions & { readonly deadline?: number }): Promise<AskReply>;
};

type Wire = { readonly nc: NatsConnection; readonly replies: ReplyInbox };
type Failure = { readonly ok: false; readonly problem: Problem };

const silenceMsUsual = 1_500;
const silenceMsOfReaders = 7_000;
/** Pause before the same instances are asked again, and after an error of the connection. */
const pauseMs = 100;
/** With no member at all nobody takes anything: who asked is told instead of kept waiting. */
const nobodyMsMax = 1_500;

/** Sends commands over `nc` to the members that `view` shows. */
export function createCommandSender(nc: NatsConnection, view: MembersView): CommandSender {
  const wire: Wire = { nc, replies: new ReplyInbox(nc) };
  return {
    send: (request, aggregate, { silenceMs = aggregate.kind === 'reader' ? silenceMsOfReaders : silenceMsUsual } = {}) =>
      deliver<CommandReply>(wire, view, {
        partition: partitionOf(aggregate.id),
        subjectFor: commandSubject,
        payload: JSON.stringify(request),
        deadline: request.deadline,
        silenceMs,
      }),
    ask: (request, aggregateId, { silenceMs = silenceMsUsual, deadline = Date.now() + commandDeadlineMs } = {}) =>
      deliver<AskReply>(wire, view, { partition: partitionOf(aggregateId), subjectFor: askSubject, payload: JSON.stringify(request), deadline, silenceMs }),
  };
}

type Delivery = {
  readonly partition: number;
  readonly subjectFor: (instance: string, partition: number) => string;
  readonly payload: string;
  readonly deadline: number;
  readonly silenceMs: number;
};

async function deliver<R extends { readonly ok: boolean }>(wire: Wire, view: MembersView, delivery: Delivery): Promise<R | Failure> {
  const tried = new Set<string>();
  let silenceMs = delivery.silenceMs;
  let reachedSomebody = false;
  let silentInRound = false;
  let nobodySinceMs: number | undefined;
  for (;;) {
    const leftMs = delivery.deadline - Date.now();
    nobodySinceMs = view.members().length > 0 ? undefined : (nobodySinceMs ?? performance.now());
    const isForsaken = nobodySinceMs !== undefined && performance.now() - nobodySinceMs > nobodyMsMax;
    if (leftMs <= 0 || isForsaken) return failure(reachedSomebody ? 'timeout' : 'unavailable');
    const owner = ownersOf(delivery.partition, view.members()).find((instance) => !tried.has(instance));
    if (owner === undefined) {
      // Everybody was asked, or nobody is there. Asking a slow one again and again would only make it slower.
      if (silentInRound) silenceMs *= 2;
      silentInRound = false;
      tried.clear();
      await view.changed(Math.min(pauseMs, leftMs));
      continue;
    }
    tried.add(owner);
    const result = await attempt<R>(wire, delivery, owner, Math.min(silenceMs, leftMs));
    if (typeof result === 'object') return result;
    if (result === 'closed') return failure('unavailable');
    if (result === 'too-large') return failure('too-large');
    if (result === 'silent') {
      reachedSomebody = true;
      silentInRound = true;
    }
    if (result === 'broken') await view.changed(Math.min(pauseMs, leftMs));
  }
}

type Outcome = 'nobody' | 'silent' | 'broken' | 'closed' | 'too-large';

async function attempt<R extends { readonly ok: boolean }>({ nc, replies }: Wire, delivery: Delivery, owner: string, timeoutMs: number): Promise<R | Failure | Outcome> {
  if (nc.isClosed()) return 'closed';
  if (Buffer.byteLength(delivery.payload) > (nc.info?.max_payload ?? Infinity)) return 'too-large';
  let sent;
  try {
    sent = replies.publish(delivery.subjectFor(owner, delivery.partition), delivery.payload, timeoutMs, traceHeaders());
  } catch {
    return nc.isClosed() ? 'closed' : 'broken';
  }
  const answer = await sent;
  if (!answer) return nc.isClosed() ? 'closed' : 'silent';
  return isNobody(answer) ? 'nobody' : (read(answer.string()) as R | Failure);
}

function traceHeaders(): MsgHdrs | undefined {
  const traceparent = currentTraceparent();
  if (traceparent === undefined) return undefined;
  const all = headers();
  all.set(traceparentHeader, traceparent);
  return all;
}

function read(text: string): { readonly ok: boolean } {
  try {
    const reply = JSON.parse(text) as { readonly ok: boolean } | null;
    if (typeof reply?.ok === 'boolean') return reply;
  } catch {
    // Not JSON: told below.
  }
  return failure('internal');
}

const failure = (code: Problem['code']): Failure => ({ ok: false, problem: problem(code) });
