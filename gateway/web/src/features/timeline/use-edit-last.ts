import { pendingMessages, withPending } from '@parley/client/optimistic';
import { messageOf } from '@parley/client/selectors';
import type { ClientState } from '@parley/client/state';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { useChat, useRoomOutbox } from '../../sync/chat.tsx';
import type { ComposerHandle } from '../composer/composer.tsx';
import type { ComposerMode } from '../composer/composer-model.ts';

/** Own messages that are looked at, from the newest back. */
const editableWithin = 200;

/** What ArrowUp finds: something to edit now, a message that is still under way, or nothing. */
export type LastOwn = { readonly found: 'mode'; readonly mode: ComposerMode } | { readonly found: 'under-way' } | { readonly found: 'nothing' };

/**
 * The newest own message of a room as the eye sees it: the last one in the outbox before any in the log. One under way
 * has no place in the log yet, so it cannot be edited; to take the one before it instead would edit what nobody meant.
 */
export function lastOwn(state: ClientState, roomId: string): LastOwn {
  const pending = pendingMessages(state, roomId).at(-1);
  if (pending) return pending.state === 'failed' ? { found: 'mode', mode: { type: 'rewrite', key: pending.key, text: pending.text } } : { found: 'under-way' };
  const entry = state.rooms.get(roomId);
  if (!entry || state.me === null) return { found: 'nothing' };
  for (let ordinal = entry.room.ordinal; ordinal > Math.max(0, entry.room.ordinal - editableWithin); ordinal -= 1) {
    const loaded = messageOf(entry, ordinal);
    if (loaded?.author !== state.me) continue;
    const message = withPending(loaded, state.outbox, state.me);
    if (message.state === 'shown') return { found: 'mode', mode: { type: 'edit', message } };
  }
  return { found: 'nothing' };
}

/**
 * Begins to edit the last own message; answers whether there is one. While that message is under way the wish is kept
 * and granted on its confirmation, unless something was written or another thing begun meanwhile.
 */
export function useEditLast(roomId: string, mode: ComposerMode, setMode: (mode: ComposerMode) => void, composer: RefObject<ComposerHandle | null>): () => boolean {
  const chat = useChat();
  const outbox = useRoomOutbox(roomId);
  const wished = useRef(false);
  const begin = useCallback((): boolean => {
    const last = lastOwn(chat.state.getSnapshot(), roomId);
    wished.current = last.found === 'under-way';
    if (last.found === 'mode') setMode(last.mode);
    return last.found !== 'nothing';
  }, [chat, roomId, setMode]);
  const underWay = outbox.some(({ command, state }) => command.type === 'post-message' && state !== 'failed');
  useEffect(() => {
    if (!wished.current || underWay) return;
    if (mode.type === 'new' && composer.current?.isEmpty()) begin();
    else wished.current = false;
  }, [underWay, mode, composer, begin]);
  return begin;
}
