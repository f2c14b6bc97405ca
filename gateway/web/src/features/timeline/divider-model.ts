import { messageOf } from '@parley/client/selectors';
import type { RoomEntry } from '@parley/client/state';

/** A line above the message at `ordinal`; cleared, it keeps its height. */
export type Divider = { readonly ordinal: number | undefined; readonly cleared: boolean };

/**
 * Where the line stands once another device has read up to event `marker`: above the first later message of others,
 * cleared where there is none, never further back. A place that is not loaded stays in doubt, so the line stops there.
 */
export function dividerAfter(divider: Divider, entry: RoomEntry, me: string, marker: number): Divider {
  if (divider.ordinal === undefined || divider.cleared) return divider;
  for (let ordinal = divider.ordinal; ordinal <= entry.room.ordinal; ordinal += 1) {
    const message = messageOf(entry, ordinal);
    const news = !message || (message.n > marker && message.author !== me && message.state !== 'redacted');
    if (news) return ordinal === divider.ordinal ? divider : { ordinal, cleared: false };
  }
  return { ordinal: divider.ordinal, cleared: true };
}
