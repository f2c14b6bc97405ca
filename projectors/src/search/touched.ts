import { messageEvents, messagePosted } from '@parley/contracts/messages/events';
import { roomDeleted } from '@parley/contracts/rooms/events';
import type { StreamMessage } from '@parley/kernel/event-store/read-stream';
import { readItem } from '../runner/read-items.ts';

/** What commits changed, as far as search goes: messages by room and number, and rooms that are gone. */
export type Touched = { readonly messages: ReadonlyMap<string, ReadonlySet<number>>; readonly goneRooms: readonly string[] };

const kinds = ['room'];
const ofMessages: ReadonlySet<string> = new Set(messageEvents.map(({ type }) => type));

/**
 * Reads which messages the events of a batch name; what they say is read from the rows. Commits that cannot be read
 * name nothing: the rows' own projection sets them aside or stops at them.
 */
export function touchedBy(batch: readonly StreamMessage[]): Touched {
  const messages = new Map<string, Set<number>>();
  const goneRooms: string[] = [];
  for (const message of batch) {
    const item = readItem(message, kinds);
    if (item?.what !== 'commit') continue;
    const { id } = item.aggregate;
    item.events.forEach(({ type, data }, index) => {
      if (type === roomDeleted.type) goneRooms.push(id);
      if (!ofMessages.has(type)) return;
      const n = type === messagePosted.type ? item.commit.n + index : (data as { targetN: number }).targetN;
      let numbers = messages.get(id);
      if (!numbers) messages.set(id, (numbers = new Set()));
      numbers.add(n);
    });
  }
  return { messages, goneRooms };
}
