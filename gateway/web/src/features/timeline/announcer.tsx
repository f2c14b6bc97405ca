import { messageOf } from '@parley/client/selectors';
import { useEffect, useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { plainText } from '../../lib/markdown.ts';
import { useMe, useNames, useRoom } from '../../sync/chat.tsx';

const charsMax = 150;
/** More than this many in this time become a count. */
const singlyMax = 3;
const collectMs = 2_000;

/** Speaks what others say in the open room. The one live region for messages: the timeline itself is silent, or it would read out history. */
export function Announcer({ roomId }: { readonly roomId: string }) {
  const words = useWords();
  const me = useMe();
  const nameOf = useNames();
  const entry = useRoom(roomId);
  const ordinal = entry?.room.ordinal ?? 0;
  const known = useRef(ordinal);
  const recent = useRef<number[]>([]);
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const from = known.current + 1;
    known.current = Math.max(known.current, ordinal);
    if (!entry || ordinal < from) return;
    const now = Date.now();
    recent.current = recent.current.filter((atMs) => now - atMs < collectMs);
    let text = '';
    for (let each = from; each <= ordinal; each += 1) {
      const message = messageOf(entry, each);
      if (message?.author === me) continue;
      recent.current.push(now);
      if (message?.text) text = words.announce.message(nameOf(message.author), plainText(message.text, nameOf)).slice(0, charsMax);
    }
    if (recent.current.length > singlyMax) text = words.announce.many(recent.current.length);
    if (text) setSpoken(text);
  }, [ordinal, entry, me, nameOf, words]);
  return <div className="visually-hidden" role="status" aria-live="polite">{spoken}</div>;
}
