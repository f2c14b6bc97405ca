import type { AggregateRef, Position } from '@parley/contracts/envelope/commit';
import { type Problem, problem, type ProblemCode } from '@parley/contracts/problems/codes';
import type { CommandReply } from '@parley/contracts/wire/command-request';
import { streamOf } from '@parley/contracts/wire/partition';
import type { Confirmed } from './confirmed.ts';
import { Limbo } from './limbo.ts';
import type { AggregateObserver } from './observer.ts';
import type { Pending } from './pending.ts';
import type { RememberedCommand } from './remembered-commands.ts';
import type { Turn } from './turn.ts';

/** How long a client should wait before it repeats a command that met a passing trouble. */
export const retryAfterMs = 250;

/**
 * The one place where an aggregate's commands are answered, each once. It holds back every word of "nothing
 * happened" while an append of unknown outcome may still land.
 */
export class Answers {
  readonly limbo = new Limbo();
  epoch = '';
  readonly #ref: AggregateRef;
  readonly #stream: string;
  readonly #observer: AggregateObserver;
  readonly #onQueued: (change: 1 | -1) => void;

  constructor(ref: AggregateRef, observer: AggregateObserver, onQueued: (change: 1 | -1) => void) {
    this.#ref = ref;
    this.#stream = streamOf(ref);
    this.#observer = observer;
    this.#onQueued = onQueued;
  }

  /** Answers all of a turn as it was decided; its commit is stored, or it needed none and the state is confirmed. */
  all(turn: Turn, { link }: Confirmed): void {
    const position = this.#positionOf(link.seq);
    const at = link.at === '' ? turn.at : link.at;
    for (const pending of turn.entries) if (!pending.settled) this.#one(pending, link.n, position, at);
  }

  #one(pending: Pending, lastN: number, position: Position, at: string): void {
    switch (pending.verdict) {
      case 'events':
        return this.#settle(pending, { ok: true, n: pending.n, events: pending.events, position, at }, 'ok');
      case 'same':
        return this.#settle(pending, { ok: true, n: pending.sameAs?.n ?? 0, events: pending.sameAs?.events ?? 0, position, at, repeated: true }, 'repeated');
      case 'known':
        return pending.known ? this.known(pending, pending.known) : this.refuse(pending, problem('internal'));
      case 'refused':
        return this.refuse(pending, pending.problem ?? problem('internal'));
      case 'no-op':
        // What may still land must not be told that it changed nothing.
        if (this.limbo.has(pending)) return this.refuse(pending, problem('outcome-unknown', { retryAfterMs }));
        return this.#settle(pending, { ok: true, n: lastN, events: 0, position, at }, 'no-op');
      case 'read':
        return this.#settle(pending, { ok: true, n: lastN, events: 0, position, at }, 'ok');
      case 'undecided':
        return this.refuse(pending, problem('internal'));
    }
  }

  /** The answer that the log holds for this command. If its own append brought it there, it is no repetition. */
  known(pending: Pending, { n, events, seq, at }: RememberedCommand): void {
    const reply = { ok: true, n, events, position: this.#positionOf(seq), at } as const;
    if (pending.attempted) this.#settle(pending, reply, 'ok');
    else this.#settle(pending, { ...reply, repeated: true }, 'repeated');
  }

  /** Answers from the log if the command is in it; false if it is not. */
  fromLog(pending: Pending, confirmed: Confirmed | undefined): boolean {
    const known = pending.command && confirmed?.remembered.lookup(pending.command.id);
    if (typeof known !== 'object' || !pending.isOf(known)) return false;
    this.known(pending, known);
    return true;
  }

  refuse(pending: Pending, because: Problem): void {
    const told = this.limbo.has(pending) ? problem('outcome-unknown', { retryAfterMs }) : because;
    this.#settle(pending, { ok: false, problem: told }, told.code);
  }

  #settle(pending: Pending, reply: CommandReply, code: 'ok' | 'no-op' | 'repeated' | ProblemCode): void {
    if (pending.settled) return;
    pending.settled = true;
    this.#onQueued(-1);
    if (pending.command) this.#observer.answered?.(this.#ref.kind, pending.command.type, code);
    pending.resolve(reply);
  }

  #positionOf(seq: number): Position {
    return { stream: this.#stream, seq, epoch: this.epoch };
  }
}
