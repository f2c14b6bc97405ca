import { messageByN } from '@parley/client/pages';
import type { MessageView } from '@parley/contracts/queries/views';
import { useEffect, useState } from 'react';
import { Lru } from '../../lib/lru.ts';
import { useChat, useRoom } from '../../sync/chat.tsx';

const fetchedMax = 200;
/** Quoted messages that were asked for singly; null where it does not exist for this reader. */
const fetched = new Lru<string, { readonly message: MessageView | null }>(fetchedMax);

/** The message that a reply quotes: from what is loaded, else asked for once. Undefined while on its way. */
export function useQuoted(roomId: string, target: { readonly messageId: string; readonly n: number }): MessageView | null | undefined {
  const chat = useChat();
  const entry = useRoom(roomId);
  const loaded = entry && messageByN(entry.pages, target.n);
  const key = `${roomId}/${target.messageId}`;
  const [, redraw] = useState(0);
  const known = loaded ?? fetched.get(key)?.message;
  const wanted = known === undefined;
  useEffect(() => {
    if (!wanted) return undefined;
    let alive = true;
    const keep = (message: MessageView | null): void => {
      fetched.set(key, { message });
      if (alive) redraw((count) => count + 1);
    };
    chat.queries.message({ roomId, messageId: target.messageId }).then(({ data }) => keep(data.message), () => keep(null));
    return () => {
      alive = false;
    };
  }, [wanted, key, chat, roomId, target.messageId]);
  return known;
}
