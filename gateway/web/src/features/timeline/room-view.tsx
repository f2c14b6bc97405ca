import { messageOf } from '@parley/client/selectors';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useWords } from '../../i18n/use-words.ts';
import { chordOf, inTextField } from '../../lib/keys.ts';
import { useSettings } from '../../i18n/settings.ts';
import { useChat, useMe, useRoom } from '../../sync/chat.tsx';
import { ErrorBoundary } from '../../ui/error-boundary.tsx';
import { Composer, type ComposerHandle } from '../composer/composer.tsx';
import type { ComposerMode } from '../composer/composer-model.ts';
import { TypingLine } from '../composer/typing-line.tsx';
import { ConnectionStrip } from '../connection/connection-strip.tsx';
import { coarsePointer } from '../shell/media.ts';
import { rememberEntry } from '../shell/entered.ts';
import { markRead } from '../shell/mark-read.ts';
import { showPane, useUi } from '../shell/ui-state.ts';
import { Announcer } from './announcer.tsx';
import { type MessageActions, MessageActionsContext } from './actions.ts';
import { MessageOverlays, type Overlay } from './message-overlays.tsx';
import { RoomHeader } from './room-header.tsx';
import { RoomLoading } from './room-loading.tsx';
import { Timeline, type TimelineHandle } from './timeline.tsx';
import { useEditLast } from './use-edit-last.ts';
import { useMessageActionsOf } from './use-message-actions.ts';
import { useOpening } from './use-opening.ts';

/** One room: header, conversation, composer. Made anew for each room. */
export function RoomView({ roomId, ordinal }: { readonly roomId: string; readonly ordinal: number | undefined }) {
  const chat = useChat();
  const me = useMe();
  const entry = useRoom(roomId);
  const words = useWords();
  const { opening, again } = useOpening(roomId, ordinal);
  const [mode, setMode] = useState<ComposerMode>({ type: 'new' });
  const [overlay, setOverlay] = useState<Overlay>();
  const timeline = useRef<TimelineHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const readingList = useSettings((settings) => settings.readingList);
  const ready = opening.phase === 'ready';

  useState(() => rememberEntry(chat, roomId));
  useEffect(() => {
    chat.openRooms([roomId]);
    chat.rooms.loadMembers(roomId).catch(() => undefined);
    return () => chat.openRooms([]);
  }, [chat, roomId]);
  useFirstFocus(ready, composer);
  usePermalink(ordinal, ready, timeline);

  const actions = useMessageActionsOf({ roomId, me, setMode, setOverlay, timeline });
  const keys = useTimelineKeys(roomId, actions, me);
  const editLast = useEditLast(roomId, mode, setMode, composer);
  const escape = useCallback(() => {
    if (timeline.current?.clearDivider()) return;
    const now = chat.state.getSnapshot().rooms.get(roomId);
    if (now && now.room.unread > 0) markRead(chat, roomId, now.n);
  }, [chat, roomId]);
  const sent = useCallback(() => {
    timeline.current?.clearDivider();
    timeline.current?.toEnd();
  }, []);
  if (!entry) return null;
  return (
    <MessageActionsContext value={actions}>
      <section className="room" aria-label={words.room.details} onKeyDown={(event) => {
        if (chordOf(event) !== 'shift+PageUp') {
          keys(event);
          return;
        }
        event.preventDefault();
        timeline.current?.toDivider();
      }}>
        <RoomHeader room={entry.room} />
        <div className="room-body">
          <ConnectionStrip />
          <ErrorBoundary resetKey={roomId}>
            {ready ? <Timeline key={String(readingList)} ref={timeline} roomId={roomId} opening={opening} editing={mode.type === 'edit' ? mode.message.messageId : undefined} /> : <RoomLoading opening={opening} onRetry={again} />}
          </ErrorBoundary>
        </div>
        <div className="room-foot">
          {entry.room.archived
            ? <p className="read-only">{words.room.archived}</p>
            : <Composer ref={composer} roomId={roomId} mode={mode} onMode={setMode} onSent={sent} onEditLast={editLast} onEscape={escape} />}
          <TypingLine roomId={roomId} />
        </div>
        <Announcer roomId={roomId} />
        {overlay && <MessageOverlays overlay={overlay} room={entry.room} onClose={() => setOverlay(undefined)} />}
      </section>
    </MessageActionsContext>
  );
}

/** A room that opens takes the focus to its composer; on a phone, where that would raise a keyboard, to its title. */
function useFirstFocus(ready: boolean, composer: React.RefObject<ComposerHandle | null>): void {
  const [cameFrom] = useState(() => document.activeElement);
  useEffect(() => {
    if (!ready) return;
    // Whoever has gone somewhere else meanwhile, or goes through what was found, stays there.
    const { activeElement } = document;
    if ((activeElement !== document.body && activeElement !== cameFrom) || activeElement?.closest('.side-pane')) return;
    if (coarsePointer()) document.querySelector<HTMLElement>('.room-header h1')?.focus({ preventScroll: true });
    else composer.current?.focus();
  }, [ready, cameFrom, composer]);
}

/** A link to a message of the open room is a jump. */
function usePermalink(ordinal: number | undefined, ready: boolean, timeline: React.RefObject<TimelineHandle | null>): void {
  const jumps = useUi((state) => state.jumps);
  // The one it was opened with is where it opens.
  const shown = useRef(`${ordinal}/${jumps}`);
  useEffect(() => {
    if (!ready || ordinal === undefined || shown.current === `${ordinal}/${jumps}`) return;
    shown.current = `${ordinal}/${jumps}`;
    timeline.current?.jumpToOrdinal(ordinal);
  }, [ordinal, jumps, ready, timeline]);
}

/** Single letters, only while a message is in focus. */
function useTimelineKeys(roomId: string, actions: MessageActions, me: string) {
  const chat = useChat();
  const [, navigate] = useLocation();
  return useMemo(() => (event: React.KeyboardEvent<HTMLElement>): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('article[data-ordinal]');
    if (!row || event.target !== row || inTextField(event.target)) return;
    const entry = chat.state.getSnapshot().rooms.get(roomId);
    const message = entry && messageOf(entry, Number(row.dataset['ordinal']));
    if (!message) return;
    const chord = chordOf(event);
    const anchor = new DOMRect(row.getBoundingClientRect().right - 120, row.getBoundingClientRect().top + 16, 0, 0);
    if (chord === 'shift+F10' || chord === 'ContextMenu') {
      event.preventDefault();
      actions.openMenu(message, anchor);
      return;
    }
    const writable = !entry.room.archived && message.state === 'shown';
    const run: Readonly<Record<string, (() => void) | undefined>> = {
      r: writable ? () => actions.reply(message) : undefined,
      e: writable && message.author === me ? () => actions.edit(message) : undefined,
      '+': writable ? () => actions.openPicker(message, anchor) : undefined,
      '=': writable ? () => actions.openPicker(message, anchor) : undefined,
      p: () => actions.togglePin(message),
      c: () => actions.copyLink(message),
      w: () => showPane('why'),
      Delete: () => actions.redact(message),
      Enter: () => actions.openMenu(message, anchor),
      Escape: () => document.querySelector<HTMLElement>('.composer textarea')?.focus(),
    };
    if (/^[a-z+=]$/u.test(chord) && !useSettings.getState().singleKeys) return;
    const action = run[chord];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
    // A permalink in the address belongs to the message that was opened by it, not to what is done now.
    if (location.pathname.split('/').length > 3) navigate(`/rooms/${roomId}`, { replace: true });
  }, [roomId, actions, me, chat, navigate]);
}
