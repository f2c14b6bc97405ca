import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { messageEdited, messageRedacted } from '@parley/contracts/messages/events';

/**
 * Which texts of rooms a later event took away (redaction) or replaced (edit): what members do not see any more is not
 * shown or matched by chance. Takes events of any number of rooms, each room's in order, to the log's head.
 */
export class RemovedTexts {
  readonly #removed = new Map<string, Set<number>>();
  readonly #edits = new Map<string, number[]>();

  take(roomId: string, n: number, { type, data }: Pick<StoredEvent, 'type' | 'data'>): void {
    if (type !== messageEdited.type && type !== messageRedacted.type) return;
    const target = data['targetN'] as number;
    const key = `${roomId} ${target}`;
    const removed = this.#removed.get(roomId) ?? new Set<number>();
    this.#removed.set(roomId, removed);
    removed.add(target);
    const edits = this.#edits.get(key) ?? [];
    for (const edit of edits) removed.add(edit);
    this.#edits.set(key, type === messageEdited.type ? [...edits, n] : edits);
  }

  has(roomId: string, n: number): boolean {
    return this.#removed.get(roomId)?.has(n) === true;
  }
}
