import { z } from 'zod';
import { type CommandOf, defineCommand } from '../envelope/define.ts';
import { RoomId } from '../ids.ts';

export const markRead = defineCommand('mark-read', {
  kind: 'reader', summary: 'Say that everything in a room up to event n was read.', route: { method: 'PUT', path: '/v1/rooms/:roomId/marker' },
  body: z.strictObject({ roomId: RoomId, n: z.int().min(1) }),
});
export const readerCommands = [markRead] as const;
export type ReaderCommand = CommandOf<(typeof readerCommands)[number]>;
/** A reader's markers for all rooms together are committed at most this often. */
export const readerCommitEveryMs = 5_000;
