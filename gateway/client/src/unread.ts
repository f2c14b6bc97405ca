import type { MessageView } from '@parley/contracts/queries/views';
import { messageAt } from './pages.ts';
import { type Page, unreadMax } from './state.ts';

export type Unread = { readonly unread: number; readonly mentions: number };

/** Whether a message counts as unread for a person who has read up to event `marker`. */
export function isUnread(message: MessageView, me: string | null, marker: number): boolean {
  return message.n > marker && message.author !== me && message.state !== 'redacted';
}

export const mentionsMe = (message: MessageView, me: string | null): boolean => me !== null && (message.mentions as readonly string[]).includes(me);

/**
 * Counts from the newest message back to the marker, as the query side does; undefined where a message on the way is
 * not loaded, because then only the query side knows. Looks at no more than it takes to reach the cap.
 */
export function countUnread(pages: readonly Page[], me: string | null, range: { readonly marker: number; readonly firstOrdinal: number; readonly ordinal: number; readonly n: number }): Unread | undefined {
  let unread = 0;
  let mentions = 0;
  for (let ordinal = range.ordinal; ordinal >= Math.max(1, range.firstOrdinal); ordinal -= 1) {
    const message = messageAt(pages, ordinal);
    // A page that was read ahead of the frames holds changes that the counts will meet again.
    if (!message || message.revision > range.n) return undefined;
    if (message.n <= range.marker) break;
    if (!isUnread(message, me, range.marker)) continue;
    unread += 1;
    if (mentionsMe(message, me)) mentions += 1;
    // At the cap, how many mentions there are below it cannot be told from here.
    if (unread === unreadMax) return undefined;
  }
  return { unread, mentions };
}
