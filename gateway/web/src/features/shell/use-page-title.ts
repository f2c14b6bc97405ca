import { useEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { useChatState, useRoomName } from '../../sync/chat.tsx';
import { countLabel } from '../rooms/room-list-model.ts';

/** Title and icon change at most this often, or a busy day would flicker in the tab. */
const everyMs = 1_000;

/** `(3) room - Parley`, and a dot on the icon: grey for unread, red for what is meant for me. */
export function usePageTitle(openId: string | undefined): void {
  const words = useWords();
  const name = useRoomName(openId ?? '');
  const mentions = useChatState((state) => {
    let sum = 0;
    for (const { room } of state.rooms.values()) sum += room.kind === 'direct' ? room.unread : room.mentions;
    return sum;
  });
  const unread = useChatState((state) => {
    for (const { room } of state.rooms.values()) if (room.unread > 0) return true;
    return false;
  });
  const lastMs = useRef(0);
  useEffect(() => {
    const apply = (): void => {
      lastMs.current = Date.now();
      document.title = [mentions > 0 && `(${countLabel(mentions)})`, name ? `${name} -` : '', words.appName].filter(Boolean).join(' ');
      document.querySelector('link[rel=icon]')?.setAttribute('href', mentions > 0 ? '/favicon-mention.svg' : unread ? '/favicon-unread.svg' : '/favicon.svg');
      const badge = navigator as { setAppBadge?: (count: number) => Promise<void> };
      badge.setAppBadge?.(mentions).catch(() => undefined);
    };
    const timer = setTimeout(apply, Math.max(0, lastMs.current + everyMs - Date.now()));
    return () => clearTimeout(timer);
  }, [mentions, unread, name, words]);
}
