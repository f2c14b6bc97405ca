import type { Problem } from '@parley/contracts/problems/codes';
import { create } from 'zustand';
import { troubleOf } from '../../sync/trouble.ts';

export type ConfirmSpec = { readonly type: 'confirm'; readonly title: string; readonly lead: string; readonly action: string; readonly danger?: boolean; readonly run: () => Promise<unknown> };
export type DialogSpec =
  | { readonly type: 'create-room' | 'browse' | 'direct' | 'switcher' | 'keys' | 'settings' }
  | { readonly type: 'rename' | 'topic' | 'invite'; readonly roomId: string }
  | ConfirmSpec;
export type Pane = 'members' | 'pins' | 'why' | 'search';
export type Notice = { readonly id: number; readonly text: string; readonly trouble?: Problem };

type UiState = {
  readonly dialog: DialogSpec | undefined; readonly pane: Pane | undefined; readonly drawer: boolean; readonly notices: readonly Notice[];
  /** How often everything was marked as read at once. */
  readonly readAll: number;
  /** How often the search was asked for: each time its field takes the focus. */
  readonly searches: number;
  /** How often a message was gone to: the same one twice is two jumps. */
  readonly jumps: number;
};

/** For tooltips. */
export const searchKeys = /Mac|iPhone|iPad/u.test(navigator.userAgent) ? '⌘⇧F' : 'Ctrl+Shift+F';
const noticesMax = 3;
const noticeShownMs = 6_000;
let noticeId = 0;

/** What is open over and beside the conversation. */
export const useUi = create<UiState>(() => ({ dialog: undefined, pane: undefined, drawer: false, notices: [], readAll: 0, searches: 0, jumps: 0 }));

export const openDialog = (dialog: DialogSpec): void => useUi.setState({ dialog, drawer: false });
export const closeDialog = (): void => useUi.setState({ dialog: undefined });
export const showPane = (pane: Pane | undefined): void => useUi.setState({ pane });
export const togglePane = (pane: Pane): void => useUi.setState((state) => ({ pane: state.pane === pane ? undefined : pane }));
export const openSearch = (): void => useUi.setState(({ searches }) => ({ pane: 'search', drawer: false, searches: searches + 1 }));
/** Opens a message at its place, also where its address is the one that is open already. */
export function openMessage(navigate: (to: string) => void, roomId: string, ordinal: number): void {
  navigate(`/rooms/${roomId}/${ordinal}`);
  useUi.setState(({ jumps }) => ({ jumps: jumps + 1 }));
}
export const setDrawer = (drawer: boolean): void => useUi.setState({ drawer });
export const dropNotice = (id: number): void => useUi.setState((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) }));

/** A line at the edge of the page that goes by itself. */
export function notify(text: string, trouble?: Problem): void {
  noticeId += 1;
  const id = noticeId;
  useUi.setState((state) => ({ notices: [...state.notices, { id, text, ...(trouble && { trouble }) }].slice(-noticesMax) }));
  setTimeout(() => dropNotice(id), noticeShownMs);
}

/** Runs what may be refused, and says so where it was. */
export function attempt(action: Promise<unknown>, onDone?: () => void): void {
  action.then(
    () => onDone?.(),
    (error: unknown) => notify('', troubleOf(error)),
  );
}
