import { z } from 'zod';
import { defineEvent, type EventOf } from '../envelope/define.ts';
import { RoomId } from '../ids.ts';

/** A read marker is a max-register: it only moves forward. */
export const readerMarked = defineEvent('reader.marked', 1, z.object({ roomId: RoomId, n: z.int().min(1) }));
export const readerEvents = [readerMarked] as const;
export type ReaderEvent = EventOf<(typeof readerEvents)[number]>;
