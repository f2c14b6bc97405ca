import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useSettings } from '../../i18n/settings.ts';
import { currentWords } from '../../i18n/use-words.ts';
import { chordOf, inTextField } from '../../lib/keys.ts';
import { roomNameIn, useChat } from '../../sync/chat.tsx';
import { inOrder, neighbour, sectionsOf } from '../rooms/room-list-model.ts';
import { markAllRead } from './mark-read.ts';
import { focusRegion } from './regions.ts';
import { openDialog, openSearch, showPane, togglePane, useUi } from './ui-state.ts';

/** In a tab of a browser F6 is the browser's own; where the page is installed as an application it is ours. */
const installed = (): boolean => matchMedia('(display-mode: standalone)').matches;

/** Keys that work everywhere on the page. */
export function useGlobalKeys(openId: string | undefined): void {
  const chat = useChat();
  const [, navigate] = useLocation();
  useEffect(() => {
    const go = (step: 1 | -1, unreadOnly: boolean): void => {
      const { rooms, users } = chat.state.getSnapshot();
      const words = currentWords();
      const named = [...rooms.values()].map(({ room }) => ({ room, name: roomNameIn(room, users, words) }));
      const next = neighbour(inOrder(sectionsOf(named, 'all', openId, useSettings.getState().language)), openId, step, unreadOnly);
      if (next !== undefined) navigate(`/rooms/${next}`);
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.isComposing || event.defaultPrevented) return;
      const ui = useUi.getState();
      const chord = chordOf(event);
      const typing = inTextField(event.target);
      const run: Readonly<Record<string, (() => void) | undefined>> = {
        'mod+k': () => openDialog({ type: 'switcher' }),
        'mod+shift+f': openSearch,
        'mod+F6': () => focusRegion(1),
        'mod+shift+F6': () => focusRegion(-1),
        F6: installed() ? () => focusRegion(1) : undefined,
        'shift+F6': installed() ? () => focusRegion(-1) : undefined,
        'shift+Escape': () => markAllRead(chat),
        'mod+.': openId === undefined ? undefined : () => togglePane('members'),
        'alt+ArrowUp': () => go(-1, false),
        'alt+ArrowDown': () => go(1, false),
        'alt+shift+ArrowUp': () => go(-1, true),
        'alt+shift+ArrowDown': () => go(1, true),
        '?': typing ? undefined : () => openDialog({ type: 'keys' }),
        Escape: ui.pane && !typing ? () => showPane(undefined) : undefined,
      };
      const action = ui.dialog && chord !== 'mod+k' ? undefined : run[chord];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [chat, navigate, openId]);
}
