import { messageOf } from '@parley/client/selectors';
import type { RoomEntry } from '@parley/client/state';
import type { MessageView } from '@parley/contracts/queries/views';

/** How a count of unread messages comes about. Places are ordinals; the sum is `last − read − own − deleted = counted`. */
export type UnreadAccount = {
  readonly counted: readonly MessageView[];
  readonly last: number;
  /** Ordinal of the last message that the marker covers; one less than the first readable where it covers none. */
  readonly read: number;
  readonly own: number;
  readonly deleted: number;
  /** Ordinals that are not loaded yet, so that the account is not whole. */
  readonly missing: number;
};

/** Counts messages above event `marker` by the rule of the service: others', readable, not deleted. */
export function accountOf(entry: RoomEntry, me: string, marker: number): UnreadAccount {
  const counted: MessageView[] = [];
  let [own, deleted, missing] = [0, 0, 0];
  const first = Math.max(1, entry.room.firstOrdinal);
  let ordinal = entry.room.ordinal;
  for (; ordinal >= first; ordinal -= 1) {
    const message = messageOf(entry, ordinal);
    if (message && message.n <= marker) break;
    if (!message) missing += 1;
    else if (message.author === me) own += 1;
    else if (message.state === 'redacted') deleted += 1;
    else counted.push(message);
  }
  return { counted: counted.toReversed(), last: entry.room.ordinal, read: ordinal, own, deleted, missing };
}
