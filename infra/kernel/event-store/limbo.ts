import type { Pending } from './pending.ts';

const limboIdsMax = 10_000;

/**
 * Commands that were in an append of unknown outcome. As long as the head has not moved, that append may still land,
 * whatever a reading shows: so none of them, not even repeated, may be told that nothing happened. Once the head has
 * moved its expectation can never hold again.
 */
export class Limbo {
  readonly #ids = new Set<string>();
  #expectedSeq = 0;

  get isEmpty(): boolean {
    return this.#ids.size === 0;
  }

  /** The append of these expected `expectedSeq` as the head. */
  add(entries: readonly Pending[], expectedSeq: number): void {
    this.#expectedSeq = expectedSeq;
    for (const { command, verdict } of entries) if (command && verdict === 'events') this.#ids.add(command.id);
    // Beyond the bound the oldest go: their appends are the least likely still to be on their way.
    for (const id of this.#ids) {
      if (this.#ids.size <= limboIdsMax) break;
      this.#ids.delete(id);
    }
  }

  has({ command }: Pending): boolean {
    return command !== undefined && this.#ids.size > 0 && this.#ids.has(command.id);
  }

  /** The head is known to be at `seq`. */
  headAt(seq: number): void {
    if (this.#ids.size > 0 && seq > this.#expectedSeq) this.#ids.clear();
  }
}
