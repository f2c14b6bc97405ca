import type { Commit } from '@parley/contracts/envelope/commit';
import * as users from '@parley/contracts/users/events';
import type { Started } from './registration.process.ts';

/** What a person's log left to be done: a name to be taken to its end, or one to be given back. */
export type Errand =
  | { readonly errand: 'finish'; readonly started: Started }
  | { readonly errand: 'release'; readonly userId: string; readonly claimId: string; readonly commandId: string; readonly atMs: number };

export type Waiting = { readonly errand: Errand; readonly stream: string; readonly seq: number; readonly dueAtMs: number };

const patienceMs = 5_000;

/**
 * Errands that the log of people has opened and not closed, by key. A pure fold over commits; running an errand closes
 * nothing here, only its events do, except for releases, which leave no trace in the person's log.
 */
export class Unfinished {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  fold(commit: Commit, stream: string, seq: number): void {
    const { id: userId, events } = commit;
    const atMs = Date.parse(commit.at);
    const open = (key: string, errand: Errand): void => {
      this.#waiting.set(key, { errand, stream, seq, dueAtMs: atMs + patienceMs });
    };
    for (const { type, data, commandId } of events) {
      const claimId = data['claimId'] as string;
      switch (type) {
        case users.registrationStarted.type:
        case users.renameStarted.type:
          open(`finish ${userId}`, { errand: 'finish', started: { what: type === users.renameStarted.type ? 'rename' : 'registration', userId, claimId, commandId, atMs } });
          break;
        case users.userRegistered.type:
          this.#waiting.delete(`finish ${userId}`);
          break;
        case users.userRenamed.type: {
          this.#waiting.delete(`finish ${userId}`);
          const released = data['releasedClaimId'] as string | undefined;
          if (released !== undefined) open(`release ${userId} ${released}`, { errand: 'release', userId, claimId: released, commandId, atMs });
          break;
        }
        case users.registrationRefused.type:
        case users.renameRefused.type:
          this.#waiting.delete(`finish ${userId}`);
          // The name may have been taken for this person after the refusal: a claim must not outlive what it was for.
          open(`release ${userId} ${claimId}`, { errand: 'release', userId, claimId, commandId, atMs });
          break;
        default:
          break;
      }
    }
  }

  due(nowMs: number, errandsMax: number): readonly (readonly [key: string, waiting: Waiting])[] {
    const found: (readonly [string, Waiting])[] = [];
    for (const entry of this.#waiting) {
      if (entry[1].dueAtMs <= nowMs) found.push(entry);
      if (found.length === errandsMax) break;
    }
    return found;
  }

  /** An errand was run: a release is over, a finish waits for its event or for another try. */
  ran(key: string, waiting: Waiting, isDone: boolean, againAtMs: number): void {
    if (this.#waiting.get(key) !== waiting) return;
    if (isDone) this.#waiting.delete(key);
    else this.#waiting.set(key, { ...waiting, dueAtMs: againAtMs });
  }

  /** Up to where a stream need not be read again. */
  settledSeq(stream: string, readSeq: number): number {
    let settled = readSeq;
    for (const waiting of this.#waiting.values()) if (waiting.stream === stream) settled = Math.min(settled, waiting.seq - 1);
    return settled;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
