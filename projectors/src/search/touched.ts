import type { StoredEvent } from '@parley/contracts/envelope/commit';
import { messageEvents, messagePosted } from '@parley/contracts/messages/events';
import { roomDeleted } from '@parley/contracts/rooms/events';
import { upcast } from '@parley/contracts/registry/events';
import { aggregateOfSubject } from '@parley/contracts/wire/subjects';
import { decodeCommit } from '@parley/kernel/event-store/commit-codec';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';

/** What commits changed, as far as search goes: messages by room and number, and rooms that are gone. */
export type Touched = { readonly messages: ReadonlyMap<string, ReadonlySet<number>>; readonly goneRooms: readonly string[] };

const ofMessages: ReadonlySet<string> = new Set(messageEvents.map(({ type }) => type));

/**
 * Reads which messages the events of a batch name; what they say is read from the rows. Nothing is checked here: of a
 * commit that cannot be read or applied the rows' own projection makes no row.
 */
export function touchedBy(batch: readonly StreamMessage[]): Touched {
  const messages = new Map<string, Set<number>>();
  const goneRooms: string[] = [];
  for (const message of batch) {
    const { id, n: firstN, events } = readRoomCommit(message) ?? nothing;
    for (const [index, { type, data }] of events.entries()) {
      if (type === roomDeleted.type) goneRooms.push(id);
      if (!ofMessages.has(type)) continue;
      const n = type === messagePosted.type ? firstN + index : data['targetN'];
      if (!Number.isSafeInteger(n)) continue;
      let numbers = messages.get(id);
      if (!numbers) messages.set(id, (numbers = new Set()));
      numbers.add(n as number);
    }
  }
  return { messages, goneRooms };
}

type RoomCommit = { readonly id: string; readonly n: number; readonly events: readonly StoredEvent[] };
const nothing: RoomCommit = { id: '', n: 0, events: [] };

function readRoomCommit({ subject, bytes }: StreamMessage): RoomCommit | undefined {
  const aggregate = aggregateOfSubject(subject);
  if (aggregate?.kind !== 'room') return undefined;
  try {
    const { n, events } = decodeCommit(bytes);
    return { id: aggregate.id, n, events: events.map(upcast) };
  } catch {
    return undefined;
  }
}
