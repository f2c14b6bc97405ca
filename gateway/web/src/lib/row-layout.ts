import type { MessageView, NoteView } from '@parley/contracts/queries/views';
import { dayKey } from './days.ts';

/** Messages of one author this close together share one heading. */
export const groupedMsMax = 5 * 60_000;

/** When a message was said: elsewhere, for imported ones. */
export const saidAt = (message: Pick<MessageView, 'at' | 'sentAt'>): string => message.sentAt ?? message.at;

export type RowLayout = {
  /** A date divider stands above. */
  readonly day: boolean;
  /** The divider of what is new stands above. */
  readonly unread: boolean;
  /** No avatar and name: it continues the message above. */
  readonly grouped: boolean;
};

/**
 * What stands above a message and whether it continues the one before.
 * `previous` is undefined where there is none or it is not loaded; `first` says that there is none.
 * `notes` are those that hang on this message; `unreadOrdinal` is the message under the divider of what is new.
 */
export function layoutRow(
  message: MessageView, previous: MessageView | undefined,
  options: { readonly first: boolean; readonly notes: readonly NoteView[]; readonly unreadOrdinal?: number | undefined; readonly zone?: string | undefined },
): RowLayout {
  const { first, notes, unreadOrdinal, zone } = options;
  const at = saidAt(message);
  const day = previous ? dayKey(saidAt(previous), zone) !== dayKey(at, zone) : first;
  const unread = unreadOrdinal === message.ordinal;
  const gapMs = previous ? Date.parse(at) - Date.parse(saidAt(previous)) : Number.POSITIVE_INFINITY;
  const grouped =
    previous !== undefined && !day && !unread && notes.length === 0 && message.replyTo === null &&
    previous.author === message.author && gapMs >= 0 && gapMs <= groupedMsMax;
  return { day, unread, grouped };
}
