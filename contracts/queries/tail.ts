/**
 * The newest messages of a room (MessageView, ascending) in the cache. The key carries the room's last number, the
 * log's epoch and which generation of rows it was read from, so an old tail is not stale but unreachable.
 */
export const tailKey = (roomId: string, lastN: number, epoch: string, generation: number): string => `tail:${roomId}:${lastN}:${epoch}:${generation}`;
export const tailMessagesMax = 50;
/** Erased words may live in the cache for this long. */
export const tailTtlMs = 300_000;
