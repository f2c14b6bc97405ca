import type { Answer, DataOf } from '@parley/contracts/queries/define';
import type { history } from '@parley/contracts/queries/queries';
import type { MemberView, MyRoomView, UserView } from '@parley/contracts/queries/views';
import type { ServerFrame } from '@parley/contracts/realtime/frames';
import type { OutboxEntry } from './outbox-entry.ts';
import type { ConnectionState } from './state.ts';

/** One answer of `history`. */
export type HistoryPage = DataOf<typeof history>;

/** Everything that can happen to the state. */
export type Action =
  | { readonly type: 'connection'; readonly connection: ConnectionState; readonly me?: string }
  /** Frames in the order in which they came; a gap that was resumed comes as one. */
  | { readonly type: 'frames'; readonly frames: readonly ServerFrame[]; readonly nowMs: number }
  /** The whole list of rooms, and pages for those that are on screen: after the first connection and after a reset. */
  | { readonly type: 'list-loaded'; readonly rooms: readonly MyRoomView[]; readonly pages: ReadonlyMap<string, readonly HistoryPage[]> }
  /** One room anew; `null`: it is not mine (any more). */
  /** `entered`: at which event I was known to have come in when the question was put. */
  | { readonly type: 'room-loaded'; readonly roomId: string; readonly room: MyRoomView | null; readonly pages: readonly HistoryPage[]; readonly entered: number }
  | { readonly type: 'summary-loaded'; readonly room: MyRoomView }
  | { readonly type: 'page-loaded'; readonly roomId: string; readonly page: HistoryPage; readonly anchor: number }
  /** `n`: the room event up to which the list is certain to be true. */
  | { readonly type: 'members-loaded'; readonly roomId: string; readonly members: readonly MemberView[]; readonly n: number; readonly complete: boolean }
  | { readonly type: 'users-loaded'; readonly asked: readonly string[]; readonly users: readonly UserView[] }
  | { readonly type: 'receipts-loaded'; readonly roomId: string; readonly markers: Answer<{ markers: readonly { userId: string; n: number }[] }>['data']['markers'] }
  /** I say that I have read up to event `n`. */
  | { readonly type: 'marked'; readonly roomId: string; readonly n: number }
  | { readonly type: 'outbox-put'; readonly entry: OutboxEntry }
  | { readonly type: 'outbox-removed'; readonly key: string }
  /** Time went on: signals of typing end. */
  | { readonly type: 'tick'; readonly nowMs: number };
