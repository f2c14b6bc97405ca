import type { StoredEvent } from '../envelope/commit.ts';
import { messagePosted } from './events.ts';

/** v1 posts knew no mentions, and their author was always the caller. */
export function upcastMessagePosted(stored: StoredEvent): StoredEvent {
  if (stored.type !== messagePosted.type || stored.v !== 1) return stored;
  return { ...stored, v: 2, data: { ...stored.data, author: stored.data['author'] ?? stored.by, mentions: [] } };
}
