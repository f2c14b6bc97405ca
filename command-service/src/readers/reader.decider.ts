import type { ProblemCode } from '@parley/contracts/problems/codes';
import type { ReaderCommand } from '@parley/contracts/readers/commands';
import { readerMarked, type ReaderEvent } from '@parley/contracts/readers/events';
import { accept, type Decider, refuse } from '@parley/kernel/decider/decider';
import { emptyKeyed, getKeyed, hasKeyed, type Keyed, setKeyed } from '../keyed.ts';
import type { Asked } from '../rooms/prepared.ts';

/** Rooms that one person may have markers in: bounds the state whatever ids a client sends. */
export const readerRoomsMax = 10_000;

export type PreparedReaderCommand = Asked & ReaderCommand;
/** The highest event number read, per room. */
export type ReaderState = { readonly markers: Keyed<number> };
export type ReaderRefusal = Extract<ProblemCode, 'invalid'>;

export const readerDecider: Decider<ReaderState, PreparedReaderCommand, ReaderEvent, ReaderRefusal> = {
  initial: { markers: emptyKeyed() },
  stateVersion: 1,
  decide({ markers }, { roomId, n }) {
    if (n <= (getKeyed(markers, roomId) ?? 0)) return accept();
    if (markers.size >= readerRoomsMax && !hasKeyed(markers, roomId)) return refuse('invalid', `markers in ${readerRoomsMax} rooms at most`);
    return accept({ type: readerMarked.type, data: { roomId, n } });
  },
  evolve({ markers }, { data: { roomId, n } }) {
    return { markers: setKeyed(markers, roomId, Math.max(n, getKeyed(markers, roomId) ?? 0)) };
  },
};
