import type { StoredEvent } from '@parley/contracts/envelope/commit';
import type { MessageId, UserId } from '@parley/contracts/ids';
import type { MessageTarget } from '@parley/contracts/messages/commands';
import { messagePosted } from '@parley/contracts/messages/events';
import { upcast } from '@parley/contracts/registry/events';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { EventLog } from '@parley/kernel/event-store/event-log';
import { LRUCache } from 'lru-cache';
import type { VerifiedTarget } from '../rooms/prepared.ts';

const targetsCachedMax = 20_000;

export type Targets = {
  /** The message that lies where the client says, or undefined. Throws LogUnavailable, UnknownEvent, CorruptCommit. */
  find(roomId: string, target: MessageTarget): Promise<VerifiedTarget | undefined>;
};

/**
 * Finds messages by their position in the log. Only what never changes is taken from there (author and number), so it
 * may be remembered; whether the message was redacted since is in the room's state, where the decision is made.
 */
export function createTargets(log: Pick<EventLog, 'readAt'>): Targets {
  const found = new LRUCache<string, VerifiedTarget>({ max: targetsCachedMax });
  return {
    async find(roomId, target) {
      const key = `${roomId} ${target.seq} ${target.n} ${target.messageId}`;
      const known = found.get(key);
      if (known) return known;
      const verified = await look(log, roomId, target);
      if (verified) found.set(key, verified);
      return verified;
    },
  };
}

async function look(log: Pick<EventLog, 'readAt'>, roomId: string, { messageId, n, seq }: MessageTarget): Promise<VerifiedTarget | undefined> {
  const stored = await log.readAt({ kind: 'room', id: roomId }, seq);
  if (!stored) return undefined;
  const commit = decodeCommit(stored.bytes);
  const event = commit.id === roomId ? commit.events[n - commit.n] : undefined;
  const author = event && authorOf(event, messageId);
  return author === undefined ? undefined : { messageId, n, author };
}

function authorOf(stored: StoredEvent, messageId: MessageId): UserId | undefined {
  if (stored.type !== messagePosted.type) return undefined;
  const { data } = upcast(stored);
  return data['messageId'] === messageId ? (data['author'] as UserId) : undefined;
}
