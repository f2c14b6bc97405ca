import type { StoredEvent } from '../envelope/commit.ts';
import { roomCreated } from './events.ts';

/** v1 rooms had no rule of history: everybody read everything. */
export function upcastRoomCreated(stored: StoredEvent): StoredEvent {
  if (stored.type !== roomCreated.type || stored.v !== 1) return stored;
  return { ...stored, v: 2, data: { ...stored.data, history: 'all' } };
}

/** What an old reader understands, for the time in which old and new releases run side by side. */
export function downcastRoomCreated(stored: StoredEvent): StoredEvent {
  if (stored.type !== roomCreated.type || stored.v !== 2 || stored.data['history'] !== 'all') return stored;
  const { history: _, ...data } = stored.data;
  return { ...stored, v: 1, data };
}
