import { useEffect } from 'react';
import { useChat } from '../../sync/chat.tsx';

/** Without a sign of the person for this long they count as away. */
const idleAfterMs = 5 * 60_000;
const inputs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Says whether the person is at the page: an active one when they do something, idle after five minutes or when it is hidden. */
export function usePresenceSignals(): void {
  const chat = useChat();
  useEffect(() => {
    let state: 'active' | 'idle' | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (next: 'active' | 'idle'): void => {
      if (state === next) return;
      state = next;
      chat.setPresence(next);
    };
    const onInput = (): void => {
      if (document.visibilityState !== 'visible') return;
      clearTimeout(timer);
      timer = setTimeout(() => say('idle'), idleAfterMs);
      say('active');
    };
    const onVisibility = (): void => {
      if (document.visibilityState === 'visible') onInput();
      else say('idle');
    };
    onVisibility();
    for (const type of inputs) addEventListener(type, onInput, { passive: true, capture: true });
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      clearTimeout(timer);
      for (const type of inputs) removeEventListener(type, onInput, { capture: true });
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [chat]);
}
