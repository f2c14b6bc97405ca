import { withPending } from '@parley/client/optimistic';
import { messageOf } from '@parley/client/selectors';
import type { MessageView } from '@parley/contracts/queries/views';
import { type RefObject, useMemo } from 'react';
import { currentWords } from '../../i18n/use-words.ts';
import { decodeMentions } from '../../lib/mention-text.ts';
import { mayPin, mayRedact } from '../../lib/permissions.ts';
import { rememberEmoji } from '../../lib/quick-emoji.ts';
import { useChat } from '../../sync/chat.tsx';
import type { ComposerMode } from '../composer/composer-model.ts';
import { attempt, notify, openDialog } from '../shell/ui-state.ts';
import type { MessageActions } from './actions.ts';
import type { Overlay } from './message-overlays.tsx';
import type { TimelineHandle } from './timeline.tsx';

type Parts = {
  readonly roomId: string; readonly me: string; readonly setMode: (mode: ComposerMode) => void; readonly setOverlay: (overlay: Overlay) => void; readonly timeline: RefObject<TimelineHandle | null>;
};
const targetOf = ({ messageId, n, seq }: MessageView) => ({ messageId, n, seq });

/** What can be done with the messages of a room: one object for the life of its view. */
export function useMessageActionsOf({ roomId, me, setMode, setOverlay, timeline }: Parts): MessageActions {
  const chat = useChat();
  return useMemo((): MessageActions => {
    const room = () => chat.state.getSnapshot().rooms.get(roomId)?.room;
    const fresh = (message: MessageView): MessageView => {
      const state = chat.state.getSnapshot();
      const entry = state.rooms.get(roomId);
      return withPending((entry && messageOf(entry, message.ordinal)) ?? message, state.outbox, me);
    };
    return {
      reply: (message) => setMode({ type: 'reply', to: message }),
      edit: (message) => setMode({ type: 'edit', message }),
      openPicker: (message, anchor) => setOverlay({ type: 'picker', message, anchor }),
      openMenu: (message, anchor) => setOverlay({ type: 'menu', message, anchor }),
      toggleReaction: (message, emoji) => {
        const mine = fresh(message).reactions.some((reaction) => reaction.emoji === emoji && (reaction.users as readonly string[]).includes(me));
        if (!mine) rememberEmoji(emoji);
        attempt(chat.send({ type: mine ? 'unreact' : 'react', roomId, target: targetOf(message), emoji }));
      },
      togglePin: (message) => {
        const seat = room();
        if (!seat || !mayPin(seat) || message.state !== 'shown') return;
        attempt(chat.send({ type: fresh(message).pinned ? 'unpin-message' : 'pin-message', roomId, target: targetOf(message) }));
      },
      redact: (message) => {
        const seat = room();
        if (!seat || !mayRedact(seat, message.author === me) || message.state === 'redacted') return;
        const words = currentWords();
        openDialog({
          type: 'confirm', title: words.dialog.redact, lead: words.dialog.redactLead, action: words.dialog.redactDo, danger: true,
          run: () => chat.send({ type: 'redact-message', roomId, target: targetOf(message) }),
        });
      },
      copyText: (message) => {
        const { users } = chat.state.getSnapshot();
        const { text } = decodeMentions(message.text ?? '', (userId) => users.get(userId)?.name ?? undefined);
        attempt(navigator.clipboard.writeText(text), () => notify(currentWords().row.copied));
      },
      copyLink: (message) => attempt(navigator.clipboard.writeText(`${location.origin}/rooms/${roomId}/${message.ordinal}`), () => notify(currentWords().row.copied)),
      jumpTo: (target) => timeline.current?.jumpTo(target),
      rewrite: (key, text) => setMode({ type: 'rewrite', key, text }),
    };
  }, [chat, roomId, me, setMode, setOverlay, timeline]);
}
