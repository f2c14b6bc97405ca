import { type PendingMessage, pendingMessages } from '@parley/client/optimistic';
import type { OutboxEntry } from '@parley/client/outbox-entry';
import { messageOf } from '@parley/client/selectors';
import type { RoomEntry } from '@parley/client/state';
import { useMemo } from 'react';
import { maySpeak } from '../../lib/permissions.ts';
import { useChat, useMe, useRoom, useRoomOutbox } from '../../sync/chat.tsx';

/** Everything the rows are drawn from. A new object whenever something of the room changed. */
export type TimelineModel = {
  readonly roomId: string;
  readonly me: string;
  readonly entry: RoomEntry | undefined;
  readonly first: number;
  readonly last: number;
  /** Messages in the log that this reader may see. */
  readonly rows: number;
  readonly pending: readonly PendingMessage[];
  /** Commands on their way that change messages. */
  readonly changes: readonly OutboxEntry[];
  /** Rows, pending ones, and the end. */
  readonly count: number;
  readonly writable: boolean;
  readonly keyOf: (index: number) => string;
  readonly indexOf: (messageId: string) => number | undefined;
};

const noChanges: readonly OutboxEntry[] = [];

export function useTimelineModel(roomId: string): TimelineModel {
  const chat = useChat();
  const me = useMe();
  const entry = useRoom(roomId);
  const outbox = useRoomOutbox(roomId);
  return useMemo(() => {
    const first = entry?.room.firstOrdinal ?? 1;
    const last = entry?.room.ordinal ?? 0;
    const rows = Math.max(0, last - first + 1);
    const pending = outbox.length === 0 ? [] : pendingMessages(chat.state.getSnapshot(), roomId);
    const targeted = outbox.filter(({ command }) => 'target' in command);
    const keyOf = (index: number): string => {
      if (index < rows) return (entry && messageOf(entry, first + index)?.messageId) ?? `o${first + index}`;
      return pending[index - rows]?.key ?? 'end';
    };
    return {
      roomId, me, entry, first, last, rows, pending, changes: targeted.length === 0 ? noChanges : targeted, count: rows + pending.length + 1, writable: entry !== undefined && maySpeak(entry.room), keyOf,
      indexOf: (messageId) => {
        const loaded = entry?.pages.flatMap((page) => page.messages).find((message) => message?.messageId === messageId);
        return loaded && loaded.ordinal - first;
      },
    };
  }, [chat, roomId, me, entry, outbox]);
}
