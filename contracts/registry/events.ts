import type { StoredEvent } from '../envelope/commit.ts';
import type { EventDefinition } from '../envelope/define.ts';
import { claimEvents } from '../claims/events.ts';
import { messageEvents } from '../messages/events.ts';
import { upcastMessagePosted } from '../messages/upcast.ts';
import { readerEvents } from '../readers/events.ts';
import { roomEvents } from '../rooms/events.ts';
import { upcastRoomCreated } from '../rooms/upcast.ts';
import { userEvents } from '../users/events.ts';

/** Every event of the log. */
export const events: readonly EventDefinition[] = [...roomEvents, ...messageEvents, ...readerEvents, ...userEvents, ...claimEvents];
const byType = new Map(events.map((definition) => [definition.type, definition]));

export const eventDefinition = (type: string): EventDefinition | undefined => byType.get(type);

/** An event that this build cannot read: a newer release wrote it. Never skipped by what decides or projects. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
  readonly type: string;
  readonly version: number;
  constructor(type: string, version: number) {
    super(`event ${type} v${version} is newer than this build`);
    this.type = type;
    this.version = version;
  }
}

/** Brings a stored event to its newest shape. Throws UnknownEvent for a type or version that this build does not know. */
export function upcast(stored: StoredEvent): StoredEvent {
  const definition = byType.get(stored.type);
  if (!definition) throw new UnknownEvent(stored.type, stored.v);
  if (stored.v === definition.v) return stored;
  const raised = upcastMessagePosted(upcastRoomCreated(stored));
  if (raised.v !== definition.v) throw new UnknownEvent(stored.type, stored.v);
  return raised;
}

